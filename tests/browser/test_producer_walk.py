"""A producer plans, reads and applies changes: by mouse, by keyboard, and without a script."""

import datetime
import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations

CAPSULES = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:"
CUSTOMERS, PAYMENTS, ORDERS = (
    f"{CAPSULES}{name}/" for name in ("stg_customers", "stg_payments", "stg_orders")
)
CONTRACT = """
  contract:
    version: "1.0"
    status: active
    known_consumers:
      - team: Finance reporting
      - team: Courier sync
"""


def document_of(page, capsule):
    """The document of a capsule as its page offers it for download."""
    page.goto(capsule)
    page.get_by_role("button", name="Document").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download YAML").click()
    return download.value.path().read_text()


def planned(page, text):
    """Plan a document by uploading it."""
    page.goto("/changes/new/")
    file = {"name": "capsule.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Plan", exact=True).click()


def apply(page):
    page.locator("#apply").get_by_role("button", name="Apply").click()


def without_column(text, name):
    """The document without a column, what it means and its rules."""
    text = re.sub(rf"      - name: {name}\n(        .*\n)*", "", text)
    text = re.sub(rf"    - rule: \w+\n      name: \w*{name}\w*\n(      .*\n)*", "", text)
    return re.sub(rf"    {name}:\n(      .*\n)*", "", text)


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_document_that_is_uploaded_unchanged_is_no_change(visit):
    page = visit("producer")

    planned(page, document_of(page, CUSTOMERS))

    expect(page.locator(".verdict .sentence")).to_contain_text("No changes.")
    expect(page.locator("#apply")).to_contain_text("There is nothing to apply.")


def test_a_breaking_change_names_its_consumers_and_waits_until_its_notice_has_passed(visit):
    page = visit("producer")
    text = document_of(page, CUSTOMERS)
    planned(page, text.rstrip("\n") + CONTRACT)
    expect(page.locator("#approvals")).to_contain_text("needs the approval of another person: Contract owner")
    apply(page)
    review = page.locator("#approvals").get_by_role("link", name=re.compile(r"V-\d+")).get_attribute("href")
    owner = visit("contractowner")
    owner.goto(review)
    owner.locator("textarea[name=reason]").fill("Both teams have asked for it.")
    owner.get_by_role("button", name="Approve").click()
    expect(owner.locator("[data-announce]")).to_contain_text("Approved")

    planned(page, without_column(document_of(page, CUSTOMERS), "last_name"))

    sentence = page.locator(".verdict .sentence")
    expect(sentence).to_contain_text("1 breaking")
    expect(sentence).to_contain_text("2 consumers to tell")
    page.keyboard.press("n")
    assert focused(page) == "Column last_name removed"
    people = page.locator("#impact")
    expect(people).to_contain_text("Finance reporting")
    expect(people).to_contain_text("Courier sync")
    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)
    expect(page.locator("#apply time")).to_have_attribute("datetime", day.isoformat())
    expect(page.locator("#apply")).to_contain_text("promises 30 days of notice")
    expect(page.locator("#apply").get_by_role("button", name="Apply")).to_have_attribute(
        "aria-disabled", "true"
    )


def test_a_faulty_file_lists_every_fault_and_each_leads_to_its_line(visit):
    page = visit("producer")
    text = document_of(page, PAYMENTS)
    line = text.splitlines().index("        data_type: INTEGER") + 1
    planned(page, text.replace("data_type: INTEGER", "data_typ: INTEGER", 1) + "  colour: red\n")

    faults = page.locator("#problems li")
    expect(faults).to_have_count(3)
    expect(faults.nth(1)).to_contain_text(f"Line {line}, column 9")
    expect(faults.nth(1)).to_contain_text("Did you mean data_type?")
    expect(faults.nth(1)).to_contain_text("/data_capsule/schema/columns/0/data_typ")
    faults.nth(1).get_by_role("link").click()
    place = page.evaluate(
        "(() => { const e = document.activeElement; return e.value.slice(0, e.selectionStart).split('\\n').length })()"
    )
    assert place == line

    editor = page.locator("[data-editor]")
    editor.fill(editor.input_value().replace("data_typ:", "data_type:").replace("  colour: red\n", ""))
    expect(page.locator("#problems")).to_contain_text("The document can be planned.")
    expect(editor).to_be_focused()


