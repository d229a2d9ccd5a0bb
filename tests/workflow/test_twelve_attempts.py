"""The twelve ways to approve oneself of trust.md 2.4: by the verbs, the pages, the back office, the API and raw SQL."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.people import tokens
from apps.people.reader import reader_of
from apps.workflow import reviews
from apps.workflow.models import Review, ReviewAuthor, ReviewDecision
from apps.workflow.transitions import IllegalTransition
from tests.factories import (
    DelegationFactory,
    DomainFactory,
    MembershipFactory,
    StewardshipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BETTER = "Money received for goods delivered, net of returns and discounts."
WORSE = "Whatever we say it is, whoever asks us on whichever day."
DOORS = ("verbs", "page", "back office", "api", "sql")


@pytest.fixture
def insider(finance):
    """A steward of Finance who would like to approve their own text."""
    person = UserFactory(username="insider", role="steward", is_staff=True, is_superuser=True)
    StewardshipFactory(user=person, domain=finance)
    return person


@pytest.fixture
def review(agreed, insider, ana, tom, stranger):
    return reviews.propose(agreed, {"definition": BETTER}, by=insider, reason="Clearer.")


def insert_decision(
    person, review, *, via="session", on_behalf_of=None, revision=None, content=None, named=None
):
    """A decision by SQL as the portal's own database role, in the context of `person`."""
    reader = reader_of(person, via=via)
    with acting(reader), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO review_decisions (review_id, revision, content_hash, decision, person_id, on_behalf_of_id, via)"
            " VALUES (%s, %s, %s, 'approve', %s, %s, 'session')",
            [
                review.pk,
                revision or review.revision,
                content or review.proposal_hash,
                (named or person).pk,
                on_behalf_of.pk if on_behalf_of else None,
            ],
        )


def through(door, person, review, *, shown=None):
    """`person` tries to approve through one of the doors. Returns the status of the answer, 0 for an exception."""
    shown = shown or review.proposal_hash
    if door == "verbs":
        try:
            reviews.decide(review, "approve", shown=shown, by=person, reason="Mine.")
        except (PermissionDenied, Conflict):
            return 403
        return 200
    if door == "sql":
        try:
            with transaction.atomic():
                insert_decision(person, review, content=shown)
        except DatabaseError:
            return 403
        return 200
    client = Client()
    client.force_login(person)
    if door == "page":
        url = reverse("workflow:decide", args=[review.number])
        return client.post(url, {"decision": "approve", "hash": shown, "reason": "Mine."}).status_code
    if door == "api":
        body = {"content_hash": shown, "reason": "Mine."}
        url = f"/api/v1/reviews/{review.pk}/approve"
        return client.post(url, body, content_type="application/json").status_code
    url = reverse("admin:glossary_term_step", args=[review.subject_id, "approve"])
    return client.post(url, {"hash": shown, "comment": "Mine."}).status_code


def nothing_happened(review, agreed):
    before = agreed.definition
    agreed.refresh_from_db()
    review.refresh_from_db()
    assert agreed.definition == before != BETTER
    assert review.state not in ("approved", "applied")
    assert not review.decisions.filter(decision="approve").exists()


@pytest.mark.parametrize("door", DOORS)
def test_1_an_author_does_not_approve_their_own_proposal(door, agreed, review, insider):
    assert through(door, insider, review) == 403
    nothing_happened(review, agreed)


def test_1_nor_in_a_bulk_action(agreed, review, insider, ana):
    other = reviews.propose(agreed, {"definition": BETTER}, by=ana)
    client = Client()
    client.force_login(insider)
    url = reverse("workflow:decide", args=[other.number])

    client.post(
        url,
        {
            "decision": "approve",
            "hash": other.proposal_hash,
            "also": f"{review.number}:{review.proposal_hash}",
        },
    )

    review.refresh_from_db()
    assert review.state == "superseded"
    assert not review.decisions.exists()


