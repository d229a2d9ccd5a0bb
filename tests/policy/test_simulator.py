"""The simulator and the matrix answer as data is really shown: to roles, to people, for a purpose, on a day."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Column
from apps.payload import maskers
from apps.people.reader import reader_of, system
from apps.people.roles import ROLES
from apps.policy import simulating
from tests.discovery.pages import page, signed_in, text
from tests.factories import CapsuleFactory, ColumnFactory, MaskingRuleFactory, PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db
SIMULATOR, MATRIX = "/policies/simulator/", "/policies/matrix/"


@pytest.fixture
def admin(client):
    return signed_in(client, "policy_admin")


@pytest.fixture
def customers():
    capsule = CapsuleFactory(name="customers")
    ColumnFactory(capsule=capsule, name="email", pii_type="email", data_type="VARCHAR", ordinal_position=1)
    ColumnFactory(capsule=capsule, name="city", data_type="VARCHAR", ordinal_position=2)
    return capsule


def asked(client, capsule, **question):
    answer = client.get(SIMULATOR, {"capsule": capsule.urn, **question})
    assert answer.status_code == 200
    return answer.content.decode()


def hide(rows):
    """Make rows such that only who may see secrets knows of them."""
    assert rows.update(visibility_rank=5)


# ---------- the same as real readers have it ----------

LEVELS = ("public", "internal", "confidential", "restricted", "secret")
METHODS = ("redaction", "partial_redaction", "data_masking")


def random_estate(chance):
    """Columns of ten capsules under policies and rules of every shape."""
    roles = list(ROLES)
    columns = [
        ColumnFactory(capsule=capsule, name=f"c{at}", data_type=chance.choice(["VARCHAR", "INTEGER", "DATE"]))
        for capsule in (CapsuleFactory() for _each in range(10))
        for at in range(25)
    ]
    for _each in range(45):
        column = chance.choice(columns)
        about = {"capsule": column.capsule} if chance.random() < 0.3 else {"column": column}
        PolicyFactory(
            **about,
            active=True,
            sensitivity_level=chance.choice(LEVELS),
            requires_masking=chance.random() < 0.4,
            allowed_roles=chance.sample(roles, 3) if chance.random() < 0.3 else [],
            denied_roles=chance.sample(roles, 1) if chance.random() < 0.3 else [],
            min_access_level=chance.choice([None, None, "authenticated", "privileged"]),
        )
    for at in range(45):
        MaskingRuleFactory(
            column=chance.choice(columns),
            name=f"rule_{at}",
            method=chance.choice(METHODS),
            config={},
            priority=chance.randrange(5),
            applies_to_roles=chance.sample(roles, 2) if chance.random() < 0.5 else [],
            exempt_roles=chance.sample(roles, 1) if chance.random() < 0.5 else [],
        )
    return columns


def really(reader, columns):
    """What the code that shows data says: the outcome of each column, and how it is masked."""
    seen = set(Column.objects.visible_to(reader).values_list("pk", flat=True))
    masks = maskers.masks(reader, columns)
    for column in columns:
        mask = masks.get(column.pk)
        if column.pk not in seen or (mask and mask.apply is None):
            yield "denied", ""
        else:
            yield ("masked", mask.method) if mask else ("clear", "")


def test_five_thousand_random_questions_are_answered_as_real_readers_are():
    chance = random.Random(7)
    random_estate(chance)
    columns = list(Column.objects.order_by("pk").select_related("capsule"))
    asker = reader_of(UserFactory(roles=["policy_admin"]))
    counted, outcomes = 0, set()

    for _person in range(20):
        user = UserFactory(
            roles=chance.sample(list(ROLES), chance.randrange(1, 3)),
            clearance=chance.choice([None, None, 1, 2, 3, 4, 5]),
        )
        reader = reader_of(user)
        simulated = [(answer.outcome, answer.method) for answer in simulating.answers(reader, columns, asker)]

        assert simulated == list(really(reader, columns)), user
        counted += len(simulated)
        outcomes |= {outcome for outcome, _method in simulated}

    assert counted == 5000
    assert outcomes == {"clear", "masked", "denied"}


def test_a_role_is_answered_as_somebody_who_holds_it(customers):
    MaskingRuleFactory(column=customers.columns.get(name="email"), exempt_roles=["steward"])
    columns = list(customers.columns.all())
    for name in ROLES:
        person = reader_of(UserFactory(roles=[name]))
        of_role = simulating.answers(simulating.of_role(name), columns, system("test"))

        assert [(each.outcome, each.method) for each in of_role] == list(really(person, columns))


# ---------- the simulator ----------


def test_the_answer_names_outcome_example_and_reason(admin, customers):
    email = customers.columns.get(name="email")
    MaskingRuleFactory(column=email, name="hide_email", method="redaction", config={}, exempt_roles=[])

    body = text(asked(admin, customers, role="steward"))

    assert "Steward, " in body
    assert "mia.olsen@example.org" in body
    assert "********" in body
    assert "masking rule hide_email" in body
    assert "values need the clearance" not in body


def test_purpose_region_and_day_are_weighed(admin, customers):
    tomorrow = timezone.now().date() + timedelta(days=1)
    PolicyFactory(
        capsule=customers, active=True, sensitivity_level="internal",
        prohibited_purposes=["marketing"], restricted_regions=["US"], effective_from=tomorrow,
    )  # fmt: skip

    assert "prohibits this purpose" not in asked(admin, customers, role="steward", purpose="marketing")
    on = tomorrow.isoformat()
    assert "prohibits this purpose" in asked(admin, customers, role="steward", purpose="marketing", on=on)
    assert "closes it to this region" in asked(admin, customers, role="steward", region="us", on=on)


def test_a_person_counts_instead_of_the_role(admin, customers):
    UserFactory(username="ben", roles=["analyst"])

    body = text(asked(admin, customers, role="steward", person="BEN"))

    assert "(Analyst), " in body
    assert "values need the clearance confidential" in body


def test_a_capsule_above_their_clearance_does_not_exist_for_them(client, customers):
    hide(customers.columns.all())
    admin = signed_in(client, "policy_admin", clearance=5)

    body = asked(admin, customers, role="analyst")

    assert "for them it does not exist" in body
    assert "mia.olsen" not in body


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"person": "nobody-here"}, "Nobody is called"),
        ({"role": "emperor"}, "emperor is not one of the available choices"),
        ({"on": "the day after"}, "Enter a valid date"),
        ({"capsule": "no such thing"}, "There is no capsule of this name"),
        ({"capsule": ""}, "This field is required"),
    ],
)
def test_an_incomplete_question_says_what_is_missing(admin, customers, question, sentence):
    answer = admin.get(SIMULATOR, {"capsule": customers.urn, **question})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_two_capsules_of_one_name_are_told_apart_by_their_urns(admin, customers):
    CapsuleFactory(name="customers", urn="urn:dcs:dbt:model:jaffle_shop.marts:customers")

    assert (
        "Several capsules have this name" in admin.get(SIMULATOR, {"capsule": "customers"}).content.decode()
    )
    assert "email" in asked(admin, customers)


def test_who_asks_learns_no_name_that_they_may_not_know(client, customers):
    rule = MaskingRuleFactory(column=customers.columns.get(name="email"), name="hush_hush", exempt_roles=[])
    hide(type(rule).objects.filter(pk=rule.pk))
    admin = signed_in(client, "policy_admin")

    body = asked(admin, customers, role="steward")

    assert "hush_hush" not in body
    assert "a masking rule" in body


# ---------- the matrix ----------


def test_each_cell_is_what_the_simulator_answers(admin, customers):
    email = customers.columns.get(name="email")
    MaskingRuleFactory(column=email, name="hide_email", exempt_roles=["policy_admin"])

    body = page(admin, MATRIX)

    columns = list(customers.columns.order_by("ordinal_position"))
    asker = reader_of(admin.user)
    for role in ROLES.values():
        for answer in simulating.answers(simulating.of_role(role.name), columns, asker):
            label = f"{answer.column.name}, {role.title}: {answer.outcome.capitalize()}"
            assert f'aria-label="{label}"' in body


def test_the_keyboard_enters_the_grid_at_one_cell(admin, customers):
    email = customers.columns.get(name="email")

    assert page(admin, MATRIX).count('tabindex="0" aria-label="email, Analyst') == 1
    body = page(admin, f"{MATRIX}?cell={email.pk}:steward")
    assert (
        body.count('tabindex="0" aria-label="email, ')
        == body.count('tabindex="0" aria-label="email, Steward')
        == 1
    )


def test_an_opened_cell_says_why_and_leads_to_the_simulator(admin, customers):
    email = customers.columns.get(name="email")
    MaskingRuleFactory(column=email, name="hide_email", exempt_roles=[])

    body = page(admin, f"{MATRIX}?cell={email.pk}:steward&purpose=billing")

    assert "masking rule hide_email" in text(body)
    assert 'aria-selected="true"' in body
    assert "purpose=billing" in body.split("rail", 1)[1]


def test_the_list_is_narrowed_by_name_and_kind(admin, customers):
    assert "city" in page(admin, MATRIX)
    assert "city" not in page(admin, f"{MATRIX}?show=personal")
    assert "email" not in page(admin, f"{MATRIX}?q=city")
    assert "No column matches." in page(admin, f"{MATRIX}?q=nothing+at+all")


def test_the_matrix_leaves_as_csv_with_an_outcome_for_each_role(admin, customers):
    answer = admin.get(f"{MATRIX}?format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert lines[0].lstrip("\ufeff").split(",")[3:] == list(ROLES)
    assert len(lines) == 3
    assert lines[1].split(",")[1] == "email"
    assert set(lines[1].split(",")[3:]) <= {"clear", "masked", "denied", "conditional"}


def test_what_the_asker_may_not_know_of_is_in_no_row(admin, customers):
    hide(customers.columns.filter(name="city"))

    for url in (MATRIX, f"{MATRIX}?format=csv", f"{SIMULATOR}?capsule={customers.urn}"):
        answer = admin.get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"city" not in body, url


@pytest.mark.parametrize("url", [MATRIX, SIMULATOR])
def test_only_who_sets_policies_may_ask(client, url):
    assert signed_in(client, "analyst").get(url).status_code == 403
    client.logout()
    assert client.get(url).status_code == 302


def test_more_columns_cost_no_more_queries(admin, customers):
    page(admin, MATRIX)  # what a process keeps is read once

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(admin, MATRIX)
        return len(captured)

    few = queries()
    for at in range(40):
        ColumnFactory(capsule=customers, name=f"more_{at}", data_type="VARCHAR")

    assert queries() == few
