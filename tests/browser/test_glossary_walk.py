"""The glossary in a browser: a file becomes one review that a colleague approves, a suggestion becomes a link."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations

CUSTOMERS = "/capsules/urn:dcs:dbt:model:jaffle_shop.main:customers/"
SHEET = """term_name,definition,synonyms,category
{0} margin,"What is left of revenue after the cost of supplies, before tax.",{0} markup,financial
{0} churn,Customers who ordered a year ago and not since then.,,customers
{0} base,Changed: the customers who ordered at least once in the last twelve months.,,customers
"""
BASE = """
from apps.glossary.models import Term
from apps.people.models import User
from apps.workflow import reviews
author, decider = (User.objects.get(username=name) for name in ("producer", "steward2"))
term = Term.objects.create(
    name="{0} base", definition="The customers who ordered at least once.", category="customers", author=author
)
review = reviews.propose(term, {{}}, by=author)
reviews.decide(review, "approve", shown=review.proposal_hash, by=decider)
term.refresh_from_db()
print(term.status)
"""
WITHDRAWN = """
from apps.workflow import reviews
from apps.workflow.models import Review
for review in Review.objects.submitted().filter(kind="term_import"):
    reviews.withdraw(review, by=review.created_by)
"""
COUNT = """
from apps.glossary.models import Term
print(Term.objects.filter(name__startswith="{0} ", status="approved", definition__contains="Changed").count(),
      Term.objects.filter(name__startswith="{0} ", status="approved").count())
"""


@pytest.fixture
def sheet(portal, tmp_path):
    """A file of three terms, one of which is in force already; gives it and a hand to count what became of it."""

    def make(word):
        assert "approved" in portal.manage("shell", "-v0", "-c", BASE.format(word))
        path = tmp_path / f"{word}.csv"
        path.write_text(SHEET.format(word))

        def approved():
            return portal.manage("shell", "-v0", "-c", COUNT.format(word)).split()[-2:]

        return path, approved

    yield make
    # The steward's desk is empty again for the walks that follow.
    portal.manage("shell", "-v0", "-c", WITHDRAWN)


def upload(page, path):
    """Upload the file and ask for its review; leaves the page of the plan open."""
    page.goto("/glossary/import/")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator("main")).to_contain_text("2 new, 1 changed, 0 the same, 0 with errors.")
    page.get_by_label("Why").fill("Agreed in the finance round.")
    page.get_by_role("button", name="Ask for review").click()
    expect(page.locator("main")).to_contain_text("waits for a decision. Nothing has changed yet.")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_becomes_one_review_that_a_colleague_approves(visit, sheet, scripts):
    word = "walked" if scripts else "plain"
    path, approved = sheet(word)
    mine = visit("producer", scripts=scripts)
    upload(mine, path)
    mine.get_by_role("link", name="Review V-").click()
    address = mine.url
    expect(mine.locator("#decision")).to_contain_text("You wrote this change")
    assert approved() == ["0", "1"]

    page = visit("steward", scripts=scripts)
    page.goto(address)
    expect(page.locator("#members")).to_contain_text("All, 3")
    expect(page.locator("#members ins").first).to_contain_text("Changed")
    page.locator("#members").get_by_role("link", name="Changed, 1").click()
    expect(page.locator("#members article")).to_have_count(1)
    page.locator("button[value=approve]").click()
    expect(page.locator("body")).to_contain_text(f"Approved {word}.csv.")

    assert approved() == ["1", "3"]
    mine.goto("/glossary/import/")
    mine.get_by_role("link", name=f"{word}.csv").first.click()
    expect(mine.locator("main")).to_contain_text("2 terms approved, 0 drafts, 0 deprecated, 1 changed.")


TURNOVER = """
from apps.catalog.models import Capsule, Column
from apps.glossary.models import Term, TermLink
from apps.people.models import User
capsule = Capsule.objects.get(urn="urn:dcs:dbt:model:jaffle_shop.main:customers")
column = Column.objects.filter(capsule=capsule).order_by("ordinal_position")[{place}]
TermLink.objects.filter(column=column).delete()
Term.objects.create(name="{word}", synonyms=[column.name], definition="What the shop calls it since last year.",
                    author=User.objects.get(username="producer"))
print(column.name)
"""


@pytest.mark.parametrize(("scripts", "word", "place"), [(True, "Walked word", 0), (False, "Plain word", 1)])
def test_a_suggestion_becomes_a_link(visit, portal, scripts, word, place):
    name = portal.manage("shell", "-v0", "-c", TURNOVER.format(word=word, place=place)).split()[-1]
    page = visit("steward", scripts=scripts)
    page.goto(f"{CUSTOMERS}semantics/")

    page.get_by_role("group", name=name).get_by_role("button", name=f"Take {word}").click()

    expect(page.locator("main")).to_contain_text(f"{word} explains {name}.")
    page.goto(f"{CUSTOMERS}columns/{name}/")
    expect(page.locator("main")).to_contain_text(word)


@pytest.mark.parametrize("width", [1440, 375])
def test_the_glossary_has_no_violation_and_fits(visit, sheet, portal, width):
    word = f"look{width}"
    path, _approved = sheet(word)
    portal.manage("shell", "-v0", "-c", TURNOVER.format(word=f"{word} word", place=2))
    page = visit("producer", width=width, policy=False)
    upload(page, path)
    plan = page.url
    page.get_by_role("link", name="Review V-").click()
    addresses = {
        "review": page.url,
        "plan": plan,
        "upload": "/glossary/import/",
        "glossary": "/glossary/",
        "term": f"/glossary/terms/{word} base/",
        "suggestions": "/glossary/suggestions/",
        "semantics": f"{CUSTOMERS}semantics/",
        "values": "/glossary/values/",
    }
    found, wide = {}, {}

    for name, address in addresses.items():
        page.goto(address)
        if wrong := violations(page):
            found[name] = wrong
        if (across := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[name] = across

    assert (found, wide) == ({}, {})
