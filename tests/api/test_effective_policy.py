from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Column
from tests.factories import CapsuleFactory, ColumnEdgeFactory, ColumnFactory, PolicyFactory


@pytest.fixture
def emails():
    """raw → stg → mart, raw restricted, the capsule of mart public."""
    columns = [
        ColumnFactory(capsule=CapsuleFactory(name=name), name="email") for name in ("raw", "stg", "mart")
    ]
    for up, down in zip(columns, columns[1:], strict=False):
        ColumnEdgeFactory(source=up, target=down)
    PolicyFactory(column=columns[0], sensitivity_level="restricted", legal_hold=True, active=True)
    PolicyFactory(capsule=columns[2].capsule, sensitivity_level="public", legal_hold=False, active=True)
    return columns


def facet(answer, name):
    assert answer.status_code == 200, answer.body
    return next(each for each in answer.body["facets"] if each["facet"] == name)


def test_a_column_is_as_sensitive_as_what_it_is_made_of(analyst, emails):
    found = facet(analyst.get(f"/columns/{emails[2].urn}/effective-policy"), "sensitivity")

    assert (found["value"], found["stated"]) == ("restricted", True)
    (origin,), (beaten,) = found["origins"], found["beaten"]
    assert (origin["place"], origin["subject"], origin["origin"], origin["steps"]) == (
        "upstream",
        "stg.email",
        "raw.email",
        2,
    )
    assert (beaten["place"], beaten["subject"], beaten["value"]) == ("capsule", "mart", "public")


def test_upstream_suggests_what_it_does_not_hand_on(analyst, emails):
    answer = analyst.get(f"/columns/{emails[1].urn}/effective-policy")

    assert facet(answer, "legal_hold")["value"] is False
    assert ("legal_hold", True) in [(each["facet"], each["value"]) for each in answer.body["suggestions"]]


def test_an_edge_that_masks_or_only_filters_hands_nothing_on(analyst, emails):
    raw, stg, _mart = emails
    masked, filtered = ColumnFactory(name="mail_hash"), ColumnFactory(name="orders")
    ColumnEdgeFactory(source=raw, target=masked, meta={"masking": True})
    ColumnEdgeFactory(source=raw, target=filtered, meta={"kinds": ["INDIRECT:FILTER"]})

    for column in (masked, filtered):
        found = facet(analyst.get(f"/columns/{column.urn}/effective-policy"), "sensitivity")
        assert (found["value"], found["stated"]) == ("internal", False)


def test_what_holds_is_asked_for_a_day(analyst):
    column, later = ColumnFactory(), timezone.now().date() + timedelta(9)
    PolicyFactory(column=column, sensitivity_level="secret", effective_from=later, active=True)

    today = facet(analyst.get(f"/columns/{column.pk}/effective-policy"), "sensitivity")
    then = facet(
        analyst.get(f"/columns/{column.pk}/effective-policy?date={later}"),
        "sensitivity",
    )

    assert (today["value"], then["value"]) == ("internal", "secret")


def test_a_capsule_answers_for_itself(analyst, emails):
    answer = analyst.get(f"/capsules/{emails[2].capsule.urn}/effective-policy")

    assert facet(answer, "sensitivity")["value"] == "public"
    assert facet(answer, "retention_min")["value"] == {"period": "P7Y", "start": None, "action": None}


def test_a_bad_day_is_named(analyst, emails):
    answer = analyst.get(f"/columns/{emails[0].urn}/effective-policy?date=tomorrow")

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["date"])


def test_a_column_upstream_that_is_hidden_counts_and_is_not_named(analyst, emails):
    Column.objects.filter(pk=emails[0].pk).update(visibility_rank=5)

    answer = analyst.get(f"/columns/{emails[2].urn}/effective-policy")

    found = facet(answer, "sensitivity")
    assert (found["value"], found["origins"][0]["origin"]) == ("restricted", None)
    assert "raw.email" not in str(answer.body)
    assert analyst.get(f"/columns/{emails[1].urn}/effective-policy").body["suggestions"] == []


def test_conditions_of_masking_are_a_facet_of_their_own(analyst, steward, emails):
    names = {
        who: {each["facet"] for each in who.get(f"/columns/{emails[0].urn}/effective-policy").body["facets"]}
        for who in (analyst, steward)
    }

    assert names[steward] - names[analyst] == {"masking_conditions"}


def test_the_number_of_queries_does_not_depend_on_how_much_is_upstream(analyst, emails):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert analyst.get(f"/columns/{emails[2].urn}/effective-policy").status_code == 200
        return len(queries)

    asked()
    few = asked()
    for n in range(6):
        source = ColumnFactory(name=f"source_{n}")
        ColumnEdgeFactory(source=source, target=emails[0])
        PolicyFactory(column=source, active=True)

    assert asked() == few