def test_1_nor_in_a_bulk_action_of_the_back_office(agreed, review, insider):
    client = Client()
    client.force_login(insider)

    answer = client.post(
        reverse("admin:glossary_term_changelist"),
        {
            "action": "step_approve",
            "confirmed": "yes",
            "_selected_action": str(agreed.pk),
            f"hash_{agreed.pk}": review.proposal_hash,
        },
        follow=True,
    )

    assert "You wrote this change" in answer.content.decode()
    nothing_happened(review, agreed)


@pytest.mark.parametrize("door", DOORS)
def test_2_the_author_of_an_early_revision_stays_an_author(door, agreed, review, insider, author):
    ReviewAuthor.objects.get_or_create(review=review, person=author)
    reviews.revise(review, {"definition": BETTER + " In euros."}, by=author)

    assert through(door, insider, review) == 403
    nothing_happened(review, agreed)


@pytest.mark.parametrize("door", DOORS)
def test_3_who_corrects_a_word_becomes_an_author(door, agreed, review, ana):
    ana.is_staff = ana.is_superuser = True
    ana.save()
    reviews.revise(review, {"definition": BETTER + " In euros."}, by=ana)

    assert through(door, ana, review) == 403
    nothing_happened(review, agreed)


def test_3_also_when_the_word_is_corrected_by_sql(agreed, review, ana):
    with acting(ana), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews SET revision = 2, proposal = proposal || %s::jsonb, proposal_hash = %s WHERE id = %s",
            [f'{{"definition": "{WORSE}"}}', "0" * 64, review.pk],
        )
    review.refresh_from_db()

    with pytest.raises(DatabaseError, match="author"), transaction.atomic():
        insert_decision(ana, review)


@pytest.mark.parametrize("whose", ["author", "decider"])
def test_4_tokens_do_not_decide(agreed, review, insider, ana, whose):
    person = insider if whose == "author" else ana
    _row, secret = tokens.issue(person, name="ci", scopes=["read", "write"], days=1)
    url = f"/api/v1/reviews/{review.pk}/approve"

    answer = Client().post(
        url,
        {"content_hash": review.proposal_hash},
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {secret}",
    )

    assert answer.status_code == 403
    for via in ("token", "task"):
        with pytest.raises(DatabaseError, match="signed in"), transaction.atomic():
            insert_decision(person, review, via=via)
    with pytest.raises(PermissionDenied):
        reviews.decide(review, "approve", shown=review.proposal_hash, by=reader_of(person, via="token"))
    with acting(reader_of(person, via="token")), pytest.raises(PermissionDenied), transaction.atomic():
        reviews.decide(review, "approve", shown=review.proposal_hash, by=person)
    nothing_happened(review, agreed)


def test_5_nobody_delegates_to_the_author(agreed, review, insider, ana):
    with pytest.raises(PermissionDenied):
        reviews.hand_over(review, by=ana, to=insider)
    DelegationFactory(from_person=ana, to_person=insider)

    with pytest.raises(PermissionDenied):
        reviews.decide(review, "approve", shown=review.proposal_hash, by=insider, on_behalf_of=ana)
    with pytest.raises(DatabaseError, match="author"), transaction.atomic():
        insert_decision(insider, review, on_behalf_of=ana)


def test_5_nobody_decides_for_the_author(agreed, review, insider, tom):
    DelegationFactory(from_person=insider, to_person=tom)

    with pytest.raises(DatabaseError, match="author_represented"), transaction.atomic():
        insert_decision(tom, review, on_behalf_of=insider)


def test_6_no_chains_and_no_circles(insider, ana, tom):
    DelegationFactory(from_person=ana, to_person=tom)

    for giver, taker in ((tom, insider), (tom, ana), (insider, ana)):
        with pytest.raises(DatabaseError, match="hands nothing on"), transaction.atomic():
            DelegationFactory(from_person=giver, to_person=taker)


def test_6_nobody_names_a_stand_in_for_somebody_else(insider, ana):
    with (
        pytest.raises(DatabaseError, match="only for oneself"),
        acting(insider),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO review_delegations (from_person_id, to_person_id, starts_at, ends_at)"
            " VALUES (%s, %s, now(), now() + interval '1 day')",
            [ana.pk, insider.pk],
        )


