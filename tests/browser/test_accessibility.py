"""Every page in light and dark, wide and narrow: no violation of axe, no sideways scroll, no broken policy."""

import pytest

from tests.browser.axe import violations

CUSTOMERS = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:customers/"
FOCUS = CUSTOMERS.split("/")[2]
COMPLIANCE = ("compliance", "exposed", "masking-unsettled", "without-policy", "retention-due", "frameworks")
PAGES = {
    "analyst": [
        "/",
        "/capsules/",
        "/capsules/?layer=gold&sort=-updated",
        "/capsules/?q=nothing+is+called+this",
        "/search/?q=order",
        "/search/?q=zzzz",
        CUSTOMERS,
        *(f"{CUSTOMERS}{tab}/" for tab in ("payload", "structure", "semantics", "quality", "policy")),
        *(f"{CUSTOMERS}{tab}/" for tab in ("provenance", "contract", "versions", "activity")),
        f"{CUSTOMERS}structure/?column=first_name",
        f"{CUSTOMERS}columns/first_name/",
        *(f"{CUSTOMERS}diff/1..live/{query}" for query in ("", "?layout=unified", "?layout=summary")),
        *(f"{CUSTOMERS}{tab}?as_of=2999-01-01" for tab in ("", "structure/", "quality/", "provenance/")),
        f"/lineage/?focus={FOCUS}&up=3",
        f"/lineage/?focus={FOCUS}&up=3&view=list",
        f"/lineage/?focus={FOCUS}&as_of=2999-01-01",
        f"{CUSTOMERS}impact/",
        f"{CUSTOMERS}columns/first_name/trace/",
        "/products/",
        "/teams/",
        "/people/producer/",
        "/domains/",
        "/people/me/",
        "/people/me/tokens/",
        "/help/keys/",
        "/accessibility/",
        "/ingestion/",
        "/quality/",
        "/quality/rules/",
        "/quality/rules/1/",
        "/quality/runs/",
        "/quality/runs/1/",
        "/no/such/page/",
    ],
    "steward": ["/", CUSTOMERS, f"{CUSTOMERS}payload/preview/"],
    "producer": [
        "/",
        "/ingestion/",
        "/ingestion/1/",
        "/sources/",
        "/sources/jaffle_shop/",
        "/changes/",
        "/changes/?state=applied",
        "/changes/new/",
        "/capsules/new/",
        CUSTOMERS,
        *(f"{CUSTOMERS}{page}/" for page in ("plan", "change", "versions", "code/new")),
        "/products/new/",
        f"{CUSTOMERS}quality/",
        f"{CUSTOMERS}quality/rules/new/?column=customer_id",
        f"{CUSTOMERS}quality/rules/new/?column=customer_id&type=range_check",
        "/quality/rules/1/",
        "/quality/rules/1/edit/",
        "/quality/rules/1/retire/",
    ],
    "policyadmin": [
        "/",
        "/policies/",
        "/policies/?review=today",
        "/policies/1/",
        "/policies/1/edit/",
        "/policies/conflicts/",
        "/policies/retention/",
        "/policies/matrix/",
        "/policies/matrix/?q=first_name&show=personal",
        "/policies/matrix/?q=nothing+is+called+this",
        "/policies/simulator/",
        f"/policies/simulator/?capsule={FOCUS}&role=analyst&purpose=reporting",
        "/policies/simulator/?capsule=nothing+is+called+this",
        "/policies/compliance/",
        *(f"/reports/{name}/" for name in COMPLIANCE),
    ],
    "auditor": ["/", "/audit/"],
    "admin": ["/", "/audit/"],
    None: ["/sign-in/"],
}


@pytest.mark.parametrize("person", list(PAGES), ids=str)
def test_axe_finds_nothing(visit, person):
    page = visit(person, policy=False)
    found = {}

    for path in PAGES[person]:
        page.goto(path)
        if wrong := violations(page):
            found[path] = wrong

    assert found == {}


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("dark", 375)])
def test_axe_finds_nothing_where_policies_are_tried_and_counted(visit, theme, width):
    page = visit("policyadmin", policy=False, theme=theme, width=width)
    found = {}

    page.goto("/policies/matrix/?q=first_name")
    cell = page.locator("a[href*='cell=']").first.get_attribute("href")
    for path in (cell, *PAGES["policyadmin"]):
        page.goto(path)
        if wrong := violations(page):
            found[path] = wrong

    assert found == {}


@pytest.mark.parametrize("person", list(PAGES), ids=str)
def test_every_page_fits_a_small_telephone_and_has_one_heading_and_its_landmarks(visit, person):
    page = visit(person, width=375, height=800)
    wide = []

    for path in PAGES[person]:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 375:
            wide.append((path, width))
        assert page.locator("h1").count() == 1, path
        assert page.locator("main").count() == 1, path
        assert " · " in page.title(), path

    assert wide == []


def test_the_first_tab_leads_past_the_bar(visit):
    page = visit("analyst")
    page.goto("/capsules/")

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className").startswith("skip")
