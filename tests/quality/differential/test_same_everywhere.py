"""Every kind of rule gives the same status and counts on files and on PostgreSQL, by the quick way and by the plain one."""

import os
from decimal import Decimal

import pytest

from apps.payload.engines import opened
from apps.payload.engines.description import POSTGRES, Description, Table
from apps.payload.sandbox import Sandbox
from apps.quality import functions
from apps.quality.engine.runner import run_rules
from apps.quality.rule_types import TYPES
from tests.quality.engines import NOON, Plainly, files_engine, rules

from .cases import cases
from .data import write_parquet, write_postgres

CASES = cases()
ENGINES = ("files", "plainly", "postgres")
IN_A_CHILD = (
    "strange"  # the data set that is read by a process of its own as well: what it sends is odd enough
)
REFERRED = {"known": "typical", "strange": "strange"}
EVERY = [
    pytest.param(engine, data, place, id=f"{engine}-{data}-{place}-{case[0]}")
    for engine in ENGINES
    for data, asked in CASES.items()
    for place, case in enumerate(asked)
]
LONGEST = max(map(len, ({kind for kind, *_rest in asked} for asked in CASES.values())))


@pytest.fixture(scope="module")
def warehouse_of_cases(server):
    """A database with a table for each data set; how to connect to it."""
    name = f"differential_{os.getpid()}"
    server.create(name)
    with server.connect(name) as connection:
        write_postgres(connection)
        # Queries that people wrote do not run as an account that may do anything.
        reader = server.plain_reader()
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
        yield {"host": connection.info.host, "port": connection.info.port, "user": reader, "dbname": name}
    server.drop(name)


@pytest.fixture(scope="module")
def answers(tmp_path_factory, warehouse_of_cases):
    """{(engine, data set): the results of its rules, run together}."""
    functions.load(["apps.quality.benford"])
    paths = write_parquet(tmp_path_factory.mktemp("differential"))
    found = {}
    for data, asked in CASES.items():
        asked = rules(*((kind, column, rule) for kind, column, rule, _expected in asked))
        with files_engine(paths[data], **{alias: paths[name] for alias, name in REFERRED.items()}) as engine:
            found["files", data] = run_rules(engine, asked, now=NOON)
            found["plainly", data] = run_rules(Plainly(engine), asked, now=NOON)
        tables = [Table(schema="public", name=data)]
        tables += [Table(alias=alias, schema="public", name=name) for alias, name in REFERRED.items()]
        with opened(Description(POSTGRES, tuple(tables), server=warehouse_of_cases)) as engine:
            found["postgres", data] = run_rules(engine, asked, now=NOON)
    return found


@pytest.mark.parametrize(("engine", "data", "place"), EVERY)
def test_a_rule_finds_what_was_counted_by_hand(answers, engine, data, place):
    _kind, _column, _rule, (status, measured, failures, rows) = CASES[data][place]

    found = answers[engine, data][place]

    assert found.status == status, (found.code, found.values, found.detail)
    if status in ("error", "skipped"):
        assert found.code
        return
    assert (found.outcome.failures, found.outcome.total) == (failures, rows)
    if isinstance(measured, float):
        assert found.outcome.measured == pytest.approx(measured, rel=1e-8)
    elif measured is None:
        assert found.outcome.measured is None
    else:
        assert Decimal(found.outcome.measured) == measured


def test_a_process_of_its_own_answers_as_this_one(answers, tmp_path):
    paths = write_parquet(tmp_path)
    asked = rules(*((kind, column, rule) for kind, column, rule, _expected in CASES[IN_A_CHILD]))
    described = files_engine(
        paths[IN_A_CHILD], **{alias: paths[name] for alias, name in REFERRED.items()}
    ).described

    with Sandbox(described, deadline_s=60) as engine:
        found = run_rules(engine, asked, now=NOON)

    here = answers["files", IN_A_CHILD]
    assert [(one.status, one.code, one.outcome) for one in found] == [
        (one.status, one.code, one.outcome) for one in here
    ]
    assert [one.samples for one in found] == [one.samples for one in here]


@pytest.mark.parametrize("data", CASES)
def test_samples_are_the_same_rows_by_both_ways(answers, data):
    quick = [one.samples for one in answers["files", data]]

    assert quick == [one.samples for one in answers["plainly", data]]
    assert any(quick) == (data not in ("empty",))


@pytest.mark.parametrize("kind", TYPES)
def test_every_kind_of_rule_is_compared_on_all_sets_of_data(kind):
    told = {data for data, asked in CASES.items() for name, *_rest in asked if name == kind}

    assert {"typical", "empty", "nothing"} <= told
