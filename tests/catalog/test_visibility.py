"""A row is hidden from readers below its rank, and so is everything that hangs on it."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from apps.catalog.models import Capsule, Column
from apps.dcs.models import Visible
from apps.people.reader import Reader
from apps.quality.models import QualityRule
from tests import factories as make

pytestmark = pytest.mark.django_db

ANALYST = Reader(clearance=2)
AUDITOR = Reader(clearance=5)
NOBODY = Reader(clearance=0)


@pytest.fixture
def parts():
    """One row of everything that can hang on a capsule, and the capsule itself."""
    capsule = make.CapsuleFactory(columns=["order_id", "amount"])
    column = capsule.columns.first()
    contract = make.ContractFactory(capsule=capsule, active=True)
    edge = make.CapsuleEdgeFactory(source=capsule)
    on_capsule = {"capsule": capsule}
    on_column = {"column": column}
    return capsule, [
        column,
        edge,
        contract,
        make.CapsuleAliasFactory(**on_capsule),
        make.CapsuleVersionFactory(**on_capsule),
        make.IndexFactory(**on_capsule),
        make.CapsuleTagFactory(**on_capsule),
        make.ProductMemberFactory(**on_capsule),
        make.ColumnTagFactory(**on_column),
        make.ConstraintFactory(**on_column),
        make.ColumnEdgeFactory(target=column),
        make.TransformationCodeFactory(**on_capsule),
        make.TransformationCodeFactory(edge=edge),
        make.TermLinkFactory(**on_capsule),
        make.TermLinkFactory(**on_column),
        make.QualityRuleFactory(**on_capsule),
        make.QualityCheckFactory(rule__column=column),
        make.ColumnProfileFactory(**on_column),
        make.PolicyFactory(**on_capsule),
        make.PolicyFactory(**on_column),
        make.MaskingRuleFactory(**on_column),
        make.IncidentFactory(contract=contract),
        make.MeasurementFactory(contract=contract),
        make.ViolationFactory(**on_capsule),
        make.ViolationFactory(**on_column),
    ]


def seen(rows, reader):
    return [row for row in rows if type(row).objects.visible_to(reader).filter(pk=row.pk).exists()]


def test_internal_rows_are_seen_by_analysts_and_by_nobody_without_clearance(parts):
    _capsule, rows = parts

    assert seen(rows, ANALYST) == rows
    assert seen(rows, NOBODY) == []


def test_hiding_a_capsule_hides_its_parts(parts):
    capsule, rows = parts

    Capsule.objects.filter(pk=capsule.pk).update(visibility_rank=5)

    assert seen(rows, ANALYST) == []
    assert seen(rows, AUDITOR) == rows


def test_a_new_part_of_a_hidden_capsule_is_hidden_as_well():
    capsule = make.CapsuleFactory(visibility_rank=5)

    column = make.ColumnFactory(capsule=capsule)

    column.refresh_from_db()
    assert column.visibility_rank == 5


def test_the_parts_come_back_with_their_capsule(parts):
    capsule, rows = parts
    Capsule.objects.filter(pk=capsule.pk).update(visibility_rank=5)

    Capsule.objects.filter(pk=capsule.pk).update(visibility_rank=2)

    assert seen(rows, ANALYST) == rows


def test_hiding_a_column_hides_what_is_about_it_and_not_its_capsule():
    rule = make.QualityRuleFactory()
    Column.objects.filter(pk=rule.column_id).update(visibility_rank=5)

    assert not QualityRule.objects.visible_to(ANALYST).exists()
    assert Capsule.objects.visible_to(ANALYST).exists()


def test_what_a_rule_is_about_counts_for_the_capsule_on_both_levels():
    capsule = make.CapsuleFactory(columns=["amount"])
    make.QualityRuleFactory(capsule=capsule)
    make.QualityRuleFactory(column=capsule.columns.get())
    make.QualityRuleFactory()

    assert QualityRule.objects.about(capsule).count() == 2


def test_retired_columns_and_columns_of_retired_capsules_are_not_current():
    kept = make.ColumnFactory()
    make.ColumnFactory(retired_at=timezone.now())
    make.ColumnFactory(capsule__retired_at=timezone.now())

    assert list(Column.objects.current()) == [kept]


def test_every_table_of_the_design_has_a_rank():
    reference = (settings.BASE_DIR / "docs" / "reference" / "dcs.sql").read_text()
    governed = set(re.findall(r"CREATE TABLE dcs\.(\w+)", reference)) - {"metadata_audit_log"}

    ranked = {model._meta.db_table for model in apps.get_models() if issubclass(model, Visible)}

    assert governed - ranked == set()