def test_whoever_comes_second_gets_the_new_plan_and_overwrites_nothing(visit):
    page = visit("producer")
    text = document_of(page, PAYMENTS)
    planned(
        page,
        re.sub(
            r"\n  name: .*\n",
            lambda found: f"{found.group()}  layer: gold\n",
            re.sub(r"\n  layer: .*", "", text),
            count=1,
        ),
    )
    expect(page.locator("#apply").get_by_role("button", name="Apply")).to_be_visible()
    steward = visit("steward")
    steward.goto(f"{PAYMENTS}edit/")
    steward.get_by_label("Description").fill("One row for each payment, refunds included.")
    steward.get_by_role("button", name="Save").click()

    apply(page)

    expect(page.locator("[role=alert]")).to_contain_text("Here is the new plan.")
    expect(page.locator("[role=alert]")).to_contain_text("stg_payments moved from version")
    assert "One row for each payment" not in page.locator("#plan").inner_text()
    apply(page)
    expect(page.locator("#apply")).to_contain_text("By Chen Wei.")
    page.goto(PAYMENTS)
    expect(page.locator(".lead")).to_have_text("One row for each payment, refunds included.")


def test_a_change_is_proposed_by_form_read_by_keyboard_and_applied(visit):
    page = visit("producer")
    page.goto(ORDERS)

    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Propose a change of stg_orders")
    page.get_by_role("button", name="Add a column").press("Enter")
    expect(page.locator(".cells-columns tbody tr").last.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("channel")
    page.keyboard.press("Tab")
    page.keyboard.type("VARCHAR(20)")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/changes/\d+/"))
    page.keyboard.press("]")
    assert focused(page) == "Column channel added"
    page.keyboard.press("]")
    assert focused(page) == "Checks"
    page.keyboard.press("[")
    assert focused(page) == "Column channel added"
    apply(page)
    expect(page.locator("#apply")).to_contain_text("Applied")
    page.get_by_role("link", name="Column channel added").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("stg_orders")


@pytest.mark.parametrize("width", [375, 1440])
def test_everything_works_without_a_script(visit, width):
    page = visit("producer", scripts=False, width=width)
    page.goto(f"{CUSTOMERS}plan/")
    text = page.locator("[data-editor]").input_value()
    mine = re.sub(
        r"\n  name: .*\n",
        lambda found: f"{found.group()}  tags: [w{width}]\n",
        re.sub(r"\n  tags:.*(\n    - .*)*", "", text),
        count=1,
    )

    page.locator("[data-editor]").fill(mine.replace("data_type:", "data_typ:", 1))
    page.get_by_role("button", name="Check").click()
    assert "Did you mean data_type?" in page.locator("#problems").inner_text()
    assert "tags: [w" in page.locator("[data-editor]").input_value()
    page.locator("[data-editor]").fill(mine)
    page.get_by_role("button", name="Plan", exact=True).click()
    assert f"w{width}" in page.locator("#plan").inner_text()
    apply(page)
    assert "Applied" in page.locator("#apply").inner_text()

    page.goto(f"{CUSTOMERS}versions/")
    page.get_by_role("button", name=re.compile("Restore version 1 ")).click()
    assert re.search(r"/changes/\d+/$", page.url)
    page.goto(f"{ORDERS}change/")
    page.get_by_role("button", name="Add a key or check").click()
    assert page.locator(".cells-keys tbody tr").count() >= 1
    page.goto("/changes/")
    assert page.locator("#results tbody tr").count() >= 2


def test_axe_finds_nothing_on_plans_in_any_state_and_on_faulty_forms(visit):
    page = visit("producer", policy=False)
    found = {}

    def look(name):
        if wrong := violations(page):
            found[name] = wrong

    text = document_of(page, PAYMENTS)
    planned(page, text.replace("data_type:", "data_typ:") + "  colour: red\n")
    look("faults")
    planned(page, text)
    look("no change")
    planned(page, text + CONTRACT)
    look("ready")
    planned(page, re.sub("[.]main:stg_payments|name: stg_payments", lambda m: f"{m.group()}_seen", text))
    apply(page)
    look("applied")
    many = "---\n".join(
        re.sub("[.]main:stg_payments|name: stg_payments", lambda m, n=n: f"{m.group()}_{n}", text)
        for n in range(12)
    )
    planned(page, many)
    page.locator("details.planned summary").first.click()
    look("folded")
    page.goto(f"{PAYMENTS}change/")
    page.get_by_role("button", name="Add a key or check").click()
    page.locator(".cells-keys tbody tr").last.get_by_label("Columns").fill("colour")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("needs attention")
    look("faulty form")

    assert found == {}
