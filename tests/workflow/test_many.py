"""One review for many records: what it holds, who decides, what approval does, and what the database refuses."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.context import acting
from apps.audit.models import Change
from apps.dcs.refusals import Conflict
from apps.glossary.models import Term, TermImport
from apps.people import tokens
from apps.people.reader import reader_of
from apps.workflow import reviews
from apps.workflow.models import Review, ReviewMember, Step
from tests.factories import DelegationFactory, DomainFactory, StewardshipFactory, TermFactory, UserFactory
from tests.factories.glossary import proposed_import

from .test_twelve_attempts import insert_decision

pytestmark = pytest.mark.django_db
BETTER = "Money received for goods delivered, net of returns and discounts."
COLUMNS = "term_name,definition,domain"
DOORS = ("verbs", "page", "back office", "api", "sql")


@pytest.fixture
def insider(finance):
    """A steward of Finance who would like to approve their own sheet."""
    person = UserFactory(username="insider", role="steward", is_staff=True, is_superuser=True)
    StewardshipFactory(user=person, domain=finance)
    return person


@pytest.fixture
def review(agreed, draft, insider, ana, tom, stranger):
    """A sheet with a new term, a change of a term in force, and one of a draft."""
    return proposed_import(
        ("Margin", "What is left of revenue after all costs.", "Finance"),
        (agreed.name, BETTER, "Finance"),
        (draft.name, BETTER, "Finance"),
        by=insider,
        columns=COLUMNS,
    )


def approve(review, by, **given):
    return reviews.decide(review, "approve", shown=review.proposal_hash, by=by, **given)


def through(door, person, review):
    """`person` tries to approve through one of the doors. Returns the status of the answer, 403 for a refusal."""
    shown = review.proposal_hash
    try:
        if door == "verbs":
            approve(review, person, reason="Mine.")
            return 200
        if door == "sql":
            with transaction.atomic():
                insert_decision(person, review)
            return 200
    except (PermissionDenied, Conflict, DatabaseError):
        return 403
    client = Client()
    client.force_login(person)
    if door == "page":
        url = reverse("workflow:decide", args=[review.number])
        return client.post(url, {"decision": "approve", "hash": shown, "reason": "Mine."}).status_code
    if door == "api":
        body = {"content_hash": shown, "reason": "Mine."}
        url = f"/api/v1/reviews/{review.pk}/approve"
        return client.post(url, body, content_type="application/json").status_code
    url = reverse("admin:glossary_termimport_step", args=[review.subject_id, "approve"])
    return client.post(url, {"hash": shown, "comment": "Mine."}).status_code


def nothing_happened(review, agreed, draft):
    before = agreed.definition, draft.definition
    agreed.refresh_from_db(), draft.refresh_from_db(), review.refresh_from_db()
    assert (agreed.definition, draft.definition) == before
    assert not Term.objects.filter(name="Margin").exists()
    assert review.state not in ("approved", "applied")
    assert not review.decisions.filter(decision="approve").exists()


# ---------- what it holds, and what approval does ----------


def test_one_review_holds_every_row_and_nothing_changes(review, agreed, draft):
    held = {each.title: (each.action, each.content["definition"]) for each in review.members.all()}

    assert held == {
        "Margin": ("create", "What is left of revenue after all costs."),
        agreed.name: ("change", BETTER),
        draft.name: ("change", BETTER),
    }
    assert (review.proposal["new"], review.proposal["changed"]) == (1, 2)
    assert review.members.get(title=agreed.name).base["definition"] == agreed.definition
    nothing_happened(review, agreed, draft)


def test_approval_does_all_of_it_at_once(review, agreed, draft, insider, ana):
    approve(review, ana, reason="Agreed with Finance.")

    agreed.refresh_from_db(), draft.refresh_from_db()
    margin = Term.objects.get(name="Margin")
    assert (margin.status, margin.author, margin.approved_by_user) == ("approved", insider, ana)
    assert (agreed.status, agreed.definition, agreed.approved_by) == ("approved", BETTER, "Ana Ruiz")
    assert (draft.status, draft.definition, draft.approved_by) == ("draft", BETTER, None)
    assert TermImport.objects.get().state == "applied"
    assert Review.objects.get(pk=review.pk).state == "applied"


def test_log_and_steps_name_who_why_and_the_review(review, agreed, ana):
    approve(review, ana, reason="Agreed with Finance.")

    for term in (agreed, Term.objects.get(name="Margin")):
        change = Change.objects.of(term).latest("seq")
        assert (change.changed_by, change.change_reason) == ("ana.ruiz", "Agreed with Finance.")
        assert change.review_id == review.pk
        step = Step.objects.of(term).latest("taken_at")
        assert (step.name, step.actor, step.after, step.review) == ("approve", ana, "approved", review)


@pytest.mark.parametrize("outcome", ["reject", "withdraw"])
def test_refused_or_taken_back_nothing_has_changed_and_it_can_be_proposed_again(
    review, agreed, draft, insider, ana, outcome
):
    from apps.glossary import imports

    if outcome == "reject":
        reviews.decide(review, "reject", shown=review.proposal_hash, by=ana, reason="Not these.")
    else:
        reviews.withdraw(review, by=insider)

    nothing_happened(review, agreed, draft)
    again = imports.propose(TermImport.objects.get(), by=reader_of(insider))
    assert (again.state, again.members.count()) == ("submitted", 3)


def test_of_a_term_the_author_is_whoever_wrote_the_text_in_force(finance, ana, tom, author):
    term = TermFactory(name="churn", domain=finance, author=ana, approved=True)
    review = proposed_import(("churn", BETTER, "Finance"), by=author, columns=COLUMNS)

    approve(review, ana)

    term.refresh_from_db()
    assert (term.author, term.approved_by_user) == (author, ana)


def test_other_proposals_for_its_terms_are_overtaken(review, agreed, author, ana):
    other = reviews.propose(agreed, {"synonyms": ["turnover"]}, by=author)

    approve(review, ana)

    other.refresh_from_db()
    assert other.state == "superseded"


# ---------- who may not ----------


@pytest.mark.parametrize("door", DOORS)
def test_1_the_author_does_not_approve_their_own_import(door, review, agreed, draft, insider):
    assert through(door, insider, review) in (302, 403)
    nothing_happened(review, agreed, draft)


def test_2_the_author_of_an_early_revision_stays_an_author(review, agreed, draft, insider, ana):
    agreed_by_others(agreed, ana)
    reviews.rebase(review, by=ana)

    for person in (insider, ana):
        with pytest.raises(PermissionDenied):
            approve(review, person)


@pytest.mark.parametrize("door", ["verbs", "sql"])
def test_3_whoever_puts_a_record_in_becomes_an_author(door, review, ana):
    smuggled(review, by=ana)

    assert through(door, ana, review) == 403


def test_4_tokens_do_not_decide_on_an_import(review, agreed, draft, ana):
    _row, secret = tokens.issue(ana, name="ci", scopes=["read", "write"], days=1)

    answer = Client().post(
        f"/api/v1/reviews/{review.pk}/approve",
        {"content_hash": review.proposal_hash},
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {secret}",
    )

    assert answer.status_code == 403
    nothing_happened(review, agreed, draft)


def test_5_nobody_decides_on_it_for_its_author(review, insider, tom):
    DelegationFactory(from_person=insider, to_person=tom)

    with pytest.raises(DatabaseError, match="author_represented"), transaction.atomic():
        insert_decision(tom, review, on_behalf_of=insider)


def test_8_a_second_account_does_not_help(finance, insider):
    twin = UserFactory(role="steward", email=insider.email.upper())
    StewardshipFactory(user=twin, domain=finance)
    review = proposed_import(("Margin", BETTER, "Finance"), by=insider, columns=COLUMNS)

    with pytest.raises(DatabaseError, match="same_person"), transaction.atomic():
        insert_decision(twin, review)


def test_10_a_review_of_many_covers_its_members_alone(review, agreed, draft, finance, ana, monkeypatch):
    other = TermFactory(name="churn", domain=finance, approved=True)
    attempts = {
        "UPDATE business_terms SET definition = 'Something else altogether.' WHERE id = %s": other.pk,
        "UPDATE business_terms SET definition = 'Not what was approved at all.' WHERE id = %s": agreed.pk,
        "UPDATE business_terms SET approval_status = 'approved' WHERE id = %s": draft.pk,
    }

    def meanwhile(found, running, *, by, reason):
        for statement, key in attempts.items():
            with (
                pytest.raises(DatabaseError, match="approved"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement, [key])

    monkeypatch.setattr(TermImport, "carry_out", meanwhile)
    approve(review, ana)


def test_10_naming_it_gains_nothing_without_its_decisions(review, agreed, insider):
    with (
        pytest.raises(DatabaseError, match="approved review"),
        acting(insider, review=review.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE business_terms SET definition = %s WHERE id = %s", [BETTER, agreed.pk])


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_11_what_was_put_down_is_not_rewritten(review, insider, verb):
    statement = {
        "UPDATE": "UPDATE review_members SET content = content",
        "DELETE": "DELETE FROM review_members",
        "TRUNCATE": "TRUNCATE review_members",
    }[verb]

    with pytest.raises(DatabaseError), acting(insider), connection.cursor() as cursor:
        cursor.execute(statement)


def test_11_nothing_is_added_once_it_is_asked_for(review, insider):
    with pytest.raises(DatabaseError, match="stay as they were put down"), acting(insider):
        insert_member(review, review.revision)


def test_11_nor_does_a_smuggled_record_come_along(review, insider):
    smuggled(review, by=insider)

    with pytest.raises(DatabaseError, match="names all of its records"), acting(insider):
        Review.objects.filter(pk=review.pk).update(revision=2, proposal_hash="0" * 64)


def test_11_what_is_said_to_be_stored_is_what_is_stored(review, agreed, insider):
    with pytest.raises(DatabaseError, match="not what is stored"), acting(insider):
        insert_member(review, 2, key=agreed.pk, action="change", base='{"definition": "Harmless."}')


def test_11_a_stale_form_is_told_so(review, agreed, ana, tom, insider):
    before = review.proposal_hash
    agreed_by_others(agreed, tom)
    reviews.rebase(review, by=insider)

    with pytest.raises(Conflict) as refused:
        reviews.decide(review, "approve", shown=before, by=ana)
    assert refused.value.code == "content_changed"


def test_12_who_decides_looks_after_every_domain_that_it_touches(finance, stranger, ana, insider, author):
    logistics = DomainFactory._meta.model.objects.get(name="Logistics")
    TermFactory(name="parcel", domain=logistics, approved=True)
    review = proposed_import(
        ("parcel", BETTER, "Logistics"), ("Margin", BETTER, "Finance"), by=author, columns=COLUMNS
    )
    assert review.domain_name == "Finance, Logistics"

    for person in (ana, stranger):
        assert review not in Review.objects.waiting_for(reader_of(person))
        with pytest.raises(PermissionDenied, match="all of these domains"):
            approve(review, person)
    with acting(author), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews SET domains = '[]' WHERE id = %s", [review.pk])
    with pytest.raises(DatabaseError, match="other_domain"), transaction.atomic():
        insert_decision(ana, review)

    StewardshipFactory(user=ana, domain=logistics)
    with pytest.raises(PermissionDenied, match="after this was submitted"):
        approve(review, ana)


# ---------- overtaken ----------


def agreed_by_others(term, decider):
    writer = UserFactory(role="producer")
    other = reviews.propose(term, {"synonyms": ["turnover"]}, by=writer)
    approve(other, decider)


def insert_member(review, revision, *, key=None, action="create", base=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO review_members (review_id, revision, subject_table, subject_id, action, title, base, content)"
            " VALUES (%s, %s, 'business_terms', coalesce(%s, gen_random_uuid()), %s, 'Smuggled', %s,"
            ' \'{"definition": "Whatever we say it is."}\')',
            [review.pk, revision, key, action, base],
        )


def smuggled(review, *, by):
    """A record for the next revision, put down by SQL."""
    with acting(by):
        insert_member(review, review.revision + 1)


def test_a_term_that_moved_meanwhile_makes_the_decision_a_conflict_that_names_it(review, agreed, ana, tom):
    agreed_by_others(agreed, tom)

    with pytest.raises(Conflict, match="net_revenue") as refused:
        approve(review, ana)

    assert refused.value.code == "stale_base"
    assert not Term.objects.filter(name="Margin").exists()


def test_a_name_that_was_taken_meanwhile_does_too(review, ana):
    TermFactory(name="MARGIN")

    with pytest.raises(Conflict, match="Margin") as refused:
        approve(review, ana)
    assert refused.value.code == "stale_base"


def test_merging_plans_the_file_again_as_a_new_revision(review, agreed, draft, insider, ana, tom):
    agreed_by_others(agreed, tom)

    reviews.rebase(review, by=insider)
    approve(review, ana)

    agreed.refresh_from_db()
    assert (review.revision, review.state) == (2, "applied")
    assert (agreed.definition, agreed.synonyms) == (BETTER, ["turnover"])
    assert ReviewMember.objects.filter(review=review).count() == 6


def test_a_merge_of_what_did_not_move_changes_nothing(review, insider):
    with pytest.raises(Conflict, match="nothing to merge"):
        reviews.rebase(review, by=insider)

    review.refresh_from_db()
    assert (review.revision, review.members.count()) == (1, 3)


def test_it_is_not_edited_by_hand(review, insider):
    with pytest.raises(Conflict, match="withdraw it"):
        reviews.revise(review, {"new": 7}, by=insider)


# ---------- the page and the API ----------


@pytest.mark.parametrize("scripts", [True, False])
def test_the_page_lists_the_rows_with_their_differences(review, ana, scripts):
    client = Client()
    client.force_login(ana)
    headers = {"HX-Request": "true", "HX-Target": "item"} if scripts else {}

    shown = client.get(reverse("workflow:review", args=[review.number]), headers=headers).content.decode()

    assert "All, 3" in shown
    assert "<ins>and discounts" in shown.replace("</ins> <ins>", " ") or "<ins> and discounts</ins>" in shown
    assert "What is left of revenue after all costs." in shown
    assert "makes 1 term (1 approved) and changes 2 terms, all at once." in shown


def test_more_than_fifty_rows_come_page_by_page(finance, author, ana, django_assert_max_num_queries):
    rows = [(f"Term {n:03}", BETTER, "Finance") for n in range(120)]
    review = proposed_import(*rows, by=author, columns=COLUMNS)
    client = Client()
    client.force_login(ana)
    url = reverse("workflow:review", args=[review.number])

    with django_assert_max_num_queries(45):
        first = client.get(url)
    following = client.get(
        first.context["rows_page"].next, headers={"HX-Request": "true", "HX-Target": "members"}
    )

    assert len(first.context["rows"]) == 50
    assert "Term 050" in following.content.decode()
    assert "<html" not in following.content.decode()


def test_the_rows_are_read_over_the_api(review, ana):
    client = Client()
    client.force_login(ana)

    told = client.get(f"/api/v1/reviews/{review.pk}/members?limit=2").json()

    assert told["count"] == 3
    assert told["results"][0]["title"] == "Margin"
    assert told["results"][0]["base"] is None
