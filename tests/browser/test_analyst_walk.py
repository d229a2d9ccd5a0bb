"""The analyst's first ten minutes: find, read, judge, narrow, follow — as far as the portal goes today."""

import re

import pytest

CUSTOMERS = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:customers/"
SECRET = "urn:dcs:dbt:model:jaffle_shop.main:stg_payments"


@pytest.fixture
def hidden(portal):
    """One capsule is secret while the test runs."""
    words = (
        "from apps.audit.context import acting; from apps.people.reader import system;"
        "from apps.catalog.models import Capsule\n"
        "with acting(system('test'), reason='A test hides it'):"
        " Capsule.objects.filter(urn='{urn}').update(visibility_rank={rank})"
    )
    portal.manage("shell", "-v", "0", "-c", words.format(urn=SECRET, rank=5))
    yield SECRET
    portal.manage("shell", "-v", "0", "-c", words.format(urn=SECRET, rank=2))


def test_typing_a_column_finds_it_first_with_the_reason(visit):
    page = visit("analyst")

    page.keyboard.press("/")
    page.keyboard.type("customer_lifetime_value")
    first = page.locator("[role=option]").filter(has_text="customer_lifetime_value").first
    first.wait_for()
    page.goto("/search/?q=customer_lifetime_value")

    hit = page.locator("main").inner_text()
    assert "customer_lifetime_value" in hit
    assert "exact" in hit.lower()


def test_one_panel_says_what_a_column_is(visit):
    page = visit("analyst")
    page.goto(f"{CUSTOMERS}structure/")

    page.get_by_role("link", name="first_name", exact=True).first.click()
    page.wait_for_url(lambda url: "column=first_name" in url)
    panel = page.locator("aside").filter(has_text="first_name").first

    assert "VARCHAR" in panel.inner_text()
    assert "Customer's first name" in panel.inner_text()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "column=" not in url)


def test_the_trust_strip_claims_nothing_that_nobody_measured(visit):
    page = visit("analyst")

    page.goto(CUSTOMERS)
    strip = page.locator(".trust").inner_text()

    assert "Confidential" in strip
    assert "no contract yet" in strip
    assert "nobody measures it" in strip
    assert "2 of 2 rules pass" in strip


def test_a_filtered_list_is_its_address(visit):
    page, other = visit("analyst"), visit("analyst")
    page.goto("/capsules/")

    page.locator("label").filter(has_text="Gold").locator("input").check()
    page.wait_for_url(lambda url: "layer=gold" in url)
    page.get_by_text("2 capsules").first.wait_for()
    other.goto(page.url)

    assert "2 capsules" in other.locator("main").inner_text()
    assert "stg_orders" not in other.locator("table").first.inner_text()


def test_a_secret_capsule_appears_nowhere(visit, hidden):
    page = visit("analyst")

    for path in (
        "/capsules/",
        "/search/?q=stg_payments",
        CUSTOMERS,
        f"/lineage/?focus={CUSTOMERS.split('/')[2]}&up=3",
        "/",
    ):
        page.goto(path)
        # What was asked for stands in the box, and other walks make capsules whose names begin alike.
        page_without_asking = re.sub('(q=|value=")stg_payments', "", page.locator("main").inner_html())
        assert not re.search("stg_payments(?!_)", page_without_asking), path
    assert page.goto(f"/capsules/{hidden}/").status == 404
    assert page.goto("/capsules/urn:dcs:dbt:model:jaffle_shop.main:no_such_thing/").status == 404


def test_graph_and_list_name_the_same_nodes(visit):
    page = visit("analyst")
    focus = CUSTOMERS.split("/")[2]

    page.goto(f"/lineage/?focus={focus}&up=3&down=1&view=graph")
    graph = page.locator("main").text_content()
    page.goto(f"/lineage/?focus={focus}&up=3&down=1&view=list")
    listed = page.locator("main").inner_text()

    for name in (
        "stg_customers",
        "stg_orders",
        "stg_payments",
        "raw_customers",
        "raw_orders",
        "raw_payments",
    ):
        assert name in graph
        assert name in listed


def test_the_same_without_javascript(visit):
    page = visit("analyst", scripts=False)

    page.goto("/search/?q=customer_lifetime_value")
    assert "customer_lifetime_value" in page.locator("main").inner_text()
    page.goto("/capsules/?layer=gold")
    assert "2 capsules" in page.locator("main").inner_text()
    for tab in (
        "payload",
        "structure",
        "semantics",
        "quality",
        "policy",
        "provenance",
        "contract",
        "versions",
        "activity",
    ):
        assert page.goto(f"{CUSTOMERS}{tab}/").status == 200
    page.goto(f"{CUSTOMERS}columns/first_name/")
    assert "Customer's first name" in page.locator("main").inner_text()


def test_a_producer_uploads_a_project_and_reads_what_it_changed(visit, portal, tmp_path):
    import json
    from pathlib import Path

    jaffle = Path(__file__).parent.parent / "fixtures" / "dbt" / "jaffle_shop_classic"
    manifest = json.loads((jaffle / "manifest.json").read_bytes())
    manifest["nodes"]["model.jaffle_shop.orders"]["description"] = "Orders, described anew."
    changed = tmp_path / "manifest.json"
    changed.write_text(json.dumps(manifest))
    page = visit("producer")

    page.goto("/ingestion/")
    page.locator("input[type=file]").set_input_files([str(changed), str(jaffle / "catalog.json")])
    page.get_by_role("button", name="Ingest").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1].isdigit())
    page.get_by_text("What it changed").wait_for(timeout=30_000)

    assert "Completed" in page.locator("main").inner_text()
    page.goto("/capsules/urn:dcs:dbt:model:jaffle_shop.main:orders/")
    assert "Orders, described anew." in page.locator("main").inner_text()