def test_7_one_person_counts_once(agreed, review, ana, tom):
    Review.objects.filter(pk=review.pk).update(quorum=3)
    MembershipFactory(user=ana, group=Group.objects.get(name="policy_admin"))
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)
    DelegationFactory(from_person=tom, to_person=ana)

    with pytest.raises(IllegalTransition):
        reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)
    for for_whom in (None, tom):
        with pytest.raises(DatabaseError, match="already"), transaction.atomic():
            insert_decision(ana, review, on_behalf_of=for_whom)
    assert review.decisions.count() == 1


def test_7_nor_in_somebody_else_s_name_besides(agreed, review, ana, stranger):
    Review.objects.filter(pk=review.pk).update(quorum=3)
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)
    DelegationFactory(from_person=ana, to_person=stranger)

    with pytest.raises(DatabaseError, match="already"), transaction.atomic():
        insert_decision(stranger, review, on_behalf_of=ana)


def test_8_a_second_account_does_not_help(agreed, finance, insider):
    twin = UserFactory(role="steward", email=insider.email.upper())
    StewardshipFactory(user=twin, domain=finance)
    nameless = UserFactory(role="steward", email="")
    StewardshipFactory(user=nameless, domain=finance)
    review = reviews.propose(agreed, {"definition": BETTER}, by=insider)
    late = UserFactory(role="steward")
    StewardshipFactory(user=late, domain=finance)

    for account, why in ((twin, "same_person"), (nameless, "no_mail"), (late, "account_too_young")):
        assert through("api", account, review) == 403
        with pytest.raises(DatabaseError, match=why), transaction.atomic():
            insert_decision(account, review)


def test_8_an_account_s_age_is_not_rewritten(agreed, review, insider, finance):
    late = UserFactory(role="steward")
    StewardshipFactory(user=late, domain=finance)
    with acting(insider), connection.cursor() as cursor:
        for table in ("users", "memberships", "stewardships"):
            column = "created_at" if table == "users" else "since"
            key = "id" if table == "users" else "user_id"
            cursor.execute(f"UPDATE {table} SET {column} = '2000-01-01' WHERE {key} = %s", [late.pk])

    with pytest.raises(DatabaseError, match="account_too_young"), transaction.atomic():
        insert_decision(late, review)


def test_9_the_person_comes_from_the_session_not_from_the_row(agreed, review, insider, ana):
    with pytest.raises(DatabaseError, match="author"), transaction.atomic():
        insert_decision(insider, review, named=ana)

    insert_decision(ana, review, named=insider)
    assert review.decisions.get().person == ana


