import pytest

from apps.dcs.periods import Period
from apps.policy.models import Policy
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, ColumnFactory, PolicyFactory, UserFactory

BODY = {
    "sensitivity_level": "confidential",
    "retention_period": "7 years",
    "review_frequency": "P1Y",
    "allowed_regions": ["EU"],
}


@pytest.fixture
def admins(as_user):
    """Three policy admins."""
    return [as_user(UserFactory(role="policy_admin")) for _ in range(3)]


@pytest.fixture
def capsule():
    return CapsuleFactory(name="payments", owner=None, domain=None)


def written(caller, capsule, **more):
    answer = caller.post(f"/capsules/{capsule.urn}/policies", {**BODY, **more})
    assert answer.status_code == 201, answer.body
    return answer.body


def in_force(admins, capsule, **more):
    """A policy that the first wrote and the second approved."""
    body = written(admins[0], capsule, **more)
    path = f"/policies/{body['id']}"
    assert admins[0].post(f"{path}/submit").body["policy_status"] == "under_review"
    answer = admins[1].post(f"{path}/approve", {"reason": "As the law asks."})
    assert (answer.status_code, answer.body["policy_status"]) == (200, "active"), answer.body
    return path


def waiting(path):
    return Review.objects.filter(subject_id=path.split("/")[-1]).submitted().get()


def test_a_new_policy_is_a_draft_of_its_author(admins, capsule):
    body = written(admins[0], capsule)

    assert (body["policy_status"], body["retention_period"], body["subject"]) == ("draft", "P7Y", "capsule")
    assert body["capsule_urn"] == capsule.urn
    assert Policy.objects.get(pk=body["id"]).author == admins[0].user


def test_policies_are_listed_on_their_capsule_with_those_of_its_columns(analyst, capsule):
    column = ColumnFactory(capsule=capsule)
    own, below = PolicyFactory(capsule=capsule), PolicyFactory(column=column)
    PolicyFactory()

    def numbers(path):
        return [row["number"] for row in analyst.get(path).body["results"]]

    assert numbers(f"/capsules/{capsule.urn}/policies") == [own.number, below.number]
    assert numbers(f"/columns/{column.urn}/policies") == [below.number]
    assert len(numbers("/policies?policy_status=draft")) == 3
    assert numbers("/policies?level=capsule") == [own.number]


def test_the_author_does_not_approve_and_a_token_decides_nothing(admins, as_user, capsule):
    path = f"/policies/{written(admins[0], capsule)['id']}"
    admins[0].post(f"{path}/submit")

    own = admins[0].post(f"{path}/approve", {"reason": "Mine."})
    token = as_user(admins[1].user, scopes=["read", "write"]).post(f"{path}/approve", {"reason": "Quick."})

    assert (own.status_code, token.status_code) == (403, 403)
    assert Policy.objects.get(number__gt=0).status == "under_review"


def test_an_approval_sets_the_next_review_a_period_later(admins, capsule):
    policy = Policy.objects.get(pk=in_force(admins, capsule).split("/")[-1])

    assert policy.approved_by_user == admins[1].user
    assert policy.next_review_date == Period(months=12).after(policy.approved_at.date())


def test_another_approval_moves_the_next_review_on(admins, capsule):
    path = in_force(admins, capsule)
    Policy.objects.filter(pk=path.split("/")[-1]).update(next_review_date="2026-01-01")
    admins[0].patch(path, {"sensitivity_level": "restricted", "review_frequency": "P6M"})

    assert admins[1].post(f"{path}/approve", {"reason": "Agreed."}).status_code == 200

    policy = Policy.objects.get(pk=path.split("/")[-1])
    assert policy.next_review_date == Period(months=6).after(policy.approved_at.date())


