"""Plans of capsule documents, and what applying them does."""

import copy
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import documents, snapshots
from apps.catalog.models import Capsule, CapsuleVersion, Column
from apps.contracts.models import Contract
from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from apps.policy.models import MaskingRule, Policy
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories.approvals import approved
from tests.factories.catalog import CapsuleFactory, OwnerFactory
from tests.factories.people import UserFactory

APPENDIX_A = Path(__file__).parent.parent / "catalog" / "documents" / "appendix_a.yaml"
URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {
    "urn": URN,
    "name": "orders",
    "schema": {
        "columns": [
            {"name": "order_id", "data_type": "VARCHAR(36)", "constraints": [{"type": "primary_key"}]},
            {"name": "amount", "data_type": "DECIMAL(18,2)", "description": "In euros."},
        ]
    },
    "quality_rules": [{"rule": "not_null", "column": "amount", "severity": "error"}],
}
pytestmark = pytest.mark.django_db


def written(*capsules):
    return documents.write_bundle([documents.canonical(capsule) for capsule in capsules])


def changed(**parts):
    return {**copy.deepcopy(ORDERS), **parts}


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def applied(text, reader):
    return applying.apply(plan.make(text, reader), reader=reader)


def the_only(found):
    return found.answer["capsules"][0]


def test_a_plan_lists_all_seven_dimensions_and_writes_nothing_else(producer):
    found = plan.make(written(ORDERS), producer)

    capsule = the_only(found)
    assert list(capsule["dimensions"]) == [
        "identity", "structural", "semantic", "quality", "policy", "provenance", "contract",
    ]  # fmt: skip
    assert (capsule["action"], capsule["base_state_hash"]) == ("create", "absent")
    assert capsule["dimensions"]["structural"]["create"] == 3
    assert not Capsule.objects.exists()


def test_what_is_applied_is_no_change_any_more(producer):
    applied(written(ORDERS), producer)

    again = plan.make(written(ORDERS), producer)

    assert again.result["result"] == "no_change"
    version = CapsuleVersion.objects.get()
    assert version.change_type == "created"
    assert version.deployment_context["plan"]


def test_the_design_s_own_example_is_planned_applied_and_then_no_change(producer):
    text = APPENDIX_A.read_text()

    applied(text, producer)

    assert plan.make(text, producer).result["result"] == "no_change"
    assert CapsuleVersion.objects.get(capsule__name="stg_orders", is_current=True).name == "2.1.0"
    assert Contract.objects.get().status == "draft"


def test_a_change_names_old_and_new_and_makes_one_version(producer):
    applied(written(ORDERS), producer)
    wider = changed()
    wider["schema"]["columns"][1]["data_type"] = "DECIMAL(20,2)"

    found = plan.make(written(wider), producer)
    applying.apply(found, reader=producer)

    (item,) = the_only(found)["dimensions"]["structural"]["items"]
    assert (item["code"], item["old"], item["new"]) == ("type_widened", "DECIMAL(18,2)", "DECIMAL(20,2)")
    assert [version.number for version in CapsuleVersion.objects.order_by("number")] == [1, 2]
    assert plan.make(written(wider), producer).result["result"] == "no_change"


def test_a_renamed_column_keeps_its_row_and_its_rules(producer):
    applied(written(ORDERS), producer)
    before = Column.objects.get(name="amount").pk
    renamed = changed()
    renamed["schema"]["columns"][1] |= {"name": "total", "x-renamed-from": "amount"}
    del renamed["quality_rules"]

    applied(written(renamed), producer)

    column = Column.objects.get(name="total")
    assert column.pk == before
    assert column.quality_rules.count() == 1
    assert plan.make(written(renamed), producer).result["result"] == "no_change"


def test_a_dropped_column_is_retired_and_comes_back_with_its_row(producer):
    applied(written(ORDERS), producer)
    before = Column.objects.get(name="amount").pk
    fewer = changed(quality_rules=[])
    del fewer["schema"]["columns"][1]

    applied(written(fewer), producer)
    gone = Column.objects.get(pk=before)
    applied(written(ORDERS), producer)

    assert gone.retired_at is not None
    assert Column.objects.get(name="amount", retired_at=None).pk == before


