"""What a change would touch: everything downstream and everybody who must know, and nothing that is hidden."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Capsule
from apps.people.reader import Reader
from apps.people.roles import INTERNAL
from apps.provenance import impact
from apps.provenance.models import CapsuleEdge
from tests.discovery.pages import names, page, signed_in, text
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    ContractFactory,
    OwnerFactory,
    TermFactory,
    TermLinkFactory,
)

pytestmark = pytest.mark.django_db

ANALYST = Reader(name="ben", clearance=INTERNAL)


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


@pytest.fixture
def shop():
    """raw → stg → orders → report, with `email` flowing along all of them."""
    finance = OwnerFactory(name="Finance data")
    capsules = [CapsuleFactory(name=name, owner=finance) for name in ("raw", "stg", "orders", "report")]
    columns = [ColumnFactory(capsule=capsule, name="email") for capsule in capsules]
    for up, down in zip(capsules, capsules[1:], strict=False):
        CapsuleEdgeFactory(source=up, target=down)
    for up, down in zip(columns, columns[1:], strict=False):
        ColumnEdgeFactory(source=up, target=down)
    return dict(zip(("raw", "stg", "orders", "report"), capsules, strict=True))


def found_in(part):
    return [(row.name, row.steps) for row in part.rows(part.keys)]


def test_downstream_capsules_and_columns_come_nearest_first_with_the_way_to_them(shop):
    found = impact.of_capsules([shop["raw"].pk], ANALYST)

    capsules = found.part("capsules")
    assert found_in(capsules) == [("stg", 1), ("orders", 2), ("report", 3)]
    assert [row.via for row in capsules.rows(capsules.keys)] == [[], ["stg"], ["stg", "orders"]]
    columns = found.part("columns")
    assert found_in(columns) == [("stg.email", 1), ("orders.email", 2), ("report.email", 3)]
    assert columns.rows(columns.keys)[2].via == ["stg.email", "orders.email"]


def test_a_column_touches_what_is_made_of_it_and_not_what_its_capsule_feeds_otherwise(shop):
    other = CapsuleFactory(name="returns")
    CapsuleEdgeFactory(source=shop["raw"], target=other)

    found = impact.of_column(shop["raw"].columns.get(), ANALYST)

    assert found_in(found.part("columns")) == [("stg.email", 1), ("orders.email", 2), ("report.email", 3)]
    assert found_in(found.part("capsules")) == [("stg", 1), ("orders", 2), ("report", 3)]


def test_a_capsule_that_only_a_column_leads_to_is_touched_as_well(shop):
    mart = ColumnFactory(capsule=CapsuleFactory(name="mailing"), name="address")
    ColumnEdgeFactory(source=shop["stg"].columns.get(), target=mart)

    capsules = impact.of_capsules([shop["raw"].pk], ANALYST).part("capsules")

    rows = {row.name: row for row in capsules.rows(capsules.keys)}
    assert (rows["mailing"].steps, rows["mailing"].via) == (2, ["stg.email", "mailing.address"])


def test_terms_contracts_consumers_and_owners_say_what_they_hang_on(shop):
    TermLinkFactory(column=shop["orders"].columns.get(), term=TermFactory(display_name="E-mail address"))
    ContractFactory(
        capsule=shop["report"],
        version="2.0",
        known_consumers=[{"team": "Marketing", "use_case": "Newsletter"}],
        active=True,
    )

    found = impact.of_capsules([shop["raw"].pk], ANALYST)

    (term,) = found.part("terms").rows(found.part("terms").keys)
    assert (term.name, term.steps, term.at, term.via) == (
        "E-mail address",
        2,
        "orders.email",
        ["stg.email"],
    )
    (contract,) = found.part("contracts").rows(found.part("contracts").keys)
    assert (contract.name, contract.steps, contract.note) == ("report 2.0", 3, "Active")
    (consumer,) = found.part("consumers").rows(found.part("consumers").keys)
    assert (consumer.name, consumer.note, consumer.at) == ("Newsletter", "Marketing", "report")
    (owner,) = found.part("owners").rows(found.part("owners").keys)
    assert (owner.name, owner.steps, owner.note) == ("Finance data", 0, "4 capsules")


def test_consumers_that_a_source_names_count_like_those_of_a_contract(shop):
    said = {"doc": {"contract": {"known_consumers": [{"name": "Weekly dashboard", "team": "BI"}]}}}
    Capsule.objects.filter(pk=shop["orders"].pk).update(meta=said)

    consumers = impact.of_capsules([shop["raw"].pk], ANALYST).part("consumers")

    assert found_in(consumers) == [("Weekly dashboard", 2)]


def test_what_is_hidden_is_not_counted_and_nothing_behind_it_either(shop):
    Capsule.objects.filter(pk=shop["orders"].pk).update(visibility_rank=5)
    ContractFactory(capsule=shop["report"], known_consumers=[{"team": "Marketing"}], active=True)

    found = impact.of_capsules([shop["raw"].pk], ANALYST)

    assert found.totals == {
        "capsules": 1,
        "columns": 1,
        "terms": 0,
        "contracts": 0,
        "consumers": 0,
        "owners": 1,
    }
    seen = impact.of_capsules([shop["raw"].pk], Reader(name="eve", clearance=5))
    assert seen.totals["capsules"] == 3


def test_a_circle_ends_and_the_changed_capsule_is_not_its_own_impact(shop):
    CapsuleEdgeFactory(source=shop["report"], target=shop["raw"])

    found = impact.of_capsules([shop["stg"].pk], ANALYST)

    assert found_in(found.part("capsules")) == [("orders", 1), ("report", 2), ("raw", 3)]


def test_the_steps_can_be_bounded(shop):
    assert impact.of_capsules([shop["raw"].pk], ANALYST, depth=1).totals["capsules"] == 1


def test_several_changes_together_count_each_capsule_once_at_its_nearest(shop):
    found = impact.of_capsules([shop["raw"].pk, shop["orders"].pk], ANALYST)

    assert found_in(found.part("capsules")) == [("report", 1), ("stg", 1)]


def test_an_end_that_nothing_is_made_of_touches_its_own_contract_alone(shop):
    ContractFactory(capsule=shop["report"], version="1.0", active=True)

    found = impact.of_capsules([shop["report"].pk], ANALYST)

    assert (found.totals["capsules"], found.totals["columns"], found.totals["contracts"]) == (0, 0, 1)
    assert found_in(found.part("contracts")) == [("report 1.0", 0)]


def fan(hub, number):
    """`number` capsules that are made of `hub`, each of an owner and with a column of its own."""
    made = Capsule.objects.bulk_create(
        Capsule(urn=f"urn:dcs:dbt:model:shop:mart_{n:04}", name=f"mart_{n:04}", capsule_type="model", owner=hub.owner)
        for n in range(number)
    )  # fmt: skip
    CapsuleEdge.objects.bulk_create(
        CapsuleEdge(source=hub, target=one, source_urn=hub.urn, target_urn=one.urn) for one in made
    )
    return made


def test_the_number_of_queries_does_not_grow_with_what_is_found():
    few, many = CapsuleFactory(owner=OwnerFactory()), CapsuleFactory(owner=OwnerFactory())
    fan(few, 3)
    CapsuleEdge.objects.bulk_create(
        CapsuleEdge(source=many, target=one, source_urn=many.urn, target_urn=one.urn)
        for one in Capsule.objects.filter(name__startswith="mart_")
    )

    def asked(hub):
        with CaptureQueriesContext(connection) as queries:
            found = impact.of_capsules([hub.pk], ANALYST)
            for part in found.parts:
                part.rows(part.keys[:100])
        return len(queries)

    before = asked(few)
    for one in Capsule.objects.filter(name__startswith="mart_"):
        TermLinkFactory(capsule=one)
        ContractFactory(capsule=one, known_consumers=[{"team": f"team of {one.name}"}])
    ends = Capsule.objects.bulk_create(
        Capsule(urn=f"urn:dcs:dbt:model:shop:end_{n}", name=f"end_{n}", capsule_type="model")
        for n in range(300)
    )
    CapsuleEdge.objects.bulk_create(
        CapsuleEdge(source=many, target=one, source_urn=many.urn, target_urn=one.urn) for one in ends
    )

    assert asked(many) - before <= 3  # the names of what terms, contracts and consumers hang on


def test_the_page_shows_each_kind_and_says_how_many_more_there_are(analyst):
    hub = CapsuleFactory(name="hub", owner=OwnerFactory(name="Sales data"))
    fan(hub, 120)

    html = page(analyst, f"/capsules/{hub.urn}/impact/")

    assert "A change here is felt by 120 capsules and 0 columns downstream." in text(html)
    assert "and 112 more" in text(html)
    assert names(html) == [*(f"mart_{n:04}" for n in range(8)), "Sales data"]


def test_a_kind_opens_as_a_list_of_its_own_that_is_read_page_by_page(analyst):
    hub = CapsuleFactory(name="hub")
    fan(hub, 120)

    first = page(analyst, f"/capsules/{hub.urn}/impact/?kind=capsules")
    following = re.search(r'id="next-page" rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    second = page(analyst, following)

    assert names(first) == [f"mart_{n:04}" for n in range(100)]
    assert names(second) == [f"mart_{n:04}" for n in range(100, 120)]


def test_the_page_of_a_column_stands_beside_the_column(analyst, shop):
    column = shop["stg"].columns.get()

    html = page(analyst, f"{column.get_absolute_url()}impact/")

    assert "Impact of stg.email" in text(html)
    assert "orders.email" in text(html)


def test_wrong_steps_are_said_and_replaced(analyst, shop):
    read = text(page(analyst, f"/capsules/{shop['raw'].urn}/impact/?steps=99"))

    assert "Steps: choose 1 to 10." in read
    assert "report" in read


def test_nothing_to_touch_is_said(analyst):
    read = text(page(analyst, f"/capsules/{CapsuleFactory(name='alone').urn}/impact/"))

    assert "Nothing is known to be made of it, and nobody to consume it." in read


def test_the_sheet_has_every_row_of_every_kind_and_no_formula(analyst):
    hub = CapsuleFactory(name="hub", owner=OwnerFactory(name="=HYPERLINK(1)"))
    fan(hub, 120)

    answer = analyst.get(f"/capsules/{hub.urn}/impact/?format=csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["kind", "steps", "name", "urn", "note", "on", "via"]
    assert sum(row[0] == "capsules" for row in rows) == 120
    assert [row[2] for row in rows if row[0] == "owners"] == ["'=HYPERLINK(1)"]


def test_the_impact_of_a_hidden_capsule_or_column_is_no_page(analyst, shop):
    column = shop["orders"].columns.get()
    Capsule.objects.filter(pk=shop["orders"].pk).update(visibility_rank=5)

    assert analyst.get(f"/capsules/{shop['orders'].urn}/impact/").status_code == 404
    assert analyst.get(f"{column.get_absolute_url()}impact/").status_code == 404


def test_the_explorer_counts_what_the_impact_lists(analyst, shop):
    mart = ColumnFactory(capsule=CapsuleFactory(name="mailing"), name="address")
    ColumnEdgeFactory(source=shop["stg"].columns.get(), target=mart)

    read = text(page(analyst, f"/lineage/?focus={shop['raw'].urn}"))

    assert "Within ten steps 0 feed it and 4 depend on it." in read
