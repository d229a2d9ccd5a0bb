"""The desk as people use it, with and without htmx: boxes, one review, the bar that decides, what comes next."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.people.reader import reader_of
from apps.workflow import inbox, reviews
from apps.workflow.models import Delegation, NoticePreference, Notification, Review
from tests.factories import TermFactory, UserFactory

pytestmark = pytest.mark.django_db
BETTER = "Money received for goods delivered, net of returns and discounts."


@pytest.fixture
def several(finance, author, ana, tom):
    terms = [TermFactory(name=f"metric_{n}", domain=finance, author=author) for n in range(3)]
    return [reviews.propose(term, {}, by=author, reason="Wanted by Finance.") for term in terms]


def page_of(client, review, **query):
    return client.get(reverse("workflow:review", args=[review.number]), query)


def decide(client, review, decision="approve", **more):
    data = {"decision": decision, "hash": review.proposal_hash, **more}
    return client.post(reverse("workflow:decide", args=[review.number]), data)


def text(answer):
    return answer.content.decode()


def test_the_first_of_what_waits_is_open(client, several, ana):
    client.force_login(ana)

    page = text(client.get(reverse("workflow:reviews")))

    assert "Review V-" in page
    assert 'aria-current="page">Waiting 3' in page
    assert page.index("What changes") < page.index('id="decision"')


def test_the_navigation_counts_what_waits(client, several, ana, author):
    for person, number in ((ana, 3), (author, 0)):
        assert inbox.counts(reader_of(person))["workflow:reviews"] == number
    client.force_login(ana)
    assert '<span class="count">3</span>' in text(client.get(reverse("workflow:reviews")))


def test_after_a_decision_the_next_opens(client, several, ana):
    client.force_login(ana)

    answer = decide(client, several[0])

    assert answer.status_code == 302
    assert answer["Location"] == reverse("workflow:review", args=[several[1].number])
    page = text(client.get(answer["Location"]))
    assert "Approved metric_0. 2 reviews left." in page
    assert 'id="case" tabindex="-1" aria-describedby="said"' in page
    assert "autofocus" in page


def test_after_the_last_one_nothing_waits(client, several, ana):
    client.force_login(ana)
    for review in several:
        answer = decide(client, review)

    page = text(client.get(answer["Location"]))

    assert "Nothing waits on you" in page


def test_the_lock_is_shown_with_who_can(client, several, author):
    client.force_login(author)

    page = text(page_of(client, several[0]))

    assert "You wrote this change, so someone else must decide on it. Ana Ruiz or Tom Lee can." in page
    assert page.count('aria-disabled="true"') == 3
    assert "Withdraw" in page


def test_a_changed_proposal_is_409_with_the_new_text_and_the_comment_kept(client, agreed, author, ana):
    review = reviews.propose(agreed, {"definition": BETTER}, by=author)
    client.force_login(ana)
    reviews.revise(Review.objects.get(pk=review.pk), {"definition": BETTER + " In euros."}, by=author)

    answer = decide(client, review, reason="Agreed with Finance.")

    assert answer.status_code == 409
    page = text(answer)
    assert "This changed while you were reading. Nothing was recorded." in page
    assert "Agreed with Finance." in page
    assert "In euros" in page


def test_a_decision_of_somebody_faster_is_told(client, several, ana, tom):
    reviews.decide(several[0], "approve", shown=several[0].proposal_hash, by=tom)
    client.force_login(ana)

    answer = decide(client, several[0])

    assert answer.status_code == 409
    assert "Tom Lee approved this at" in text(answer)


def test_a_refusal_without_a_reason_is_422(client, several, ana):
    client.force_login(ana)

    answer = decide(client, several[0], "reject")

    assert answer.status_code == 422
    assert "Say why" in text(answer)


def test_the_difference_marks_the_words(client, agreed, author, ana):
    review = reviews.propose(agreed, {"definition": BETTER}, by=author)
    client.force_login(ana)

    page = text(page_of(client, review))

    assert "net of returns<ins> and discounts</ins>." in page


def test_a_domain_is_shown_by_its_name(client, agreed, author, stranger, ana):
    review = reviews.propose(agreed, {"domain_id": None, "definition": BETTER}, by=author)
    client.force_login(ana)

    assert "<del>Finance</del>" in text(page_of(client, review))


def test_identical_ones_are_decided_together_with_a_row_each(client, finance, author, ana):
    terms = [TermFactory(name=f"kpi_{n}", domain=finance, author=author, approved=True) for n in range(4)]
    alike = [reviews.propose(term, {"category": "risk"}, by=author) for term in terms]
    client.force_login(ana)

    grouped = text(client.get(reverse("workflow:reviews"), {"group": "yes"}))
    assert "4 alike" in grouped
    decide(client, alike[0], also=[f"{each.number}:{each.proposal_hash}" for each in alike[1:]])

    assert all(Review.objects.get(pk=each.pk).state == "applied" for each in alike)
    assert all(each.decisions.get().person == ana for each in alike)


def test_the_list_is_narrowed_by_risk_kind_and_domain(client, several, agreed, author, ana):
    low = reviews.propose(agreed, {"synonyms": ["turnover"]}, by=author)
    client.force_login(ana)

    page = text(client.get(reverse("workflow:reviews"), {"risk": "low"}))

    assert low.title in page
    assert "metric_1" not in page
    assert "No review matches" in text(client.get(reverse("workflow:reviews"), {"domain": "Nowhere"}))


def test_htmx_gets_the_item_and_the_list_alone(client, several, ana):
    client.force_login(ana)

    part = text(
        client.get(
            reverse("workflow:review", args=[several[1].number]),
            HTTP_HX_REQUEST="true",
            HTTP_HX_TARGET="item",
        )
    )

    assert "<html" not in part
    assert 'id="item"' in part
    assert 'hx-swap-oob="true"' in part


def test_boxes_show_what_i_asked_watch_and_did(client, several, author, ana):
    client.force_login(ana)
    client.post(reverse("workflow:watch", args=[several[2].number]))
    decide(client, several[0])

    assert "metric_2" in text(client.get(reverse("workflow:reviews"), {"box": "watching"}))
    assert "metric_0" in text(client.get(reverse("workflow:reviews"), {"box": "done"}))
    client.force_login(author)
    assert "I asked 2" in text(client.get(reverse("workflow:reviews"), {"box": "asked"}))


def test_a_comment_is_kept_and_decides_nothing(client, several, ana):
    client.force_login(ana)

    client.post(reverse("workflow:comment", args=[several[0].number]), {"text": "Does this include tips?"})

    page = text(page_of(client, several[0]))
    assert "Does this include tips?" in page
    assert "Nobody has decided yet." in page


def test_what_was_overtaken_is_merged_on_its_page(client, agreed, author, ana):
    first = reviews.propose(agreed, {"definition": BETTER}, by=author)
    second = reviews.propose(agreed, {"definition": BETTER + " In euros."}, by=author)
    reviews.decide(first, "approve", shown=first.proposal_hash, by=ana)
    client.force_login(author)

    page = text(page_of(client, second))
    assert "Merge and ask again" in page
    assert 'name="keep_definition"' in page
    assert '<th scope="row">Definition</th>' in page
    # What it began from is in force no longer.
    assert '<th scope="col">Before</th>' in page
    assert '<th scope="col">In force</th>' not in page
    client.post(reverse("workflow:merge", args=[second.number]), {"keep_definition": "yours"})

    second.refresh_from_db()
    assert (second.state, second.revision) == ("submitted", 2)


def test_an_author_takes_it_back_on_its_page(client, several, author):
    client.force_login(author)

    client.post(reverse("workflow:step", args=[several[0].number, "withdraw"]))

    assert Review.objects.get(pk=several[0].pk).state == "withdrawn"


def test_a_review_of_something_secret_does_not_exist(client, finance, author, ana):
    term = TermFactory(name="merger", domain=finance, author=author, visibility_rank=5)
    review = reviews.propose(term, {}, by=author)
    client.force_login(ana)

    assert page_of(client, review).status_code == 404
    assert "merger" not in text(client.get(reverse("workflow:reviews")))


def test_the_desk_costs_the_same_for_many(client, several, finance, author, ana):
    client.force_login(ana)
    client.get(reverse("workflow:reviews"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("workflow:reviews"))
    for n in range(9):
        reviews.propose(TermFactory(name=f"more_{n}", domain=finance, author=author), {}, by=author)

    with CaptureQueriesContext(connection) as many:
        client.get(reverse("workflow:reviews"))

    assert len(many) == len(few)


# ---------- told, and away ----------


def test_notifications_say_why_me(client, several, ana):
    client.force_login(ana)

    page = text(client.get(reverse("workflow:notifications")))

    assert "Chen Wei asks for a decision on metric_0." in page
    assert "You can decide on it." in page
    client.post(reverse("workflow:notifications"))
    assert not Notification.objects.filter(person=ana, read_at__isnull=True).exists()


def test_when_mails_come_is_chosen(client, ana):
    client.force_login(ana)

    client.post(reverse("workflow:notifications"), {"mails": "at_once"})

    assert NoticePreference.objects.get(person=ana).mails == "at_once"


def test_an_absence_names_a_stand_in_and_ends(client, ana, tom):
    client.force_login(ana)
    data = {"to_person": tom.pk, "starts_on": "2026-01-01", "ends_on": "2099-01-01", "reason": "On leave."}

    assert client.post(reverse("workflow:absence"), data).status_code == 302
    named = Delegation.objects.get()
    client.post(reverse("workflow:end_absence", args=[named.pk]))

    named.refresh_from_db()
    assert (named.from_person, named.to_person) == (ana, tom)
    assert named.ended_at is not None


def test_an_absence_that_would_make_a_chain_is_refused_with_a_sentence(client, ana, tom, stranger):
    client.force_login(ana)
    data = {"starts_on": "2026-01-01", "ends_on": "2099-01-01"}
    client.post(reverse("workflow:absence"), {**data, "to_person": tom.pk})
    client.force_login(tom)

    answer = client.post(reverse("workflow:absence"), {**data, "to_person": stranger.pk})

    assert answer.status_code == 422
    assert "hands nothing on" in text(answer)


def test_nobody_signed_out_sees_the_desk(client):
    assert client.get(reverse("workflow:reviews")).status_code == 302


def test_an_analyst_sees_no_buttons_that_work(client, draft, author):
    client.force_login(UserFactory(role="analyst"))

    page = text(page_of(client, reviews.propose(draft, {}, by=author)))

    assert "This needs the role Steward." in page
