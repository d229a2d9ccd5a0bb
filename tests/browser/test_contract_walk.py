"""A contract from its next version to a change that its consumers were told of, in the browser."""

import re

from playwright.sync_api import expect

from .axe import violations
from .test_producer_walk import document_of, planned, without_column

CONTRACT = "/contracts/urn:dcs:dbt:model:jaffle_shop.main:orders/"
ORDERS = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:orders/"


def test_a_contract_is_signed_and_a_breaking_change_announced_and_answered(visit):
    producer, owner, steward = (
        visit(name, policy=False) for name in ("producer", "contractowner", "steward")
    )
    found = {}

    def look(page, name):
        page.set_viewport_size({"width": 375, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > 375:
            found[f"{name} is wide"] = True
        page.set_viewport_size({"width": 1440, "height": 900})
        if wrong := violations(page):
            found[name] = wrong

    for path in (
        "/contracts/",
        "/contracts/calendar/",
        CONTRACT,
        f"{CONTRACT}1.0.0/end/",
        f"{ORDERS}contract/new/",
    ):
        producer.goto(path)
        look(producer, path)

    producer.get_by_label("Version", exact=True).fill("")
    producer.get_by_role("button", name="Save").press("Enter")
    expect(producer.get_by_role("alert").first).to_contain_text("Version")
    look(producer, "a version without a name")
    producer.get_by_label("Version", exact=True).fill("1.1.0")
    producer.get_by_role("button", name="Save").press("Enter")
    producer.wait_for_url(f"**{CONTRACT}1.1.0/")
    look(producer, "a draft")
    producer.get_by_role("button", name="Propose").press("Enter")
    expect(producer.get_by_role("main")).to_contain_text("waits for a decision")

    owner.goto(f"{CONTRACT}1.1.0/")
    look(owner, "a proposed contract")
    owner.get_by_label("Why").first.fill("As we agreed.")
    owner.get_by_role("button", name="Sign").press("Enter")
    expect(owner.locator(".title .urn")).to_contain_text("Active")
    look(owner, "a contract in force")

    planned(producer, without_column(document_of(producer, ORDERS), "coupon_amount"))
    expect(producer.get_by_role("main")).to_contain_text("has not been announced")
    look(producer, "a blocked plan")
    producer.get_by_label("Announcement").fill("The coupons go; their sum is in amount.")
    producer.get_by_role("button", name="Announce").press("Enter")
    expect(producer.get_by_role("main")).to_contain_text("Blocked until")
    look(producer, "an announced plan")

    producer.get_by_text("It cannot wait").press("Enter")
    producer.get_by_label("Reason").fill("The regulator wants the coupons gone by tonight.")
    look(producer, "a wish to go past the contract")
    producer.get_by_role("button", name="Ask to go past the contract").press("Enter")
    expect(producer.get_by_role("main")).to_contain_text("You asked for this: a second person decides.")
    owner.goto(producer.url)
    look(owner, "a wish that somebody may grant")
    owner.get_by_role("button", name="Let it through").press("Enter")
    expect(owner.get_by_role("main")).to_contain_text("lets orders go past its contract")
    producer.reload()
    expect(producer.get_by_role("main")).to_contain_text("Plan again within four hours")
    look(producer, "a granted wish")

    steward.goto(CONTRACT)
    steward.get_by_role("link", name=re.compile(r"^AN-\d+$")).click()
    expect(steward.get_by_role("main")).to_contain_text("0 of 2 have acknowledged")
    look(steward, "an announcement")
    for name in ("Finance", "Marketing"):
        row = steward.get_by_role("row").filter(has_text=name)
        row.get_by_label("Why").fill("They said so in the meeting.")
        row.get_by_role("button", name="Acknowledge").press("Enter")
        expect(steward.get_by_role("row").filter(has_text=name)).to_contain_text("Acknowledged")
    expect(steward.get_by_role("main")).to_contain_text("2 of 2 have acknowledged")
    look(steward, "an acknowledged announcement")

    assert found == {}
