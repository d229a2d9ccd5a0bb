"""Through the door: signing in with the keyboard alone, after a slip, to the page that was asked for."""

from playwright.sync_api import expect

from .conftest import PASSWORD


def test_a_page_that_needs_somebody_is_reached_by_signing_in(visit):
    page = visit()
    page.goto("/people/me/")

    name, password = page.get_by_label("User name"), page.get_by_label("Password")
    expect(name).to_be_focused()
    page.keyboard.type("analyst")
    page.keyboard.press("Tab")
    page.keyboard.type("a slip of the finger")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right. 4 tries left.")
    expect(name).to_have_value("analyst")
    expect(password).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url("**/people/me/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_door_opens_without_a_script(visit):
    page = visit(scripts=False)
    page.goto("/sign-in/")

    page.get_by_label("User name").fill("steward")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Most valuable gaps")).to_be_visible()