def test_a_stale_plan_is_refused_with_a_new_one(producer):
    applied(written(ORDERS), producer)
    found = plan.make(written(changed(description="Orders.")), producer)
    applied(written(changed(layer="gold")), producer)

    with pytest.raises(applying.PlanStale) as refused:
        applying.apply(found, reader=producer)

    assert refused.value.moved == [URN]
    assert Plan.objects.get(pk=refused.value.plan.pk).base != found.base
    assert Capsule.objects.get().description is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"applied_at": timezone.now()}, "plan_applied"),
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "plan_gone"),
    ],
)
def test_a_plan_is_applied_once_and_within_a_day(producer, change, code):
    found = plan.make(written(ORDERS), producer)
    Plan.objects.filter(pk=found.pk).update(**change)

    with pytest.raises(Conflict) as refused:
        applying.apply(found, reader=producer)

    assert refused.value.code == code
    assert not Capsule.objects.exists()


def test_the_contract_in_force_blocks_a_breaking_change(producer):
    contract = {"version": "1.0", "known_consumers": [{"team": "analytics"}]}
    applied(written(changed(contract=contract)), producer)
    approved(list(Contract.objects.all()), status="active")
    fewer = changed(quality_rules=[])
    del fewer["schema"]["columns"][1]

    found = plan.make(written(fewer), producer)
    with pytest.raises(Conflict) as refused:
        applying.apply(found, reader=producer)

    assert the_only(found)["verdict"]["decision"] == "blocked"
    assert refused.value.code == "plan_blocked"
    assert Column.objects.get(name="amount").retired_at is None


def test_a_policy_in_force_is_held_for_an_approval(producer):
    applied(written(changed(policies={"sensitivity_level": "restricted"})), producer)
    approved(list(Policy.objects.all()), status="active")
    looser = changed(policies={"sensitivity_level": "public"}, description="Orders.")

    done = applied(written(looser), producer)

    assert Policy.objects.get().sensitivity_level == "restricted"
    assert Capsule.objects.get().description == "Orders."
    assert done.reviews.get().state == "submitted"
    again = plan.make(written(looser), producer)
    assert the_only(again)["awaiting"] == [done.reviews.get().number]
    assert again.result["result"] == "no_change"


def test_a_mask_comes_off_by_approval_only_also_where_no_policy_is_in_force(producer):
    masked = {"sensitivity_level": "restricted", "requires_masking": True, "masking_method": "hashing"}
    bare = {"sensitivity_level": "restricted"}
    admins = UserFactory.create_batch(2, role="policy_admin")
    wanted = applied(written(changed(column_policies={"amount": masked})), producer)
    with acting(admins[0]):
        decided(wanted.reviews.get(), admins[0])

    done = applied(written(changed(column_policies={"amount": bare})), producer)

    assert MaskingRule.objects.get().is_enabled
    assert done.reviews.get().state == "submitted"
    for admin in admins:
        with acting(admin):
            decided(done.reviews.get(), admin)
    assert not MaskingRule.objects.filter(is_enabled=True).exists()


def test_direct_apply_asks_before_it_retires(producer):
    applying.apply_directly(written(ORDERS), reader=producer)
    fewer = changed(quality_rules=[])
    del fewer["schema"]["columns"][1]
    text = written(fewer)

    with pytest.raises(Conflict) as refused:
        applying.apply_directly(text, reader=producer)
    accepted = applying.apply_directly(text, reader=producer, accept=documents.read(text).hash)

    assert refused.value.code == "acceptance_needed"
    assert accepted.applied_at


def test_what_another_person_wrote_by_hand_is_kept(producer):
    applied(written(changed(description="From the file.")), producer)
    note = {"by": "ada", "at": "2026-01-01T08:00:00+00:00"}
    capsule = Capsule.objects.get()
    capsule.description, capsule.meta = "By hand.", {**capsule.meta, "provenance": {"description": note}}
    capsule.save()

    found = plan.make(written(changed(description="From the file.")), producer)
    over = plan.make(written(changed(description="From the file.")), producer, plan.Options(overwrite=True))

    assert the_only(found)["kept"][0]["by"] == "ada"
    assert found.result["result"] == "no_change"
    assert over.result["result"] == "changes"


