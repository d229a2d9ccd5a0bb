"""Detected personal data: kept with its evidence, asked once, taken or refused by people, handed on along lineage."""

import duckdb
import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.models import Change
from apps.catalog.models import Column
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.policy import detecting, suggesting
from apps.policy.detection import Detection
from apps.policy.models import MaskingRule, PIISuggestion, Policy
from tests.factories import CapsuleFactory, ColumnEdgeFactory, ColumnFactory, PolicyFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

IBANS = ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606"]
SYSTEM = system("test")


@pytest.fixture
def steward():
    return reader_of(UserFactory(role="steward"))


@pytest.fixture(scope="module")
def payments_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("payments") / "payments.parquet"
    values = ", ".join(f"('{IBANS[i % 3]}', {i}, 'n{i}')" for i in range(60))
    duckdb.connect().execute(
        f"COPY (SELECT * FROM (VALUES {values}) t(c17, amount, note)) TO '{path}' (FORMAT parquet)"
    )
    return path


@pytest.fixture
def payments(payments_file, settings, tmp_path):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(payments_file.parent)], str(tmp_path)
    made = CapsuleFactory(
        name="payments", storage_location=str(payments_file), storage_format="parquet", columns=[]
    )
    for place, (name, kind) in enumerate((("c17", "VARCHAR"), ("amount", "INTEGER"), ("note", "VARCHAR")), 1):
        ColumnFactory(capsule=made, name=name, data_type=kind, ordinal_position=place)
    return made


def found(confidence=0.95, pii_type="email", evidence="both", **about):
    return Detection(pii_type, confidence, evidence, 0.9, 420, "email", "mail", {"email": 378}, **about)


def kept(column, detection):
    column.refresh_from_db()
    return suggesting.keep([column], {column.name: detection} if detection else {})


def test_values_of_a_file_are_looked_at_and_only_counts_are_kept(payments):
    told = detecting.look(payments, by=SYSTEM)

    (row,) = PIISuggestion.objects.all()
    assert told == {"columns": 3, "found": 1, "new": 1, "unread": ""}
    assert (row.column.name, row.pii_type, row.evidence) == ("c17", "bank_account", "values")
    assert (row.sample_size, row.counts["iban"]) == (60, 60)
    logged = str(list(Change.objects.of(row).values()))
    assert not any(iban in logged for iban in IBANS)


def test_a_sure_detection_raises_the_level_at_once_and_says_so_in_the_log(payments):
    detecting.look(payments, by=SYSTEM)

    column = payments.columns.get(name="c17")
    assert column.sensitivity_rank == 4
    assert Change.objects.of(column).filter(operation="UPDATE", changed_by="system:test").exists()
    assert payments.columns.get(name="amount").sensitivity_rank == 2


def test_looking_again_changes_and_logs_nothing(payments):
    detecting.look(payments, by=SYSTEM)
    before = Change.objects.count()

    assert detecting.look(payments, by=SYSTEM)["new"] == 0

    assert Change.objects.count() == before


def test_data_that_cannot_be_read_leaves_the_names(settings):
    capsule = CapsuleFactory(name="people", columns=[])
    ColumnFactory(capsule=capsule, name="customer_email", data_type="text")

    told = detecting.look(capsule, by=SYSTEM)

    assert told["found"] == 1
    assert told["unread"]
    assert PIISuggestion.objects.get().evidence == "name"


def test_an_unsure_detection_waits_and_raises_nothing():
    column = ColumnFactory(name="contact")

    kept(column, found(0.7))

    column.refresh_from_db()
    assert column.sensitivity_rank == 2
    assert PIISuggestion.objects.open().get().rank_before is None


def test_taking_sets_the_type_and_drafts_a_policy_and_a_mask_that_hold_nothing_yet(steward):
    column = ColumnFactory(name="contact")
    (row,) = kept(column, found())

    policy, rule = suggesting.take(row, by=steward)

    column.refresh_from_db()
    row.refresh_from_db()
    assert (column.pii_type, column.pii_detected_by) == ("email", "auto")
    assert (policy.status, policy.sensitivity_level, policy.author) == (
        Policy.Status.DRAFT,
        "confidential",
        steward.user,
    )
    assert (rule.is_enabled, rule.method) == (False, "partial_redaction")
    assert (row.state, row.answered_by) == ("accepted", steward.name)


