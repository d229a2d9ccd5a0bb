"""Every kind of rule finds on Spark what it finds elsewhere, counted by hand: the differential suite, once more."""

from decimal import Decimal

import pytest

from apps.payload.engines import opened
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import SPARK, Description, Table
from apps.payload.opening import open_engine
from apps.payload.previews import asked as asked_of
from apps.payload.previews import look
from apps.payload.sandbox import Sandbox
from apps.payload.sources import Unreadable
from apps.payload.trials import attempt
from apps.people.reader import system
from apps.quality import functions
from apps.quality.engine.runner import run_rules
from apps.quality.profiling import measure
from tests.factories import CapsuleFactory, ColumnFactory, SourceSystemFactory
from tests.quality.differential.cases import cases
from tests.quality.differential.test_same_everywhere import REFERRED
from tests.quality.engines import NOON, rules

CASES = cases()
EVERY = [
    pytest.param(data, place, id=f"{data}-{place}-{case[0]}")
    for data, asked in CASES.items()
    for place, case in enumerate(asked)
]
pytestmark = pytest.mark.xdist_group("spark")


def described(address, data, **limits):
    tables = [Table(schema="default", name=data)]
    tables += [Table(alias=alias, schema="default", name=name) for alias, name in REFERRED.items()]
    return Description(SPARK, tuple(tables), server={"address": address}, **limits)


@pytest.fixture(scope="module")
def answers(spark_tables):
    """{data set: the results of its rules, run together}."""
    functions.load(["apps.quality.benford"])
    found = {}
    for data, asked in CASES.items():
        with opened(described(spark_tables, data)) as engine:
            found[data] = run_rules(
                engine, rules(*((kind, column, rule) for kind, column, rule, _e in asked)), now=NOON
            )
    return found


@pytest.mark.parametrize(("data", "place"), EVERY)
def test_a_rule_finds_on_spark_what_was_counted_by_hand(answers, data, place):
    _kind, _column, _rule, (status, measured, failures, rows) = CASES[data][place]

    found = answers[data][place]

    assert found.status == status, (found.code, found.values, found.detail)
    if status in ("error", "skipped"):
        assert found.code
        return
    assert not found.detail
    assert (found.outcome.failures, found.outcome.total) == (failures, rows)
    if isinstance(measured, float):
        assert found.outcome.measured == pytest.approx(measured, rel=1e-8)
    elif measured is None:
        assert found.outcome.measured is None
    else:
        assert Decimal(found.outcome.measured) == measured


def test_a_query_is_one_select_that_ends_in_time_and_in_size(spark_tables):
    with opened(described(spark_tables, "typical", rows=5)) as engine:
        for statement in ("DROP TABLE typical", "SET spark.sql.ansi.enabled=false", "ADD JAR 'a.jar'"):
            with pytest.raises(Unanswered) as why:
                engine.fetch(statement)
            assert why.value.code == "query"
        with pytest.raises(Unanswered) as why:
            engine.fetch("SELECT n FROM `default`.`typical`")
        assert why.value.code == "too_much"
        with pytest.raises(Unanswered) as why:
            engine.fetch("SELECT nothing FROM `default`.`typical`")
        assert why.value.code == "no_column"
        slow = "SELECT count(*) FROM range(3000000) a JOIN range(3000000) b ON a.id % 7 = b.id % 11"
        with pytest.raises(Unanswered) as why:
            engine.fetch(slow, deadline_s=2)
        assert why.value.code == "deadline"
        assert engine.fetch("SELECT count(*) FROM `default`.`typical`") == [(8,)]


def test_the_child_reads_spark_within_its_limits(spark_tables, answers):
    asked = CASES["strange"]

    with Sandbox(described(spark_tables, "strange"), deadline_s=120) as engine:
        found = run_rules(
            engine, rules(*((kind, column, rule) for kind, column, rule, _e in asked)), now=NOON
        )

    assert [(one.status, one.code, one.outcome) for one in found] == [
        (one.status, one.code, one.outcome) for one in answers["strange"]
    ]


@pytest.mark.django_db
def test_a_capsule_of_a_spark_source_is_opened_tried_and_looked_at(spark_tables, settings, tmp_path):
    settings.CONNECT_INTERNAL, settings.PAYLOAD_WORK = ["127.0.0.0/8"], str(tmp_path)
    port = int(spark_tables.split(":")[2].split("/")[0])
    settings.CONNECT_PORTS = [*settings.CONNECT_PORTS, port]
    source = SourceSystemFactory(
        kind="spark", connection={"engine": "spark", "host": "127.0.0.1", "port": port}
    )
    capsule = CapsuleFactory(name="typical", schema_name="default", storage_location="", source_system=source)
    ColumnFactory(capsule=capsule, name="n", data_type="bigint")

    tried = attempt(source)
    with open_engine(capsule, deadline_s=60) as engine:
        counted = engine.fetch(f"SELECT count(*) FROM {engine.relation()}")
    seen = look(asked_of(capsule, system("test")))

    assert (tried.ok, tried.engine.startswith("Spark 4")) == (True, True), tried.said
    assert counted == [(8,)]
    assert [row[0].text for row in seen.rows][:3] == ["1", "2", "3"]
    assert seen.row_count == 8
    with pytest.raises((Unreadable, Unanswered), match="no_profile"):
        measure(capsule)
