"""What people type, and what they mean by it: a table of searches with the hit that has to come first.

A query that people complain about becomes a row of the table.
"""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.discovery import search, spelling
from apps.people.reader import system
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleTagFactory,
    ColumnFactory,
    DomainFactory,
    OwnerFactory,
    TagFactory,
    TermFactory,
    TermLinkFactory,
)

pytestmark = pytest.mark.django_db
READER = system("test", clearance=2)
TABLE = Path(__file__).parents[1] / "fixtures" / "search" / "golden_queries.csv"

# name, domain, layer, description, columns; the hub of the estate feeds the others
CAPSULES = (
    ("orders", "Sales", "gold", "One row for each order of a customer.", "order_id customer_id order_date status order_total"),
    ("order_items", "Sales", "gold", "The lines of an order.", "order_id product_id quantity unit_price"),
    ("stg_shop__orders", "Sales", "staging", "Orders, renamed.", "order_id customer_id ordered_at status"),
    ("raw_orders", "Sales", "raw", None, "id user_id order_date status"),
    ("reorders", "Supply", "silver", "Stock that was ordered again.", "sku quantity"),
    ("customers", "Sales", "gold", "People who have ordered.", "customer_id first_name last_name email lifetime_value"),
    ("customer_churn_scores", "Marketing", "gold", "How likely a customer leaves.", "customer_id churn_score"),
    ("CustomerAddresses", "Sales", "silver", "Where customers live.", "customerId street postalCode city"),
    ("payments", "Finance", "gold", "What was paid.", "payment_id order_id amount currency payment_method"),
    ("refunds", "Finance", "gold", "What was paid back.", "refund_id payment_id amount"),
    ("fct_revenue_daily", "Finance", "mart", "Revenue of each day.", "day net_revenue gross_revenue"),
    ("invoice-lines-2024", "Finance", "raw", "Exported once a year.", "invoice_no line_no"),
    ("web_sessions", "Web", "silver", "Visits of the shop.", "session_id visitor_id started_at utm_campaign"),
    ("page_views", "Web", "raw", "One row for each page that was seen.", "view_id session_id url"),
    ("suppliers", "Supply", "gold", "Who delivers.", "supplier_id supplier_name vat_number"),
    ("stock_levels", "Supply", "gold", "What lies in the warehouse.", "sku warehouse_id on_hand"),
    ("dim_date", "Shared", "gold", "Days, weeks and quarters.", "date_key iso_week fiscal_quarter"),
    ("Größen", "Supply", "raw", "Sizes of clothes.", "größe label"),
)  # fmt: skip
TERMS = (
    ("Revenue", "What customers have paid, without tax.", ["turnover", "sales income"]),
    ("Churn", "A customer who has not ordered for a year.", ["attrition"]),
    ("Net revenue", "Revenue less refunds.", []),
    ("Customer lifetime value", "What a customer is expected to bring in all.", ["CLV"]),
    ("Stock keeping unit", "The smallest thing that is sold.", ["SKU"]),
)


@pytest.fixture
def estate():
    """A shop's catalogue, as small as it can be with every kind of name in it."""
    capsules = {}
    domains = {name: DomainFactory(name=name) for name in dict.fromkeys(one[1] for one in CAPSULES)}
    owner = OwnerFactory(name="Shop analytics")
    for name, domain, layer, description, columns in CAPSULES:
        capsule = CapsuleFactory(
            name=name, domain=domains[domain], layer=layer, description=description, owner=owner, schema_name="shop",
            urn=f"urn:dcs:dbt:model:shop.{layer}:{name}",
        )  # fmt: skip
        for column in columns.split():
            ColumnFactory(capsule=capsule, name=column, description=None)
        capsules[name] = capsule
    for target in ("order_items", "payments", "fct_revenue_daily", "customers"):
        CapsuleEdgeFactory(source=capsules["orders"], target=capsules[target])
    CapsuleTagFactory(capsule=capsules["web_sessions"], tag=TagFactory(name="clickstream"))
    for name, definition, synonyms in TERMS:
        term = TermFactory(name=name, display_name=name, definition=definition, synonyms=synonyms)
        if name == "Churn":
            TermLinkFactory(term=term, capsule=capsules["customer_churn_scores"], column=None)
    return capsules


def golden():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def first(query, kind):
    """The first hit of a kind as the table writes it: its name, a column's with its capsule; "" if there is none."""
    hits = search.search(query, READER)[kind].hits
    if not hits:
        return "", ""
    name = f"{hits[0].name} of {hits[0].capsule}" if kind == "column" else hits[0].name
    return name, hits[0].stage


def test_what_people_type_finds_first_what_they_mean(estate):
    wrong = []
    for row in golden():
        name, stage = first(row["query"], row["kind"])
        if (name, stage) != (row["first"], row["stage"]):
            wrong.append(
                f"{row['query']!r} {row['kind']}: {name!r} {stage}, not {row['first']!r} {row['stage']}"
            )

    assert len(golden()) >= 60
    assert not wrong, "\n".join(wrong)


WORDS = "customers payments suppliers revenue warehouse sessions campaign currency quantity invoice churn attrition".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def one_edit(draw):
    """(word, the same word with one letter too many, too few, wrong, or two neighbours swapped)."""
    word = draw(st.sampled_from(WORDS))
    at, letter = draw(st.integers(0, len(word) - 1)), draw(st.sampled_from(LETTERS))
    kind = draw(st.sampled_from(("insert", "delete", "replace", "swap")))
    typed = {
        "insert": word[:at] + letter + word[at:],
        "delete": word[:at] + word[at + 1 :],
        "replace": word[:at] + letter + word[at + 1 :],
        "swap": word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    }[kind]
    return word, typed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pair=one_edit())
def test_a_word_with_one_slip_is_among_the_first_three_that_are_offered(estate, pair):
    word, typed = pair
    if typed in spelling._words():
        return

    assert word in spelling.alternatives(typed)[:3]