def test_suspending_is_no_review(admins, capsule):
    path = in_force(admins, capsule)
    Policy.objects.filter(pk=path.split("/")[-1]).update(next_review_date="2026-01-01")
    admins[0].post(f"{path}/suspend", {"reason": "It hides what the audit needs."})

    assert admins[1].post(f"{path}/approve", {"reason": "For the audit."}).status_code == 200

    assert str(Policy.objects.get(pk=path.split("/")[-1]).next_review_date) == "2026-01-01"


def test_what_is_in_force_changes_by_a_review(admins, capsule):
    path = in_force(admins, capsule)

    answer = admins[0].patch(path, {"legal_hold": True}, X_Change_Reason="Case 118")

    assert answer.status_code == 202
    assert admins[0].get(path).body["legal_hold"] is False
    assert admins[1].post(f"{path}/approve", {"reason": "Agreed."}).status_code == 200
    now = admins[0].get(path).body
    assert (now["legal_hold"], now["policy_status"]) == (True, "active")


@pytest.mark.parametrize(("level", "needed"), [("confidential", 1), ("restricted", 2)])
def test_two_agree_where_restricted_data_is_protected_less(admins, capsule, level, needed):
    path = in_force(admins, capsule, sensitivity_level=level)
    admins[0].patch(path, {"sensitivity_level": "internal"})

    for n, admin in enumerate(admins[1:][:needed], 1):
        answer = admin.post(f"{path}/approve", {"reason": "Published by now."})
        assert answer.status_code == 200
        assert answer.body["sensitivity_level"] == ("internal" if n == needed else level)

    assert Review.objects.filter(subject_id=path.split("/")[-1]).latest("number").quorum == needed


def test_a_stricter_restricted_policy_needs_one(admins, capsule):
    path = in_force(admins, capsule, sensitivity_level="restricted")

    admins[0].patch(path, {"sensitivity_level": "secret"})

    assert (waiting(path).quorum, waiting(path).marks) == (1, [])


def test_suspending_and_reinstating_wait_for_somebody_else(admins, capsule):
    path = in_force(admins, capsule)

    silent = admins[1].post(f"{path}/suspend")
    asked = admins[1].post(f"{path}/suspend", {"reason": "It hides what the audit needs."})
    again = admins[1].post(f"{path}/suspend", {"reason": "It hides what the audit needs."})
    own = admins[1].post(f"{path}/approve", {"reason": "Mine."})
    agreed = admins[2].post(f"{path}/approve", {"reason": "For the audit."})

    assert (silent.status_code, asked.status_code, again.status_code, own.status_code) == (400, 200, 409, 403)
    assert (asked.body["policy_status"], agreed.body["policy_status"]) == ("active", "suspended")
    admins[1].post(f"{path}/reinstate")
    assert admins[0].post(f"{path}/approve", {"reason": "Over."}).body["policy_status"] == "active"
    steps = [each["step"] for each in admins[0].get(f"{path}/history").body["steps"]]
    assert steps == ["reinstate", "suspend", "approve", "submit"]


def test_a_policy_under_legal_hold_is_not_deprecated(admins, capsule):
    held = in_force(admins, capsule, legal_hold=True)

    refused = admins[1].post(f"{held}/deprecate", {"reason": "No longer needed."})

    assert refused.status_code == 403
    assert "legal hold" in refused.body["detail"]


def test_a_deprecated_policy_stays_as_it_was(admins, capsule):
    path = in_force(admins, capsule)
    admins[1].post(f"{path}/deprecate", {"reason": "Nobody keeps this data."})
    admins[2].post(f"{path}/approve", {"reason": "Right."})

    assert admins[0].get(path).body["policy_status"] == "deprecated"
    assert admins[0].patch(path, {"legal_hold": True}).status_code == 409
    assert admins[0].delete(path).status_code == 409
    assert admins[0].post(f"{path}/reinstate").status_code == 409


