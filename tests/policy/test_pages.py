"""Pages of policies: the list, one policy, its form and steps, the tabs that show what holds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.policy.models import Policy
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, ColumnEdgeFactory, ColumnFactory, PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
EVERYBODY = (200,) * 7
# address, argument, method, answers in the order of the roles; the capsule belongs to nobody, the draft to a colleague
MATRIX = [
    ("policy:policies", "", "get", EVERYBODY),
    ("policy:conflicts", "", "get", EVERYBODY),
    ("policy:retention", "", "get", EVERYBODY),
    ("policy:policy", "number", "get", EVERYBODY),
    ("policy:policy_by_key", "key", "get", (301,) * 7),
    ("policy:edit", "number", "get", (403, 200, 200, 200, 403, 403, 403)),
    ("policy:edit", "number", "post", (403, 422, 422, 422, 403, 403, 403)),
    ("policy:new", "urn", "get", (403, 200, 200, 200, 403, 403, 403)),
    ("policy:new", "urn", "post", (403, 422, 422, 422, 403, 403, 403)),
    ("policy:new_of_column", "column", "get", (403, 200, 200, 200, 403, 403, 403)),
    ("policy:take", "step", "post", (403, 302, 302, 302, 403, 403, 403)),
    ("policy:delete", "number", "post", (403, 302, 302, 302, 403, 403, 403)),
]


@pytest.fixture
def column():
    return ColumnFactory(name="email", capsule=CapsuleFactory(name="customers", owner=None, domain=None))


@pytest.fixture
def draft(column):
    return PolicyFactory(column=column)


def client_of(role):
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


@pytest.mark.parametrize(("name", "argument", "method", "answers"), MATRIX)
def test_every_address_answers_each_role_as_the_table_says(draft, name, argument, method, answers):
    capsule = draft.column.capsule
    arguments = {
        "": [], "number": [draft.number], "key": [draft.pk], "urn": [capsule.urn],
        "column": [capsule.urn, "email"], "step": [draft.number, "submit"],
    }[argument]  # fmt: skip

    for role, expected in zip(ROLES, answers, strict=True):
        stored = Policy.objects.filter(pk=draft.pk).exists()
        if not stored or (argument == "step" and Policy.objects.get(pk=draft.pk).status != "draft"):
            draft = PolicyFactory(column=draft.column)
            arguments[0] = draft.number
        answer = getattr(client_of(role), method)(reverse(name, args=arguments))
        assert answer.status_code == expected, role


def test_nobody_reads_policies_without_signing_in(draft):
    for url in (reverse("policy:policies"), draft.get_absolute_url()):
        assert Client().get(url).status_code == 302


def test_overdue_reviews_come_first(column):
    today = timezone.now().date()
    later = PolicyFactory(capsule=column.capsule, next_review_date=today + timedelta(9), active=True)
    unset = PolicyFactory(column=column, next_review_date=today - timedelta(30))
    late = PolicyFactory(column=column, next_review_date=today - timedelta(3), active=True)

    page = client_of("analyst").get(reverse("policy:policies"))

    assert [policy.number for policy in page.context["page"]] == [late.number, later.number, unset.number]
    found = client_of("analyst").get(reverse("policy:policies"), {"review": "overdue"})
    assert [policy.number for policy in found.context["page"]] == [late.number]


def test_the_list_asks_as_often_for_many_as_for_one(column):
    client = client_of("analyst")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("policy:policies")).status_code == 200
        return len(queries)

    PolicyFactory(column=column)
    asked()
    one = asked()
    for _ in range(5):
        PolicyFactory()
    assert asked() == one


def test_a_filter_that_is_no_word_is_said_and_the_list_stands(draft):
    page = client_of("analyst").get(reverse("policy:policies"), {"state": "banana"})

    assert page.status_code == 200
    assert "banana" in page.content.decode()
    assert [policy.number for policy in page.context["page"]] == [draft.number]


def test_the_list_is_exported_under_its_filters(column):
    PolicyFactory(column=column, sensitivity_level="secret", visibility_rank=5)
    shown = PolicyFactory(column=column, retention_period="P7Y")

    sheet = client_of("analyst").get(reverse("policy:policies"), {"format": "csv"})

    lines = b"".join(sheet.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"P-{shown.number},customers,email,confidential,draft,P7Y")


def test_a_policy_says_its_facets_as_sentences(column):
    policy = PolicyFactory(
        column=column,
        retention_period="P7Y",
        deletion_action="anonymize",
        allowed_regions=["EU"],
        active=True,
    )

    page = client_of("analyst").get(policy.get_absolute_url()).content.decode()

    assert "It is kept at most 7 years, then anonymize." in page
    assert "It may lie in: EU." in page
    assert "The data is confidential." in page


def test_a_new_policy_is_written_on_the_page_and_submitted(column):
    client = client_of("policy_admin")

    made = client.post(
        reverse("policy:new_of_column", args=[column.capsule.urn, "email"]),
        {"sensitivity_level": "restricted", "retention_period": "7 years", "allowed_regions": "EU, CH"},
    )
    policy = Policy.objects.get(column=column)
    client.post(reverse("policy:take", args=[policy.number, "submit"]))

    assert made["Location"] == policy.get_absolute_url()
    policy.refresh_from_db()
    assert (policy.status, policy.allowed_regions, policy.retention_period.iso()) == (
        "under_review",
        ["EU", "CH"],
        "P7Y",
    )


def test_the_form_names_what_cannot_be_stored(column):
    answer = client_of("policy_admin").post(
        reverse("policy:new", args=[column.capsule.urn]),
        {
            "sensitivity_level": "public",
            "retention_period": "soon",
            "allowed_roles": "wizard",
            "effective_from": "2027-02-01",
            "effective_to": "2027-01-01",
        },
    )

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"retention_period", "allowed_roles", "effective_to"}


def test_a_change_of_what_is_in_force_is_proposed_and_shown_beside_it(column):
    policy = PolicyFactory(column=column, active=True)
    client = client_of("policy_admin")
    form = client.get(reverse("policy:edit", args=[policy.number])).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: ", ".join(value) if isinstance(value, list) else value for name, value in sent.items()}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}

    answer = client.post(reverse("policy:edit", args=[policy.number]), {**sent, "legal_hold": "on"})

    review = Review.objects.of(policy).submitted().get()
    assert answer.status_code == 302
    assert [key for key, value in review.proposal.items() if value != review.base_content[key]] == [
        "legal_hold"
    ]
    page = client.get(policy.get_absolute_url()).content.decode()
    assert f"V-{review.number}" in page
    policy.refresh_from_db()
    assert policy.legal_hold is False


def test_a_form_that_is_out_of_date_changes_nothing(column):
    policy = PolicyFactory(column=column)
    client = client_of("policy_admin")
    seen = policy.updated_at.isoformat()
    policy.classification_tags = ["pci"]
    policy.save()

    answer = client.post(
        reverse("policy:edit", args=[policy.number]), {"sensitivity_level": "public", "seen": seen}
    )

    assert answer.status_code == 409
    policy.refresh_from_db()
    assert policy.sensitivity_level == "confidential"


def test_tab_and_column_page_show_what_wins_and_what_it_beats(column):
    raw = ColumnFactory(name="mail", capsule=CapsuleFactory(name="contacts"))
    ColumnEdgeFactory(source=raw, target=column)
    secret = PolicyFactory(column=raw, sensitivity_level="restricted", active=True)
    PolicyFactory(capsule=column.capsule, sensitivity_level="internal", active=True)
    client = client_of("analyst")

    tab = client.get(reverse("catalog:dimension", args=[column.capsule.urn, "policy"])).content.decode()
    page = client.get(column.get_absolute_url()).content.decode()

    assert "of the capsule" in tab
    assert "inherited from contacts.mail, 1 step upstream" in page
    assert f"P-{secret.number}" in page


def test_the_back_office_has_the_steps_of_policies(column):
    policy = PolicyFactory(column=column, under_review=False)
    admin = UserFactory(role="policy_admin", is_staff=True)
    client = Client()
    client.force_login(admin)

    page = client.get(reverse("admin:policy_policy_change", args=[policy.pk])).content.decode()

    assert "Submit" in page
