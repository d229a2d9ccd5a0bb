"""The capsule page: what it says of a capsule, what it says honestly of what is not known, and to whom."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Column, Constraint
from apps.glossary.models import TermLink
from apps.provenance.models import ColumnEdge
from apps.quality.models import QualityCheck, QualityRule
from tests.discovery.pages import page, signed_in
from tests.discovery.pages import text as read_all
from tests.factories import (
    CapsuleAliasFactory,
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleVersionFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    ConstraintFactory,
    ContractFactory,
    IncidentFactory,
    IndexFactory,
    PolicyFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    TermFactory,
    TermLinkFactory,
    TransformationCodeFactory,
)

pytestmark = pytest.mark.django_db

TABS = (
    "payload",
    "structure",
    "semantics",
    "quality",
    "policy",
    "provenance",
    "contract",
    "versions",
    "activity",
)


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def text(html):
    """What is read on a page; a place where a long name may break is no blank."""
    return read_all(html.replace("<wbr>", "")).replace(" .", ".").replace(" ,", ",").replace(" :", ":")


def url(capsule, tab=""):
    return f"/capsules/{capsule.urn}/{tab}{'/' if tab else ''}"


# ---------- addresses ----------


def test_a_capsule_lives_at_its_urn(analyst):
    orders = CapsuleFactory(name="orders")

    html = page(analyst, "/capsules/urn:dcs:dbt:model:jaffle_shop.staging:orders/")

    assert "<h1>orders" in html
    assert orders.get_absolute_url() == "/capsules/urn:dcs:dbt:model:jaffle_shop.staging:orders/"


def test_the_id_of_a_capsule_leads_to_its_urn_with_the_rest_of_the_address(analyst):
    orders = CapsuleFactory(name="orders", columns=["order_id"])

    answer = analyst.get(f"/capsules/{orders.pk}/columns/order_id/?from=x&a=1")

    assert answer.status_code == 301
    assert answer["Location"] == f"/capsules/{orders.urn}/columns/order_id/?from=x&a=1"


def test_a_former_urn_leads_to_the_present_one(analyst):
    alias = CapsuleAliasFactory()

    answer = analyst.get(f"/capsules/{alias.urn}/structure/?q=id")

    assert answer.status_code == 301
    assert answer["Location"] == f"/capsules/{alias.capsule.urn}/structure/?q=id"


def test_a_urn_retyped_in_another_case_leads_to_the_stored_one(analyst):
    orders = CapsuleFactory(urn="urn:dcs:snowflake:table:SALES.PUBLIC:ORDERS", name="ORDERS")

    answer = analyst.get("/capsules/urn:dcs:snowflake:table:sales.public:orders/")

    assert answer.status_code == 301
    assert answer["Location"] == orders.get_absolute_url()


@pytest.mark.parametrize("spelling", ["my%2520table", "my%20table"])
def test_both_spellings_of_an_encoded_urn_find_it(analyst, spelling):
    CapsuleFactory(urn="urn:dcs:files:file:lake.raw:my%20table", name="my table")

    answer = analyst.get(f"/capsules/urn:dcs:files:file:lake.raw:{spelling}/")

    assert answer.status_code == 200


def test_a_hidden_capsule_answers_like_one_that_does_not_exist(analyst):
    secret = CapsuleFactory(name="board_salaries", visibility_rank=5)

    hidden = analyst.get(url(secret), HTTP_X_REQUEST_ID="same-for-both")
    unknown = analyst.get(
        url(secret).replace("board_salaries", "board_expenses"), HTTP_X_REQUEST_ID="same-for-both"
    )

    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.content == unknown.content


def test_the_id_of_a_hidden_capsule_does_not_tell_its_urn(analyst):
    secret = CapsuleFactory(visibility_rank=5)

    assert analyst.get(f"/capsules/{secret.pk}/").status_code == 404


def test_a_capsule_is_for_those_who_signed_in(client):
    answer = client.get(url(CapsuleFactory()))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_an_unknown_tab_is_not_found(analyst):
    assert analyst.get(url(CapsuleFactory(), "colour")).status_code == 404


# ---------- what it says ----------


def test_a_retired_capsule_stays_readable_and_says_so_first(analyst):
    gone = CapsuleFactory(name="orders_old", retired_at=datetime(2026, 11, 4, tzinfo=UTC))

    html = page(analyst, url(gone))

    assert "Retired 4 Nov 2026." in text(html)
    assert html.index("Retired") < html.index("What it is")


def test_a_capsule_that_its_source_no_longer_has_says_since_when(analyst):
    lost = CapsuleFactory(name="returns", meta={"missing_since": "2026-11-04T06:00:00+00:00"})

    assert "Missing from its source since 4 Nov 2026." in text(page(analyst, url(lost)))


def test_a_capsule_that_others_only_name_says_that_nothing_else_is_known(analyst):
    named = CapsuleFactory(name="raw_orders", meta={"placeholder": True}, description=None)

    read = text(page(analyst, url(named)))

    assert "Only its name is known." in read
    assert "Nobody has described it yet." in read


def test_what_nobody_measured_is_unknown_and_never_good(analyst):
    html = page(analyst, url(CapsuleFactory(columns=["order_id"])))
    strip = html[html.index('<dl class="trust">') : html.index("</dl>", html.index('<dl class="trust">'))]

    read = text(strip)
    assert "Sensitivity Internal by default, no policy yet" in read
    assert "Contract Unknown no contract yet" in read
    assert "Quality Unknown no rules yet" in read
    assert "Freshness Unknown nobody measures it" in read
    assert 'data-hue="good"' not in strip


def test_rules_that_never_ran_give_no_score(analyst):
    column = ColumnFactory()
    QualityRuleFactory(column=column)

    read = text(page(analyst, url(column.capsule)))

    assert "Quality Unknown 1 rules never run" in read


def test_the_score_is_the_share_of_rules_that_pass_and_shows_its_sum(analyst):
    column = ColumnFactory()
    for status in ("passed", "passed", "passed", "failed", "skipped"):
        QualityCheckFactory(rule=QualityRuleFactory(column=column), status=status)

    read = text(page(analyst, url(column.capsule, "quality")))

    assert "3 of 4 rules pass" in read
    assert "3 rules passed, weight 3 4 rules counted, weight 4" in read
    assert "Left out, never run or skipped 1" in read
    assert "Passed ÷ counted × 100 75.0" in read


def test_the_strictest_policy_in_force_gives_the_sensitivity_and_says_where_from(analyst):
    email = ColumnFactory(name="email")
    PolicyFactory(capsule=email.capsule, sensitivity_level="internal", active=True)
    PolicyFactory(column=email, sensitivity_level="confidential", active=True)
    PolicyFactory(column=email, sensitivity_level="restricted")  # a draft

    read = text(page(analyst, url(email.capsule)))

    assert "Sensitivity Confidential from column email" in read


def test_an_open_incident_stands_in_the_strip(analyst):
    incident = IncidentFactory()
    incident.refresh_from_db()

    read = text(page(analyst, url(incident.capsule)))

    assert f"Open incidents 1 I-{incident.number}, open" in read


def test_seven_rows_say_how_far_each_dimension_has_come_and_the_next_step(analyst):
    capsule = CapsuleFactory(columns=["order_id", "amount"])
    capsule.columns.update(description=None)

    read = text(page(analyst, url(capsule)))

    assert "0 of 2 columns explained" in read
    assert "Explain 2 columns" in read
    assert "No rules yet" in read
    assert "No contract yet" in read


def test_the_overview_shows_the_ten_columns_that_say_most_and_the_way_to_the_rest(analyst):
    capsule = CapsuleFactory(columns=[f"measure_{number}" for number in range(12)])
    key = ColumnFactory(capsule=capsule, name="order_id", ordinal_position=13)
    ConstraintFactory(column=key, kind="primary_key")

    html = page(analyst, url(capsule))

    assert html.count('<span class="colname">') == 10
    assert "order_id" in text(html)
    assert "Show all 13" in text(html)


def test_neighbours_terms_and_consumers_are_on_the_first_page(analyst):
    capsule = CapsuleFactory(
        name="orders",
        meta={"doc": {"contract": {"known_consumers": [{"team": "Finance", "use_case": "Weekly report"}]}}},
    )
    CapsuleEdgeFactory(target=capsule, source=CapsuleFactory(name="stg_orders"))
    CapsuleEdgeFactory(source=capsule, target=CapsuleFactory(name="revenue_daily"))
    TermLinkFactory(capsule=capsule, term=TermFactory(name="Order"))

    read = text(page(analyst, url(capsule)))

    assert "Upstream, 1 stg_orders" in read
    assert "Downstream, 1 revenue_daily" in read
    assert "Order" in read
    assert "Weekly report" in read


def test_a_hidden_neighbour_is_in_no_list_and_no_count(analyst):
    capsule = CapsuleFactory()
    CapsuleEdgeFactory(target=capsule, source=CapsuleFactory(name="board_salaries", visibility_rank=5))

    for tab in ("", "provenance"):
        read = text(page(analyst, url(capsule, tab)))
        assert "board_salaries" not in read
        assert "1 upstream" not in read


def test_the_domain_leads_the_breadcrumb(analyst):
    capsule = CapsuleFactory(complete=True, domain__name="Sales")

    html = page(analyst, url(capsule))

    crumbs = text(
        html[html.index('<nav class="crumbs"') : html.index("</nav>", html.index('<nav class="crumbs"'))]
    )
    assert crumbs == f"Catalog Sales {capsule.name}"


# ---------- tabs ----------


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_a_capsule_of_which_nothing_is_known(analyst, tab):
    bare = CapsuleFactory(
        description=None, layer=None, materialization=None, database_name=None, schema_name=None
    )

    html = page(analyst, url(bare, tab))

    assert 'aria-current="page"' in html


def test_htmx_gets_the_panel_alone_with_its_title(analyst):
    capsule = CapsuleFactory(name="orders")

    html = page(analyst, url(capsule, "policy"), HX_Request="true", HX_Target="panel")

    assert html.lstrip().startswith("<title>orders, Policy")
    assert "<html" not in html
    assert 'id="panel"' in html


def test_structure_lists_columns_in_order_with_keys(analyst):
    capsule = CapsuleFactory(columns=["order_id", "customer_id"])
    customers = CapsuleFactory(name="customers", columns=["customer_id"])
    ConstraintFactory(column=capsule.columns.get(name="order_id"), kind="primary_key", name="orders_pk")
    ConstraintFactory(
        column=capsule.columns.get(name="customer_id"),
        kind="foreign_key",
        referenced_table_urn=customers.urn,
        referenced_column_urn=f"{customers.urn}.customer_id",
    )
    IndexFactory(capsule=capsule, name="orders_by_customer")

    html = page(analyst, url(capsule, "structure"))

    assert html.index("order_id") < html.index("customer_id")
    assert f'href="{customers.get_absolute_url()}"' in html
    assert "orders_by_customer" in text(html)


def test_a_composite_key_is_one_key(analyst):
    capsule = CapsuleFactory(columns=["order_id", "line"])
    for ordinal, name in enumerate(["order_id", "line"], start=1):
        ConstraintFactory(
            column=capsule.columns.get(name=name), kind="primary_key", name="pk", ordinal=ordinal
        )

    read = text(page(analyst, url(capsule, "structure")))

    assert "Primary key order_id, line" in read


def test_a_foreign_key_to_a_hidden_table_does_not_tell_its_name(analyst):
    column = ColumnFactory()
    secret = CapsuleFactory(name="board_salaries", visibility_rank=5)
    ConstraintFactory(column=column, kind="foreign_key", referenced_table_urn=secret.urn)

    assert "board_salaries" not in page(analyst, url(column.capsule, "structure"))
    assert "board_salaries" not in analyst.get(url(column.capsule, "ddl")).content.decode()


def test_columns_are_filtered_by_what_is_typed(analyst):
    capsule = CapsuleFactory(columns=["order_id", "amount"])

    html = page(analyst, f"{url(capsule, 'structure')}?q=AMOU", HX_Request="true", HX_Target="columns")

    assert html.lstrip().startswith('<div id="columns"')
    assert "amount" in html
    assert "order_id" not in html


def test_a_filter_without_a_match_names_it_and_offers_to_clear_it(analyst):
    capsule = CapsuleFactory(columns=["order_id"])

    read = text(page(analyst, f"{url(capsule, 'structure')}?q=colour"))

    assert f"No column of {capsule.name} matches “colour”" in read
    assert "Clear the filter" in read


def test_retired_columns_are_kept_apart(analyst):
    column = ColumnFactory(name="old_status", retired_at=datetime(2026, 10, 1, tzinfo=UTC))

    read = text(page(analyst, url(column.capsule, "structure")))

    assert "Retired columns 1" in read
    assert "old_status" in read.split("Retired columns")[1]


def test_the_ddl_can_be_copied_and_read_as_text(analyst):
    capsule = CapsuleFactory(name="orders", database_name=None, schema_name="staging")
    ColumnFactory(
        capsule=capsule, name="order_id", data_type="integer", is_nullable=False, ordinal_position=1
    )
    ColumnFactory(capsule=capsule, name="Total €", data_type="numeric", ordinal_position=2)

    answer = analyst.get(url(capsule, "ddl"))

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == (
        'CREATE TABLE staging.orders (\n    order_id integer NOT NULL,\n    "Total €" numeric\n);\n'
    )


def test_semantics_says_how_personal_data_was_found(analyst):
    ColumnFactory(
        name="email", pii_type="email", pii_detected_by="name", capsule=(capsule := CapsuleFactory())
    )

    read = text(page(analyst, url(capsule, "semantics")))

    assert "E-mail address" in read
    assert "by its name; its values were not looked at" in read


def test_semantics_narrows_to_columns_that_nobody_explained(analyst):
    capsule = CapsuleFactory(columns=["order_id"])
    ColumnFactory(capsule=capsule, name="mystery", description=None)

    read = text(page(analyst, f"{url(capsule, 'semantics')}?show=unexplained"))

    assert "mystery" in read
    assert "order_id" not in read


def test_quality_says_each_rule_as_a_sentence_worst_first(analyst):
    column = ColumnFactory(name="status")
    good = QualityRuleFactory(column=column, rule_type="not_null")
    bad = QualityRuleFactory(
        column=column, rule_type="value_in_set", config={"values": ["placed", "shipped"]}
    )
    QualityCheckFactory(rule=good)
    QualityCheckFactory(rule=bad, status="failed", failure_count=3)

    read = text(page(analyst, url(column.capsule, "quality")))

    assert read.index("status is one of placed, shipped") < read.index("status is never empty")


def test_policy_names_the_personal_columns_that_no_policy_covers(analyst):
    ColumnFactory(name="email", pii_type="email", capsule=(capsule := CapsuleFactory()))

    read = text(page(analyst, url(capsule, "policy")))

    assert "1 column with personal data has no policy. email" in read


def test_code_is_shown_to_those_who_may_read_code_alone(client):
    code = TransformationCodeFactory(code_text="select 'the secret of the sauce'", visibility_rank=1)
    code.capsule.__class__.objects.filter(pk=code.capsule_id).update(visibility_rank=1)

    internal = page(signed_in(client, "analyst"), url(code.capsule, "provenance"))
    public = page(signed_in(client, "analyst", clearance=1), url(code.capsule, "provenance"))

    assert "the secret of the sauce" in internal
    assert "the secret of the sauce" not in public
    assert ">Code<" not in public


def test_provenance_says_where_each_column_comes_from(analyst):
    edge = ColumnEdgeFactory(transformation_type="aggregated", transformation_expr="sum(amount)")

    read = text(page(analyst, url(edge.target.capsule, "provenance")))

    assert "aggregated sum(amount)" in read


def test_the_contract_tab_shows_what_is_promised(analyst):
    contract = ContractFactory(active=True)

    read = text(page(analyst, url(contract.capsule, "contract")))

    assert f"Version {contract.version}" in read
    assert "Complete 99.5 %" in read


def test_what_a_source_states_is_information_and_no_contract(analyst):
    capsule = CapsuleFactory(
        meta={"doc": {"contract": {"version": "2", "meta": {"dbt": {"enforced": True}}}}}
    )

    read = text(page(analyst, url(capsule, "contract")))

    assert "No contract yet" in read
    assert "the build fails if a column changes" in read


def test_versions_are_listed_newest_first_and_say_honestly_that_there_are_none(analyst):
    version = CapsuleVersionFactory(number=2, name="2.1.0", breaking_change=True)
    CapsuleVersionFactory(capsule=version.capsule, number=1, name="1.0.0")

    read = text(page(analyst, url(version.capsule, "versions")))

    assert read.index("2.1.0") < read.index("1.0.0")
    assert "Breaking" in read
    assert "No version yet" in text(page(analyst, url(CapsuleFactory(), "versions")))


# ---------- cost ----------


def filled(columns):
    """A capsule with something in every dimension, for each of its columns."""
    capsule = CapsuleFactory(complete=True)
    source = CapsuleFactory(columns=["id"])
    CapsuleEdgeFactory(source=source, target=capsule)
    TransformationCodeFactory(capsule=capsule)
    ContractFactory(capsule=capsule, active=True)
    PolicyFactory(capsule=capsule, active=True)
    IndexFactory(capsule=capsule)
    names = [f"column_{number:04}" for number in range(columns)]
    made = Column.objects.bulk_create(ColumnFactory.build(capsule=capsule, name=name) for name in names)
    rules = QualityRule.objects.bulk_create(QualityRuleFactory.build(column=column) for column in made)
    QualityCheck.objects.bulk_create(QualityCheckFactory.build(rule=rule) for rule in rules)
    term, start = TermFactory(), source.columns.get()
    TermLink.objects.bulk_create(TermLinkFactory.build(column=column, term=term) for column in made)
    ColumnEdge.objects.bulk_create(ColumnEdgeFactory.build(source=start, target=column) for column in made)
    Constraint.objects.bulk_create(ConstraintFactory.build(column=column, kind="unique") for column in made)
    return capsule


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    # A test's own transaction makes of each request a savepoint, whose settings are read first and put back.
    nested = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT coalesce(current_setting(")
    return sum(not query["sql"].startswith(nested) for query in captured)


@pytest.mark.parametrize("tab", ["", *TABS])
def test_a_page_costs_at_most_15_queries_with_20_and_with_500_columns(analyst, tab):
    small, large = filled(20), filled(500)
    page(analyst, url(small, tab))  # the session notes its first use

    few, many = queries(analyst, url(small, tab)), queries(analyst, url(large, tab))

    # Signing in, the reader's rights and the transaction take ten of them; a list of several pages counts its rows.
    assert few <= 15
    assert many <= min(few + 1, 15)