def test_attesting_moves_the_next_review(admins, capsule):
    path = in_force(admins, capsule)
    Policy.objects.filter(pk=path.split("/")[-1]).update(next_review_date="2026-01-01")

    answer = admins[2].post(f"{path}/review", {"reason": "Still right."})

    assert answer.status_code == 200
    policy = Policy.objects.get(pk=path.split("/")[-1])
    assert policy.next_review_date == Period(months=12).after(policy.last_reviewed_at.date())


def test_a_draft_is_edited_and_deleted_and_one_under_review_neither(admins, capsule):
    path = f"/policies/{written(admins[0], capsule)['id']}"

    edited = admins[0].patch(path, {"sensitivity_level": "secret"})
    admins[0].post(f"{path}/submit")
    late, gone = admins[0].patch(path, {"legal_hold": True}), admins[0].delete(path)
    admins[0].post(f"{path}/withdraw")

    assert (edited.status_code, edited.body["sensitivity_level"]) == (200, "secret")
    assert (late.status_code, gone.status_code) == (409, 409)
    assert admins[0].delete(path).status_code == 204


def test_analysts_read_and_write_nothing(analyst, admins, capsule):
    path = f"/policies/{written(admins[0], capsule)['id']}"

    answers = [
        analyst.post(f"/capsules/{capsule.urn}/policies", BODY),
        analyst.patch(path, {"legal_hold": True}),
        analyst.delete(path),
        analyst.post(f"{path}/submit"),
    ]

    assert analyst.get(path).status_code == 200
    assert [answer.status_code for answer in answers] == [403] * 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sensitivity_level": "banana"}, "sensitivity_level"),
        ({"sensitivity_level": "public", "retention_perod": "P1Y"}, "retention_perod"),
        (
            {"sensitivity_level": "public", "effective_from": "2027-01-01", "effective_to": "2026-01-01"},
            "effective_to",
        ),
        ({"sensitivity_level": "public", "policy_status": "active"}, "policy_status"),
        ({}, "sensitivity_level"),
    ],
)
def test_nonsense_is_named(admins, capsule, body, field):
    answer = admins[0].post(f"/capsules/{capsule.urn}/policies", body)

    assert (answer.status_code, list(answer.body["fields"])) == (400, [field])


def test_conditions_of_masking_need_the_clearance(analyst, admins, capsule):
    body = written(admins[0], capsule, requires_masking=True, masking_conditions={"country": "DE"})

    assert admins[0].get(f"/policies/{body['id']}").body["masking_conditions"] == {"country": "DE"}
    assert "masking_conditions" not in analyst.get(f"/policies/{body['id']}").body


def test_under_a_legal_hold_nobody_proposes_less_time(admins, capsule):
    path = in_force(admins, capsule, legal_hold=True)

    refused = admins[0].patch(path, {"retention_period": "P1Y"})

    assert refused.status_code == 400
    assert "legal hold" in refused.raw.decode()
    assert admins[0].patch(path, {"retention_period": "P9Y"}).status_code == 202


def test_a_hold_that_came_after_the_proposal_stops_its_approval(admins, capsule):
    path = in_force(admins, capsule)
    assert (
        admins[0].patch(path, {"retention_period": "P8Y", "deletion_action": "hard_delete"}).status_code
        == 202
    )
    PolicyFactory(active=True, column=ColumnFactory(capsule=capsule), legal_hold=True, retention_period=None)

    refused = admins[1].post(f"{path}/approve", {"reason": "Agreed."})

    assert (refused.status_code, refused.body["code"]) == (409, "legal_hold")
    assert Policy.objects.get(pk=path.split("/")[-1]).deletion_action is None


def test_a_capsule_under_a_legal_hold_is_not_retired(as_user, capsule):
    PolicyFactory(active=True, capsule=capsule, legal_hold=True)

    refused = as_user(UserFactory(role="steward")).delete(f"/capsules/{capsule.urn}")

    assert (refused.status_code, refused.body["code"]) == (409, "legal_hold")
