"""What is forgotten of results and profiles, what stays, and that a dry run says the same."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.quality import keeping
from apps.quality.models import ColumnProfile, QualityCheck, QualityRun
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    ColumnProfileFactory,
    IncidentFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    QualityRunFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TERMS = keeping.Terms(profiles=2, checks=2, days=100)


def both(terms=TERMS):
    """What a dry run tells, and what is then deleted."""
    return keeping.outlived(terms, now=NOW), keeping.forget(terms, now=NOW)


def checks(rule, *days_ago, **values):
    return [
        QualityCheckFactory(rule=rule, checked_at=NOW - timedelta(days=ago), **values) for ago in days_ago
    ]


def test_old_profiles_are_forgotten_but_for_the_newest_and_the_last_of_each_month():
    column = ColumnFactory(name="amount")
    days = [datetime(2026, month, day, tzinfo=UTC) for month in (9, 10, 11) for day in (3, 17, 25)]
    for at in days:
        ColumnProfileFactory(column=column, profiled_at=at)
    other = ColumnProfileFactory(profiled_at=days[0])

    told, gone = both()

    assert told["column_profiles"] == gone["column_profiles"] == 5
    kept = ColumnProfile.objects.filter(column=column).values_list("profiled_at", flat=True)
    assert sorted(kept) == [days[2], days[5], days[7], days[8]]
    assert ColumnProfile.objects.filter(pk=other.pk).exists()
    assert both()[1]["column_profiles"] == 0


def test_old_results_go_and_the_newest_of_each_rule_stay_however_old():
    busy, quiet = QualityRuleFactory(), QualityRuleFactory()
    recent, old = checks(busy, 0, 50, 99), checks(busy, 101, 300)
    forgotten = checks(quiet, 500, 600, 700)

    told, gone = both()

    assert told["quality_checks"] == gone["quality_checks"] == 3
    kept = set(QualityCheck.objects.values_list("pk", flat=True))
    assert kept == {each.pk for each in [*recent, *forgotten[:2]]}
    assert not kept & {each.pk for each in old}


def test_an_open_incident_keeps_the_results_of_its_capsule():
    held, free = CapsuleFactory(), CapsuleFactory()
    for capsule in (held, free):
        checks(QualityRuleFactory(capsule=capsule), 0, 1, 500)
    incident = IncidentFactory(contract__capsule=held)

    assert both()[1]["quality_checks"] == 1
    incident.status = "resolved"
    incident.save()
    assert both()[1]["quality_checks"] == 1


def test_a_run_goes_with_its_last_result_unless_it_is_the_newest_of_its_capsule():
    rule = QualityRuleFactory(capsule=CapsuleFactory())
    old, empty, newest = (
        QualityRunFactory(capsule=rule.capsule, state="finished", finished_at=NOW - timedelta(days=ago))
        for ago in (500, 400, 300)
    )
    checks(rule, 500, run=old)
    checks(rule, 0, 1)

    told, gone = both()

    assert (told["quality_runs"], gone["quality_runs"]) == (1, 2)
    assert set(QualityRun.objects.values_list("pk", flat=True)) == {newest.pk}
    assert not QualityRun.objects.filter(pk=empty.pk).exists()


def test_a_run_whose_profile_is_kept_stays():
    column = ColumnFactory()
    at = NOW - timedelta(days=500)
    values = {"capsule": column.capsule, "kind": "profile", "state": "finished", "started_at": at}
    run = QualityRunFactory(**values, finished_at=at + timedelta(seconds=3))
    QualityRunFactory(**values, finished_at=at + timedelta(days=1))
    ColumnProfileFactory(column=column, profiled_at=at)

    assert both()[1]["quality_runs"] == 0
    assert QualityRun.objects.filter(pk=run.pk).exists()


def test_what_is_deleted_in_parts_is_deleted_whole():
    checks(QualityRuleFactory(), 0, 1, *range(200, 210))

    assert keeping.forget(TERMS, now=NOW, most=3)["quality_checks"] == 10


def test_the_command_counts_without_deleting_and_refuses_to_keep_nothing(settings):
    settings.QUALITY_CHECKS_KEPT, settings.QUALITY_CHECKS_KEPT_DAYS = 1, 1000
    checks(QualityRuleFactory(), 0, 3000, 3001)
    told = StringIO()

    call_command("forget_quality", "--dry-run", "--json", stdout=told)

    assert json.loads(told.getvalue()) == {
        "dry_run": True, "column_profiles": 0, "quality_checks": 2, "quality_runs": 0,
    }  # fmt: skip
    assert QualityCheck.objects.count() == 3
    with pytest.raises(CommandError):
        call_command("forget_quality", "--checks", "0")
    call_command("forget_quality", stdout=told)
    assert QualityCheck.objects.count() == 1
