"""Take the picture of README: the capsule page of the demo, as a reader's browser draws it.

`.venv/bin/python docs/make_picture.py http://127.0.0.1:8000 PASSWORD` while `make run` runs; needs Chromium.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:customers/"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]


def take(base, password, person="steward"):
    """Sign in as `person`, open the capsule page and write docs/picture.png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(base_url=base, viewport={"width": 1280, "height": 800})
        page.goto("/sign-in/")
        page.locator("input[name=username]").fill(person)
        page.locator("input[name=password]").fill(password)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        page.goto(PAGE)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(__file__).parent / "picture.png")
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:3])