def test_who_may_not_edit_may_not_plan_a_change():
    CapsuleFactory(urn=URN, name="orders", owner=OwnerFactory())
    stranger = reader_of(UserFactory(role="producer"))

    with pytest.raises(PermissionDenied):
        plan.make(written(ORDERS), stranger)


def test_a_bundle_applies_whole_or_not_at_all(producer):
    contract = {"version": "1.0", "known_consumers": [{"team": "analytics"}]}
    applied(written(changed(contract=contract)), producer)
    approved(list(Contract.objects.all()), status="active")
    fewer = changed(quality_rules=[])
    del fewer["schema"]["columns"][1]
    other = {"urn": "urn:dcs:dbt:model:shop:lines", "name": "lines", "lineage": {"upstream": [URN]}}
    found = plan.make(written(other, fewer), producer)

    with pytest.raises(Conflict):
        applying.apply(found, reader=producer)

    assert [capsule["urn"] for capsule in found.result["capsules"]] == [URN, other["urn"]]
    assert not Capsule.objects.filter(name="lines").exists()


def test_a_plan_without_changes_writes_no_row_when_applied(producer):
    applied(written(ORDERS), producer)
    found = plan.make(written(ORDERS), producer)
    before = Change.objects.exclude(table_name="plans").count()

    applying.apply(found, reader=producer)

    assert Change.objects.exclude(table_name="plans").count() == before
    assert CapsuleVersion.objects.count() == 1


def test_the_state_after_an_apply_is_what_the_document_says(producer):
    applied(written(ORDERS), producer)

    capsule = Capsule.objects.get()
    assert documents.write(snapshots.states([capsule.pk])[capsule.pk]) == documents.write(
        documents.canonical(ORDERS)
    )


def decided(review, person):
    reader = reader_of(person)
    return reviews.decide(review, "approve", shown=review.proposal_hash, by=reader, reason="Agreed.")


def test_an_approval_puts_the_contract_in_force_and_the_old_one_out_of_it(producer):
    applied(written(changed(contract={"version": "1.0"})), producer)
    approved(list(Contract.objects.all()), status="active")
    owner = UserFactory(role="contract_owner")

    done = applied(written(changed(contract={"version": "2.0", "status": "active"})), producer)
    waiting = Contract.objects.get(version="2.0").status
    again = plan.make(written(changed(contract={"version": "2.0", "status": "active"})), producer)
    with acting(owner):
        decided(done.reviews.get(), owner)

    assert waiting == "proposed"
    assert again.result["result"] == "no_change"
    assert dict(Contract.objects.values_list("version", "status")) == {"1.0": "superseded", "2.0": "active"}
    assert Contract.objects.get(version="2.0").approved_by == owner.username
    after = plan.make(written(changed(contract={"version": "2.0", "status": "active"})), producer)
    assert after.result["result"] == "no_change"


def test_an_approval_writes_the_policy_that_was_held(producer):
    judge = UserFactory(role="policy_admin")
    applied(written(changed(policies={"sensitivity_level": "restricted", "status": "active"})), producer)
    with acting(judge):
        decided(Review.objects.get(), judge)
    looser = changed(policies={"sensitivity_level": "public", "status": "active"})
    admins = UserFactory.create_batch(2, role="policy_admin")

    done = applied(written(looser), producer)
    for admin in admins:
        with acting(admin):
            decided(done.reviews.get(), admin)

    assert Policy.objects.get().sensitivity_level == "public"
    assert Policy.objects.get().status == "active"
    assert plan.make(written(looser), producer).result["result"] == "no_change"


def test_whoever_decides_sees_what_waits_on_the_review_s_page(producer, client):
    owner = UserFactory(role="contract_owner")
    applied(written(changed(contract={"version": "1.0"})), producer)
    done = applied(written(changed(contract={"version": "2.0", "status": "active"})), producer)
    client.force_login(owner)

    page = client.get(f"/reviews/{done.reviews.get().number}/")
    desk = client.get("/reviews/")

    assert (page.status_code, desk.status_code) == (200, 200)
    assert "2.0" in page.content.decode()
    assert str(done) in desk.content.decode()
