"""Ways to put a policy, a mask or a contract in force by oneself, all of which fail (trust.md, section 2.4)."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from apps.audit.context import acting
from apps.catalog import documents, retirement
from apps.catalog.models import Capsule, Column
from apps.contracts.models import Contract
from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.people.reader import reader_of
from apps.policy.models import MaskingRule, Policy
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, ContractFactory, MaskingRuleFactory, PolicyFactory, UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {"urn": URN, "name": "orders", "schema": {"columns": [{"name": "email", "data_type": "TEXT"}]}}
WANTED = {
    "policies": {"sensitivity_level": "restricted", "status": "active"},
    "column_policies": {"email": {"requires_masking": True, "masking_method": "hashing"}},
    "contract": {"version": "1.0", "status": "active"},
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    """Somebody with every role that decides."""
    person = UserFactory(role="producer")
    for role in ("policy_admin", "contract_owner"):
        person.groups.add(*UserFactory(role=role).groups.all())
    return person


@pytest.fixture
def waiting(author):
    """The reviews of a plan that its author applied: policies, and a contract."""
    reader = reader_of(author)
    text = documents.write(documents.canonical({**ORDERS, **WANTED}))
    return list(applying.apply(plan.make(text, reader), reader=reader).reviews)


@pytest.fixture
def admin():
    return UserFactory(role="policy_admin")


def decided(review, person):
    return reviews.decide(
        review, "approve", shown=review.proposal_hash, by=reader_of(person), reason="Agreed."
    )


@pytest.fixture
def capsule_in_force():
    """A capsule whose policy, mask and contract are in force."""
    capsule = CapsuleFactory(columns=["email"])
    column = capsule.columns.get()
    PolicyFactory(capsule=capsule, active=True)
    PolicyFactory(column=column, active=True)
    MaskingRuleFactory(column=column)
    ContractFactory(capsule=capsule, active=True)
    return capsule


def nothing_is_in_force():
    return (
        Policy.objects.get(capsule__urn=URN).status == "under_review"
        and not MaskingRule.objects.get().is_enabled
        and Contract.objects.get().status == "proposed"
    )


def refused_by_database(statement, values=()):
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return refused.value.__cause__.diag.message_hint


# ---------- row 1: the author decides ----------


def test_the_author_decides_on_neither_part_by_verb_api_page_or_back_office(author, waiting, client):
    author.is_staff = author.is_superuser = True
    author.save()
    client.force_login(author)

    for review in waiting:
        with pytest.raises(PermissionDenied), acting(author):
            reviews.decide(review, "approve", shown=review.proposal_hash, by=author, reason="Mine.")
        body = json.dumps({"content_hash": review.proposal_hash, "reason": "Mine."})
        by_api = client.post(f"/api/v1/reviews/{review.pk}/approve", body, content_type="application/json")
        by_page = client.post(
            f"/reviews/{review.number}/approve/", {"hash": review.proposal_hash, "reason": "Mine."}
        )
        step = reverse("admin:deploy_planpart_step", args=[review.subject_id, "approve"])
        client.post(step, {"comment": "Mine.", "hash": review.proposal_hash})
        assert by_api.status_code == 403
        assert by_page.status_code in (403, 404, 409)

    assert nothing_is_in_force()
    assert {review.state for review in Review.objects.all()} == {"submitted"}


def test_the_author_s_decision_is_refused_in_raw_sql(author, waiting):
    review = waiting[0]

    with acting(author):
        said = refused_by_database(
            "INSERT INTO dcs.review_decisions (review_id, revision, content_hash, decision, person_id)"
            " VALUES (%s, 1, %s, 'approve', %s)",
            [review.pk, review.proposal_hash, UserFactory(role="policy_admin").pk],
        )

    assert said == "author"


# ---------- row 3: whoever decides corrects the content first ----------


def test_what_a_part_proposes_is_not_edited_by_whoever_decides(waiting):
    admin = UserFactory(role="policy_admin")

    with pytest.raises(Conflict), acting(admin):
        reviews.revise(waiting[0], {"held": {}}, by=admin)
    with acting(admin):
        said = refused_by_database(
            'UPDATE dcs.review_members SET content = content || \'{"sensitivity_level": "public"}\''
        )
        hinted = refused_by_database("UPDATE dcs.reviews SET proposal = '{}' WHERE id = %s", [waiting[0].pk])

    assert said is None
    assert hinted == "fixed"


# ---------- row 10: status, evidence or content written directly ----------


@pytest.mark.parametrize(
    ("make_row", "changed"),
    [
        (lambda: PolicyFactory(), {"status": "active"}),
        (lambda: PolicyFactory(), {"approved_by": "ada"}),
        (lambda: PolicyFactory(active=True), {"sensitivity_level": "public"}),
        (lambda: PolicyFactory(active=True), {"status": "deprecated"}),
        (lambda: PolicyFactory(active=True), {"status": "suspended"}),
        (lambda: PolicyFactory(active=True), {"status": "draft"}),
        (lambda: PolicyFactory(active=True), {"approved_by": "ada"}),
        (lambda: MaskingRuleFactory(enabled=False), {"is_enabled": True}),
        (lambda: MaskingRuleFactory(), {"is_enabled": False}),
        (lambda: MaskingRuleFactory(), {"exempt_roles": ["analyst"]}),
        (lambda: MaskingRuleFactory(), {"config": {}}),
        (lambda: ContractFactory(), {"status": "active"}),
        (lambda: ContractFactory(), {"status": "breached"}),
        (lambda: ContractFactory(active=True), {"freshness_sla": "P1D"}),
        (lambda: ContractFactory(active=True), {"status": "superseded"}),
        (lambda: ContractFactory(active=True), {"known_consumers": [{"team": "nobody"}]}),
    ],
)
def test_what_protects_or_promises_is_not_written_directly(make_row, changed):
    row = make_row()

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**changed)

    assert refused.value.__cause__.diag.message_hint == "needs_review"


@pytest.mark.parametrize(
    "values",
    [
        ("data_policies (capsule_id, sensitivity_level, policy_status)", "%s, 'public', 'active'"),
        ("capsule_contracts (capsule_id, contract_version, contract_status)", "%s, '9', 'active'"),
        ("data_policies (capsule_id, sensitivity_level, approved_by)", "%s, 'public', 'ada'"),
    ],
)
def test_nothing_is_inserted_in_force(waiting, values):
    table, row = values

    said = refused_by_database(
        f"INSERT INTO dcs.{table} SELECT {row.replace('%s', 'id')} FROM dcs.capsules LIMIT 1"
    )

    assert said == "needs_review"


@pytest.mark.parametrize(
    "make_row",
    [lambda: PolicyFactory(active=True), MaskingRuleFactory, lambda: ContractFactory(active=True)],
)
def test_what_protects_or_promises_is_not_deleted_beside_its_subject(make_row):
    row = make_row()

    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).delete()

    assert refused.value.__cause__.diag.message_hint == "needs_review"


def test_a_purge_takes_what_protected_the_capsule_along(capsule_in_force):
    retirement.retire(capsule_in_force)

    retirement.purge(capsule_in_force)

    left = [model.objects.count() for model in (Capsule, Column, Policy, MaskingRule, Contract)]
    assert left == [0, 0, 0, 0, 0]


def test_drafts_are_deleted_by_whoever_may():
    for row in (PolicyFactory(), MaskingRuleFactory(enabled=False), ContractFactory()):
        row.delete()

    assert [model.objects.count() for model in (Policy, MaskingRule, Contract)] == [0, 0, 0]


def test_monitoring_says_that_a_contract_is_breached_and_kept_again():
    contract = ContractFactory(active=True)

    for status in ("breached", "active"):
        Contract.objects.filter(pk=contract.pk).update(status=status)

    contract.refresh_from_db()
    assert contract.status == "active"


def test_the_back_office_drafts_masks_that_mask_nothing_yet(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True, clearance=5))
    rule = MaskingRuleFactory(enabled=False)
    masks = MaskingRuleFactory()
    form = {"column": rule.column_id, "name": "mine", "method": "redaction", "is_enabled": "on", "priority": 1,
            "config": "{}", "meta": "{}", "applies_to_roles": "[]", "exempt_roles": "[]"}  # fmt: skip

    client.post(reverse("admin:policy_maskingrule_add"), form)
    client.post(reverse("admin:policy_maskingrule_change", args=[rule.pk]), form)
    refused = client.post(reverse("admin:policy_maskingrule_change", args=[masks.pk]), form)

    assert refused.status_code == 403
    assert MaskingRule.objects.filter(name="mine").count() == 2
    assert not MaskingRule.objects.filter(name="mine", is_enabled=True).exists()


def test_a_document_names_its_approver_in_vain(author, waiting):
    reader = reader_of(author)
    told = {"approved_by": "ada", "approved_at": "2026-01-01T08:00:00Z"}
    text = documents.write(documents.canonical({**ORDERS, "policies": {**WANTED["policies"], **told}}))

    applying.apply(plan.make(text, reader), reader=reader)

    assert Policy.objects.get(capsule__urn=URN).approved_by is None
    assert nothing_is_in_force()


# ---------- row 11: another content, or another review ----------


def test_an_approved_review_lets_nothing_through_that_it_does_not_hold(waiting):
    other = PolicyFactory(active=True)
    approved = Review.objects.get(state="applied")

    with acting(UserFactory(), review=approved.pk):
        replayed = refused_by_database(
            "UPDATE dcs.data_policies SET sensitivity_level = 'public' WHERE id = %s", [other.pk]
        )
        elsewhere = refused_by_database("UPDATE dcs.data_policies SET policy_status = 'active'")

    assert (replayed, elsewhere) == ("needs_review", "needs_review")


def test_a_row_that_moved_while_its_part_waited_is_decided_anew(admin, author, waiting):
    with acting(author):
        Policy.objects.filter(capsule__urn=URN).update(sensitivity_level="public")

    with pytest.raises(Conflict) as refused, acting(admin):
        decided(waiting[0], admin)
    with acting(author):
        merged = reviews.rebase(waiting[0], by=reader_of(author))
    with acting(admin):
        decided(merged, admin)

    assert refused.value.code == "stale_base"
    found = Policy.objects.get(capsule__urn=URN)
    assert (found.status, found.sensitivity_level) == ("active", "restricted")


def test_a_decision_on_the_part_as_it_stood_before_is_refused(admin, author, waiting):
    before = waiting[0].proposal_hash
    with acting(author):
        Policy.objects.filter(capsule__urn=URN).update(sensitivity_level="public")
        reviews.rebase(waiting[0], by=reader_of(author))

    with pytest.raises(Conflict) as refused, acting(admin):
        reviews.decide(waiting[0], "approve", shown=before, by=reader_of(admin), reason="Agreed.")

    assert refused.value.code == "content_changed"
    assert nothing_is_in_force()