def test_taking_drafts_nothing_that_the_column_has_already(steward):
    column = ColumnFactory(name="contact")
    PolicyFactory(column=column)
    MaskingRule.objects.create(column=column, name="own", method="redaction", is_enabled=False)
    (row,) = kept(column, found())

    assert suggesting.take(row, by=steward) == []


def test_a_refusal_is_remembered_and_lets_the_level_fall_back(steward):
    column = ColumnFactory(name="contact")
    (row,) = kept(column, found())

    suggesting.refuse(row, by=steward, reason="Addresses of machines.")

    column.refresh_from_db()
    assert column.sensitivity_rank == 2
    assert kept(column, found(0.99)) == []
    assert PIISuggestion.objects.get().reason == "Addresses of machines."


@pytest.mark.parametrize(
    ("change", "before", "after", "why"),
    [
        ({"name": "reply_to"}, 0.9, 0.9, "name"),
        ({"data_type": "json"}, 0.9, 0.9, "type"),
        ({}, 0.7, 0.9, "confidence"),
    ],
)
def test_what_was_refused_is_asked_again_only_for_a_reason_and_says_it(steward, change, before, after, why):
    column = ColumnFactory(name="contact", data_type="text")
    (row,) = kept(column, found(before))
    suggesting.refuse(row, by=steward)
    assert kept(column, found(before + 0.05)) == []

    Column.objects.filter(pk=column.pk).update(**change)
    (again,) = kept(column, found(after))

    assert (again.pk, again.state, again.asked_again) == (row.pk, "open", why)


def test_a_level_that_a_person_or_policy_raised_since_does_not_fall_with_a_refusal(steward):
    column = ColumnFactory(name="contact")
    (row,) = kept(column, found())
    Column.objects.filter(pk=column.pk).update(sensitivity_rank=5)

    suggesting.refuse(row, by=steward)

    column.refresh_from_db()
    assert column.sensitivity_rank == 5


def test_what_waited_and_is_not_found_again_goes():
    column = ColumnFactory(name="contact")
    kept(column, found())

    kept(column, None)

    column.refresh_from_db()
    assert not PIISuggestion.objects.exists()
    assert column.sensitivity_rank == 2


def test_a_column_whose_type_is_known_is_not_asked_about():
    column = ColumnFactory(name="contact", pii_type="phone")

    assert kept(column, found()) == []


def test_columns_that_are_made_of_it_are_asked_the_same_but_not_across_a_mask(steward):
    raw, staged, mart, masked, known = (ColumnFactory(name=name) for name in ("a", "b", "c", "d", "e"))
    Column.objects.filter(pk=known.pk).update(pii_type="email")
    for up, down in ((raw, staged), (staged, mart), (raw, known), (mart, raw)):
        ColumnEdgeFactory(source=up, target=down)
    ColumnEdgeFactory(source=raw, target=masked, meta={"masking": True})

    kept(raw, found())

    inherited = {row.column.name: row for row in PIISuggestion.objects.filter(evidence="lineage")}
    assert set(inherited) == {"b", "c"}
    assert inherited["c"].origin == raw
    mart.refresh_from_db()
    assert mart.sensitivity_rank == 3


def test_the_second_answer_is_told_who_was_faster(steward):
    column = ColumnFactory(name="contact")
    (row,) = kept(column, found())
    suggesting.refuse(row, by=steward)

    with pytest.raises(Conflict, match=steward.name):
        suggesting.take(row, by=steward)


def test_an_analyst_answers_nothing():
    (row,) = kept(ColumnFactory(name="contact"), found())
    analyst = reader_of(UserFactory(role="analyst"))

    for answer in (suggesting.take, suggesting.refuse):
        with pytest.raises(PermissionDenied):
            answer(row, by=analyst)
    with pytest.raises(PermissionDenied):
        detecting.ask(row.column.capsule, by=analyst)


def test_two_wishes_to_look_are_one_job_and_a_worker_ends_it(payments, steward):
    first = detecting.ask(payments, by=steward)
    assert detecting.ask(payments, by=steward).pk == first.pk

    detecting.run(str(first.pk))
    detecting.run(str(first.pk))

    first.refresh_from_db()
    assert (first.state, first.result["found"]) == ("completed", 1)
