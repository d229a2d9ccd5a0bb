"""The capsule page and the lineage explorer by keyboard, with and without a script."""

from playwright.sync_api import expect

ORDERS = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:orders/"
LINEAGE = "/lineage/?focus=urn:dcs:dbt:model:jaffle_shop.main:orders"


def focused(page):
    """The text of the element that has the focus."""
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_tab_opens_in_place_with_its_address_its_title_and_the_focus(visit):
    page = visit("analyst")
    page.goto(ORDERS)

    page.get_by_role("link", name="Structure 9").click()

    expect(page).to_have_url(page.url.split("/capsules")[0] + ORDERS + "structure/")
    expect(page).to_have_title("orders, Structure · Catalog · Capsule")
    expect(page.locator(".tabs [aria-current]")).to_contain_text("Structure")
    assert focused(page) == "Structure"

    page.go_back()
    expect(page.locator(".tabs [aria-current]")).to_contain_text("Overview")


def test_digits_open_the_tabs_in_order(visit):
    page = visit("analyst")
    page.goto(ORDERS)

    page.keyboard.press("4")

    expect(page.locator(".tabs [aria-current]")).to_contain_text("Semantics")


def test_a_column_opens_beside_the_table_and_escape_brings_the_focus_back(visit):
    page = visit("analyst")
    page.goto(ORDERS + "structure/")
    page.get_by_role("link", name="customer_id", exact=True).focus()

    page.keyboard.press("Enter")
    expect(page.locator("#column-title")).to_have_text("customer_id")
    assert focused(page) == "customer_id"
    assert page.url.endswith("structure/?column=customer_id")

    page.keyboard.press("]")
    expect(page.locator("#column-title")).to_have_text("order_date")
    assert page.url.endswith("structure/?column=order_date")

    page.keyboard.press("Escape")
    expect(page.locator(".column-panel")).to_have_count(0)
    assert page.url.endswith("structure/")
    assert (
        page.evaluate("document.activeElement.tagName + document.activeElement.textContent") == "Aorder_date"
    )


def test_typing_narrows_the_columns_and_keeps_the_focus_in_the_field(visit):
    page = visit("analyst")
    page.goto(ORDERS + "structure/")
    field = page.get_by_role("searchbox", name="Filter columns")

    field.press_sequentially("gift")

    expect(page.locator("#columns tbody tr")).to_have_count(1)
    expect(field).to_be_focused()
    assert page.url.endswith("structure/?q=gift")


def test_the_lineage_is_walked_by_arrows_and_switched_by_letters(visit):
    page = visit("analyst")
    page.goto(LINEAGE + "&up=2")
    page.locator(".node[aria-current]").focus()

    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("stg_")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("raw_")

    page.keyboard.press("m")
    expect(page.locator(".graph")).to_have_count(0)
    assert "view=list" in page.url
    page.keyboard.press("m")
    expect(page.locator(".graph")).to_have_count(1)

    page.locator(".node[aria-label^=stg_orders]").focus()
    page.keyboard.press("f")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lineage of stg_orders")


def test_an_edge_opens_beside_the_lists_and_closes_by_escape(visit):
    page = visit("steward")
    page.goto(LINEAGE)

    page.locator(".edge-link").first.click()
    expect(page.locator("#edge-title")).to_be_focused()

    page.keyboard.press("Escape")
    expect(page.locator(".column-panel")).to_have_count(0)
    assert "edge=" not in page.url


def test_every_tab_the_column_and_the_lineage_work_without_a_script(visit):
    page = visit("analyst", scripts=False, width=375)
    page.goto(ORDERS)
    for tab in (
        "Payload",
        "Structure",
        "Semantics",
        "Quality",
        "Policy",
        "Provenance",
        "Contract",
        "Versions",
        "Activity",
    ):
        page.locator(".tabs").get_by_role("link", name=tab).click()
        assert page.locator(".tabs [aria-current]").inner_text().startswith(tab)

    page.goto(ORDERS + "structure/")
    page.get_by_role("link", name="customer_id", exact=True).click()
    assert page.locator("#column-title").inner_text() == "customer_id"
    page.get_by_role("link", name="Close").click()
    assert page.locator(".column-panel").count() == 0

    page.goto(LINEAGE)
    page.get_by_role("link", name="2 steps up").click()
    assert "up=2" in page.url


def test_an_edit_by_keyboard_is_stored(visit):
    page = visit("steward")
    page.goto("/capsules/urn:dcs:dbt:seed:jaffle_shop.main:raw_payments/")

    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    page.get_by_label("Description").fill("One row for each payment.")
    page.get_by_role("button", name="Save").press("Enter")

    expect(page.locator(".lead")).to_have_text("One row for each payment.")
