"""A steward clears her desk: by keyboard alone, and without any script."""

import pytest

FIFTY = """
from apps.glossary.models import Term
from apps.people.models import User
from apps.workflow import reviews
author = User.objects.get(username="producer")
for n in range({number}):
    term = Term.objects.create(
        name=f"{prefix}_{{n:02}}", definition="Counted once a day, in the time zone of the shop.", author=author
    )
    reviews.propose(term, {{}}, by=author, reason="Asked for by Finance.")
"""
LEFT = """
from apps.workflow.models import Review
found = Review.objects.filter(title__startswith="{prefix}_")
print(found.filter(state="applied").count(), found.count())
"""
WITHDRAWN = """
from apps.people.models import User
from apps.workflow import reviews
from apps.workflow.models import Review
author = User.objects.get(username="producer")
for review in Review.objects.filter(title__startswith="{prefix}_", state__in=Review.UNDECIDED):
    reviews.take(review, "withdraw", by=author)
"""


@pytest.fixture
def proposals(portal):
    """Makes simple proposals that wait for a steward; gives a hand to count how many of them are applied.

    What still waits at the end is withdrawn: the next test of this portal begins with an empty desk.
    """
    made = []

    def make(prefix, number):
        made.append(prefix)
        portal.manage("shell", "-v0", "-c", FIFTY.format(prefix=prefix, number=number))

        def applied():
            return portal.manage("shell", "-v0", "-c", LEFT.format(prefix=prefix)).split()[-2:]

        return applied

    yield make
    for prefix in made:
        portal.manage("shell", "-v0", "-c", WITHDRAWN.format(prefix=prefix))


def test_a_steward_clears_fifty_by_keyboard_alone(visit, proposals):
    applied = proposals("keyed", 50)
    page = visit("steward")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/reviews/**")

    for _turn in range(80):
        heading = page.locator("h1").first.inner_text()
        if not heading.startswith("keyed_"):
            break
        page.keyboard.press("a")
        # A letter only chooses: the comment has the focus, and nothing is recorded yet.
        assert page.evaluate("document.activeElement.id") == "reason"
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert page.evaluate("['case', 'content', ''].includes(document.activeElement.id)")
        if page.locator("#case").count():
            assert page.evaluate("document.activeElement.id") == "case"

    assert applied() == ["50", "50"]


def test_a_single_letter_never_records(visit, proposals):
    applied = proposals("letter", 1)
    page = visit("steward2")
    page.goto("/reviews/")

    for key in "arxwc":
        page.keyboard.press(key)
        page.keyboard.press("Escape")

    assert applied() == ["0", "1"]


def test_the_same_without_script(visit, proposals):
    applied = proposals("plain", 3)
    page = visit("steward", scripts=False)
    page.goto("/reviews/")

    for _turn in range(6):
        if not page.locator("button[value=approve]").count():
            break
        before = page.locator("h1").first.inner_text()
        page.get_by_label("Comment", exact=True).fill("Agreed with Finance.")
        page.locator("button[value=approve]").click()
        assert f"Approved {before}." in page.locator("#item").inner_text()

    assert applied() == ["3", "3"]


def test_changes_are_requested_without_script(visit, proposals):
    proposals("returned", 1)
    page = visit("steward", scripts=False)
    page.goto("/reviews/")

    page.locator("button[value=send_back]").click()
    assert page.locator("[role=alert]").inner_text().startswith("Say why")
    page.get_by_label("Comment", exact=True).fill("Which shop?")
    page.locator("button[value=send_back]").click()

    assert "Requested changes to returned_00" in page.locator("#item").inner_text()