@pytest.mark.parametrize("table", ["review_authors", "review_decisions", "steps"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_9_what_is_written_is_not_rewritten(agreed, table, verb, insider):
    statements = {
        "UPDATE": f"UPDATE {table} SET id = gen_random_uuid()",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table}",
    }

    with pytest.raises(DatabaseError), acting(insider), connection.cursor() as cursor:
        cursor.execute(statements[verb])


def test_9_extra_fields_of_a_form_change_nothing(agreed, review, insider, ana):
    client = Client()
    client.force_login(insider)

    answer = client.post(
        reverse("workflow:decide", args=[review.number]),
        {
            "decision": "approve",
            "hash": review.proposal_hash,
            "person": str(ana.pk),
            "by": str(ana.pk),
            "author": str(ana.pk),
        },
    )
    sent = client.post(
        f"/api/v1/reviews/{review.pk}/approve",
        {"content_hash": review.proposal_hash, "person": str(ana.pk)},
        content_type="application/json",
    )

    assert (answer.status_code, sent.status_code) == (403, 400)
    nothing_happened(review, agreed)


@pytest.mark.parametrize(
    "change",
    [
        f"definition = '{WORSE}'",
        "approved_by = 'Somebody'",
        "approved_at = now()",
        "domain_id = NULL",
        "approval_status = 'draft'",
        "synonyms = '[\"turnover\"]'",
    ],
)
def test_10_what_is_in_force_is_not_written_directly(agreed, insider, change):
    with pytest.raises(DatabaseError), acting(insider, reason="Quickly."), connection.cursor() as cursor:
        cursor.execute(f"UPDATE business_terms SET {change} WHERE id = %s", [agreed.pk])


def test_10_a_draft_does_not_become_approved_by_sql(draft, insider):
    statements = (
        "UPDATE business_terms SET approval_status = 'approved' WHERE id = %s",
        "UPDATE business_terms SET approved_by = 'Somebody', approved_at = now() WHERE id = %s",
        "INSERT INTO business_terms (term_name, definition, approval_status)"
        " SELECT 'other', definition, 'approved' FROM business_terms WHERE id = %s",
    )
    for statement in statements:
        with (
            pytest.raises(DatabaseError, match="approved review"),
            acting(insider),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [draft.pk])


def test_10_nor_by_the_orm(agreed, draft):
    agreed.definition = WORSE
    with pytest.raises(DatabaseError), transaction.atomic():
        agreed.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        type(draft).objects.filter(pk=draft.pk).update(status="approved")


def test_10_naming_a_review_gains_nothing_without_its_decisions(agreed, review, insider):
    with pytest.raises(DatabaseError), acting(insider, review=review.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE business_terms SET definition = %s WHERE id = %s", [BETTER, agreed.pk])
    for state in ("approved", "applied"):
        with pytest.raises(DatabaseError), acting(insider), connection.cursor() as cursor:
            cursor.execute("UPDATE reviews SET state = %s WHERE id = %s", [state, review.pk])


@pytest.mark.parametrize("door", DOORS)
def test_11_a_stale_form_decides_nothing(door, agreed, review, insider, ana):
    shown = review.proposal_hash
    reviews.revise(review, {"definition": WORSE}, by=insider)

    status = through(door, ana, review, shown=shown)

    # The back office answers with a message on the record's page.
    assert status in ((302,) if door == "back office" else (403, 409))
    nothing_happened(review, agreed)


def test_11_a_swapped_proposal_is_not_what_was_approved(agreed, review, ana):
    Review.objects.filter(pk=review.pk).update(quorum=2)
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)
    swaps = (
        f'proposal = proposal || \'{{"definition": "{WORSE}"}}\'',
        "proposal_hash = repeat('0', 64)",
        "revision = 7",
    )

    for swap in swaps:
        with pytest.raises(DatabaseError), acting(ana), connection.cursor() as cursor:
            cursor.execute(f"UPDATE reviews SET {swap} WHERE id = %s", [review.pk])


def test_11_an_approval_is_not_used_for_another_row_or_twice(agreed, draft, review, ana):
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)

    for record in (agreed, draft):
        with pytest.raises(DatabaseError), acting(ana, review=review.pk), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE business_terms SET definition = %s, approved_at = now() WHERE id = %s",
                [WORSE, record.pk],
            )


def test_12_the_rules_are_not_bent_while_people_decide(agreed, review, insider):
    elsewhere = DomainFactory(name="Marketing")
    for change in (
        f"domain_id = '{elsewhere.pk}'",
        "domain_id = NULL",
        "risk = 'low'",
        "quorum = 0",
        "capacities = '[\"analyst\"]'",
        "submitted_at = now()",
    ):
        with pytest.raises(DatabaseError), acting(insider), connection.cursor() as cursor:
            cursor.execute(f"UPDATE reviews SET {change} WHERE id = %s", [review.pk])


@pytest.mark.parametrize("door", DOORS)
def test_12_a_role_given_meanwhile_does_not_count(door, finance, agreed, insider, ana):
    friend = UserFactory(is_staff=True, is_superuser=True)
    review = reviews.propose(agreed, {"definition": BETTER}, by=insider)
    MembershipFactory(user=friend, group=Group.objects.get(name="steward"))
    StewardshipFactory(user=friend, domain=finance)

    assert through(door, friend, review) == 403
    nothing_happened(review, agreed)


def test_a_decision_says_on_what_in_which_capacity_and_how(agreed, review, ana):
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana, reason="Agreed.")

    said = ReviewDecision.objects.get(review=review)
    assert (said.person, said.capacity, said.via, said.reason) == (ana, "steward", "session", "Agreed.")
    assert (said.content_hash, said.revision) == (review.proposal_hash, 1)
