"""Before a policy comes into force, people read whom it takes what: counted as real readers would then have it."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Column
from apps.people.models import User
from apps.people.reader import reader_of
from apps.policy import effects, simulating
from apps.policy.models import Policy
from apps.workflow import reviews
from tests.discovery.pages import signed_in
from tests.factories import CapsuleFactory, ColumnEdgeFactory, ColumnFactory, PolicyFactory, UserFactory
from tests.factories.approvals import approved

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers():
    capsule = CapsuleFactory(name="customers")
    for at, name in enumerate(("email", "city", "since")):
        ColumnFactory(capsule=capsule, name=name, ordinal_position=at)
    return capsule


@pytest.fixture
def people():
    """Two stewards, a policy admin who asks, and somebody who has left."""
    User.objects.filter(is_active=True).update(is_active=False)
    UserFactory.create_batch(2, role="steward")
    UserFactory(role="steward", is_active=False)
    return reader_of(UserFactory(role="policy_admin"))


def test_a_draft_says_how_many_people_lose_how_many_columns(customers, people):
    # Given a policy that would hide restricted data from stewards, who see confidential data
    draft = PolicyFactory(capsule=customers, sensitivity_level="restricted", author=None)

    # When its effect is counted
    effect = effects.of(effects.proposed(draft), people)

    # Then those who have left do not count, and who sees restricted data loses nothing
    assert effect.losing == (2, 3)
    assert effect.gaining == (0, 0)
    assert effect.sentence == "2 people lose 3 columns."
    (move,) = effect.moves
    assert (move.roles, move.people, move.before, move.after) == ("Steward", 2, "clear", "denied")
    assert [column.name for column in move.columns] == ["email", "city", "since"]
    assert Policy.objects.get(pk=draft.pk).status == "draft"


def test_a_proposal_that_loosens_says_who_gains(customers, people):
    policy = PolicyFactory(capsule=customers, sensitivity_level="restricted", author=None, active=True)
    content = policy.canonical_content() | {"sensitivity_level": "internal"}

    effect = effects.of(effects.proposed(policy, content), people)

    assert (effect.losing, effect.gaining) == ((0, 0), (2, 3))


def test_giving_a_policy_up_counts_like_loosening_it(customers, people):
    policy = PolicyFactory(capsule=customers, sensitivity_level="restricted", author=None, active=True)

    effect = effects.of(
        effects.proposed(policy, policy.canonical_content() | {"policy_status": "suspended"}), people
    )

    assert effect.gaining == (2, 3)


def test_a_level_that_is_handed_on_counts_where_it_arrives(customers, people):
    # Given a report made of the emails
    email = customers.columns.get(name="email")
    report = ColumnFactory(capsule=CapsuleFactory(name="report"), name="contact")
    ColumnEdgeFactory(source=email, target=report)

    # When the email becomes restricted
    draft = PolicyFactory(column=email, sensitivity_level="restricted", author=None)
    effect = effects.of(effects.proposed(draft), people)

    # Then the report is lost too
    assert {column.pk for column in effect.moves[0].columns} == {email.pk, report.pk}


def test_columns_that_the_asker_may_not_know_of_are_not_counted(customers, people):
    assert Column.objects.filter(capsule=customers, name="since").update(visibility_rank=5)
    draft = PolicyFactory(capsule=customers, sensitivity_level="restricted", author=None)

    assert effects.of(effects.proposed(draft), people).losing == (2, 2)


def test_a_policy_that_changes_nothing_says_so(customers, people):
    draft = PolicyFactory(capsule=customers, sensitivity_level="public", author=None)

    effect = effects.of(effects.proposed(draft), people)

    assert (effect.moves, effect.sentence) == ((), "Nobody sees more or less than now.")


@pytest.mark.parametrize("seed", range(4))
def test_what_was_foretold_is_what_happens(customers, people, seed):
    # Given policies of every shape, and people of all kinds
    chance = random.Random(seed)
    levels = ("public", "internal", "confidential", "restricted", "secret")
    email = customers.columns.get(name="email")
    report = ColumnFactory(capsule=CapsuleFactory(name="report"), name="contact")
    ColumnEdgeFactory(source=email, target=report)
    PolicyFactory(capsule=customers, sensitivity_level=chance.choice(levels), active=True)
    for role in ("analyst", "producer", "auditor"):
        UserFactory(role=role, clearance=chance.choice([None, 1, 3, 5]))
    draft = PolicyFactory(
        column=email,
        sensitivity_level=chance.choice(levels),
        requires_masking=chance.random() < 0.5,
        denied_roles=chance.sample(["analyst", "steward"], 1),
        allowed_roles=chance.choice([[], ["steward", "analyst"]]),
    )
    columns = list(Column.objects.filter(capsule__in=[customers, report.capsule]))
    readers = [reader_of(user) for user in User.objects.filter(is_active=True)]

    # When its effect is foretold, and it then comes into force
    meant = effects.proposed(draft)
    before = simulating.outcomes(readers, columns)
    foretold = simulating.outcomes(readers, columns, instead=[meant])
    told = effects.of(meant, people)
    approved([draft], status=Policy.Status.ACTIVE)

    # Then everybody has of every column what was foretold, and as many have lost something as was said
    after = simulating.outcomes(readers, columns)
    assert after == foretold
    steps = effects.STEPS.index
    lost = [
        sum(steps(new[key]) < steps(old[key]) for key in new) for old, new in zip(before, after, strict=True)
    ]
    assert told.losing[0] == sum(map(bool, lost))


def test_the_page_of_a_draft_shows_the_effect_to_who_may_write_it(client, customers):
    draft = PolicyFactory(capsule=customers, sensitivity_level="restricted")
    UserFactory.create_batch(2, role="steward")

    signed_in(client, "policy_admin")
    shown = client.get(draft.get_absolute_url())
    signed_in(client, "analyst")
    hidden = client.get(draft.get_absolute_url())

    assert "What it would change" in shown.content.decode()
    assert "lose 3 columns" in shown.content.decode()
    assert "What it would change" not in hidden.content.decode()


def test_a_review_shows_whom_a_change_takes_what(client, customers):
    # Given a proposal to protect more
    policy = PolicyFactory(capsule=customers, sensitivity_level="internal", active=True)
    author = reader_of(UserFactory(role="policy_admin"))
    UserFactory(role="steward", username="sam")
    review = reviews.propose(policy, {"sensitivity_level": "restricted"}, by=author, reason="It holds names")

    # When somebody who decides opens it
    signed_in(client, "policy_admin")
    answer = client.get(review.get_absolute_url())

    # Then they read it before they decide
    assert "What people would notice" in answer.content.decode()
    assert "lose 3 columns" in answer.content.decode()


def test_the_effect_costs_as_many_queries_for_a_column_as_for_many(customers, people):
    small = PolicyFactory(column=customers.columns.get(name="email"), sensitivity_level="restricted")
    large = PolicyFactory(capsule=customers, sensitivity_level="restricted")

    with CaptureQueriesContext(connection) as few:
        effects.of(effects.proposed(small), people)
    with CaptureQueriesContext(connection) as many:
        effects.of(effects.proposed(large), people)

    assert len(many) <= len(few) + 1
    assert len(few) <= 45


def test_the_api_tells_the_effect(client, customers):
    draft = PolicyFactory(capsule=customers, sensitivity_level="restricted")
    UserFactory.create_batch(2, role="steward")
    signed_in(client, "policy_admin")

    told = client.get(f"/api/v1/policies/{draft.pk}/effect").json()

    assert told["losing"]["columns"] == 3
    assert told["whole"] is True
    assert {(move["before"], move["after"]) for move in told["moves"]} == {("clear", "denied")}
    assert client.get(f"/api/v1/policies/{draft.pk}/effect?nonsense=1").status_code == 400


def test_a_policy_in_force_without_a_proposal_has_no_effect_to_tell(client, customers):
    policy = PolicyFactory(capsule=customers, active=True)
    signed_in(client, "policy_admin")

    assert client.get(f"/api/v1/policies/{policy.pk}/effect").status_code == 409


def test_the_matrix_with_a_draft_laid_over_marks_the_cells_that_would_change(client, customers):
    # Given a draft that takes three columns from the roles that see confidential data
    draft = PolicyFactory(capsule=customers, sensitivity_level="restricted")
    signed_in(client, "policy_admin")
    assert "Lay it over the matrix" in client.get(draft.get_absolute_url()).content.decode()

    # When it is laid over the matrix
    plain = client.get("/policies/matrix/").content.decode()
    laid = client.get("/policies/matrix/", {"policy": draft.number}).content.decode()

    # Then those cells are marked, say both, and the spreadsheet has the same
    assert 'class="changed"' not in plain
    stewards = [f"{name}, Steward: Denied, was Clear" for name in ("email", "city", "since")]
    assert all(label in laid for label in stewards)
    assert laid.count('class="changed"') == laid.count(", was Clear") == laid.count("<s>C</s>") > 0
    lines = client.get("/policies/matrix/", {"policy": draft.number, "format": "csv"}).getvalue().decode()
    head, first, *_rest = (line.split(",") for line in lines.splitlines())
    assert first[head.index("steward")] == "denied"


@pytest.mark.parametrize("named", ["0", "999999999", "P-", "9" * 40, "²", "x"])
def test_a_policy_that_is_not_there_lays_nothing_over_the_matrix(client, customers, named):
    signed_in(client, "policy_admin")

    answer = client.get("/policies/matrix/", {"policy": named})

    assert answer.status_code == 200
    assert "laid over" not in answer.content.decode()
