"""What people wrote runs in a process that is limited, ends in time, and takes nobody with it."""

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from apps.payload import sandbox
from apps.payload.engines.base import ColumnBounds, Repeated, Unanswered
from apps.payload.engines.description import Description, Table
from apps.payload.footers import Footers
from apps.payload.sandbox import Sandbox

MARKER = "hunter2-Zx81-never-shown"
ENDLESS = "SELECT count(*) FROM range(100000000000)"


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    path = tmp_path_factory.mktemp("sandbox") / "orders.parquet"
    duckdb.sql(
        "SELECT range AS id, 'mail' || range AS email, range / 4 AS amount, DATE '2026-01-01' + range::INT AS placed,"
        " CASE WHEN range > 2 THEN range::INT END AS rating FROM range(5)"
    ).write_parquet(str(path))
    return path


def described(orders, **values):
    table = Table(files=(str(orders),), format="parquet", below=str(orders.parent))
    return Description("files", (table,), **{"deadline_s": 20, "memory_mb": 256, **values})


@pytest.fixture(scope="module")
def engine(orders):
    with Sandbox(described(orders)) as opened:
        yield opened


def refused(engine, sql, **limits):
    with pytest.raises(Unanswered) as why:
        engine.fetch(sql, **limits)
    return why.value.code


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid, within=5):
    until = time.monotonic() + within
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_answers_are_those_of_the_engine_itself(engine):
    assert (engine.dialect, engine.version) == ("duckdb", duckdb.__version__)
    assert engine.types()["placed"] == "DATE"
    assert engine.relation() == '"payload"'
    assert engine.row_names() == ("_payload_file", "_payload_row")
    assert engine.repeated(["rating"]) == Repeated(2, 2, 0, 0)
    assert engine.metadata().columns["rating"] == ColumnBounds(3, 3, 4)
    assert engine.metadata().columns["email"] == ColumnBounds(0, None, None)
    assert list(engine.fingerprints()) == ["orders.parquet"]
    assert not engine.privileged


def test_values_of_each_type_come_through_the_pipe_as_they_are(engine):
    asked = (
        "SELECT 1.50::DECIMAL(4,2), DATE '2026-01-31', TIMESTAMP '2026-01-31 12:00:00.5', 'NaN'::DOUBLE,"
        " '-inf'::DOUBLE, 'ab'::BLOB, 1::HUGEINT << 100, NULL, true, ['é', NULL], {'date': DATE '2026-01-31'},"
        " TIMESTAMPTZ '2026-01-31 12:00+00', INTERVAL '36 hours', TIME '12:30', 'line\nend \"quoted\"'"
    )

    (row,) = engine.fetch(asked)

    assert row[:3] == (
        Decimal("1.50"),
        datetime.date(2026, 1, 31),
        datetime.datetime.fromisoformat("2026-01-31T12:00:00.5"),
    )
    assert str(row[0]) == "1.50"
    assert row[3] != row[3]
    assert row[4:10] == (float("-inf"), b"ab", 2**100, None, True, ["é", None])
    assert row[10] == {"date": datetime.date(2026, 1, 31)}
    assert row[11] == datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
    assert row[13:] == (datetime.time(12, 30), 'line\nend "quoted"')


def test_the_process_has_no_surroundings_no_secret_and_no_descriptor_of_ours(orders):
    with open(os.devnull) as ours, Sandbox(described(orders, server={"password": MARKER})) as engine:
        os.set_inheritable(ours.fileno(), True)
        seen = Path(f"/proc/{engine.process.pid}")
        held = {os.readlink(one) for one in (seen / "fd").iterdir()}

        assert (seen / "environ").read_bytes() == b""
        assert MARKER.encode() not in (seen / "cmdline").read_bytes()
        assert MARKER not in repr(engine.described)
        assert {one for one in held if not one.startswith(("pipe:", "anon_inode:", "/dev/null"))} <= {
            str(orders)
        }
        assert os.getsid(engine.process.pid) == engine.process.pid


def test_the_process_may_take_so_much_and_no_more(orders):
    with Sandbox(described(orders), deadline_s=7) as engine:
        limits = Path(f"/proc/{engine.process.pid}/limits").read_text()

    told = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert told["Max address space"] == [str((256 + 2048) * 2**20)] * 2
    assert told["Max cpu time"] == ["19", "19"]
    assert told["Max core file size"] == ["0", "0"]
    assert told["Max file size"] == ["0", "0"]


@pytest.mark.parametrize("bomb", ["SELECT len(range(500000000))", "SELECT length(repeat('x', 2000000000))"])
def test_a_statement_that_takes_all_memory_ends_alone(engine, bomb):
    assert refused(engine, bomb) in ("memory", "died")
    assert engine.fetch("SELECT count(*) FROM payload") == [(5,)]


def test_a_statement_ends_at_its_deadline_and_the_next_is_answered(engine):
    begun = time.monotonic()

    assert refused(engine, ENDLESS, deadline_s=0.3) == "deadline"
    assert time.monotonic() - begun < 2
    assert engine.fetch("SELECT 1") == [(1,)]


def test_a_process_that_does_not_hear_is_killed_after_its_deadline(orders, monkeypatch):
    monkeypatch.setattr(sandbox, "GRACE_S", 0.3)
    with Sandbox(described(orders)) as engine:
        first = engine.process.pid
        os.kill(first, signal.SIGSTOP)

        assert refused(engine, "SELECT 1", deadline_s=0.2) == "deadline"
        assert gone(first)
        assert engine.fetch("SELECT 1") == [(1,)]
        assert engine.process.pid != first


def test_after_the_deadline_of_all_nothing_is_asked_and_nothing_runs(orders):
    with Sandbox(described(orders), deadline_s=1) as engine:
        child = engine.process.pid
        assert refused(engine, ENDLESS) == "deadline"
        assert refused(engine, "SELECT 1") == "deadline"
        assert gone(child)


def test_a_process_that_dies_is_told_and_another_one_answers(orders):
    with Sandbox(described(orders)) as engine:
        threading.Timer(0.3, os.kill, [engine.process.pid, signal.SIGKILL]).start()

        assert refused(engine, ENDLESS) == "died"
        assert engine.fetch("SELECT count(*) FROM payload") == [(5,)]


def test_what_is_cancelled_ends_soon_even_if_it_does_not_hear(orders, monkeypatch):
    monkeypatch.setattr(sandbox, "GRACE_S", 0.3)
    with Sandbox(described(orders)) as engine:
        threading.Timer(0.2, engine.cancel).start()
        assert refused(engine, ENDLESS) == "cancelled"
        # Whoever cancels between two questions is heard too.
        assert refused(engine, "SELECT 1") == "cancelled"
    with Sandbox(described(orders)) as engine:
        child = engine.process.pid
        os.kill(child, signal.SIGSTOP)
        threading.Timer(0.2, engine.cancel).start()
        assert refused(engine, "SELECT 1") == "cancelled"
        assert gone(child)


def test_an_answer_beyond_the_limit_does_not_reach_the_parent(orders):
    with Sandbox(described(orders, bytes=100_000)) as engine:
        assert refused(engine, "SELECT range FROM range(50000)") == "too_much"
        assert refused(engine, "SELECT repeat('x', 200000)") == "too_much"
        # Few bytes to the engine, many in a line.
        assert refused(engine, "SELECT range::DECIMAL(18,0) FROM range(9000)") == "too_much"
        assert len(engine.fetch("SELECT range FROM range(1000)")) == 1000


def test_no_process_is_left_when_the_portal_s_own_is_killed(orders):
    script = (
        "import sys; from apps.payload.sandbox import Sandbox; from apps.payload.engines.description import *\n"
        f"table = Table(files=({str(orders)!r},), format='parquet')\n"
        "with Sandbox(Description('files', (table,))) as engine:\n"
        "    print(engine.process.pid, flush=True)\n"
        f"    engine.fetch({ENDLESS!r})\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=sandbox.ROOT, text=True
    )
    child = int(parent.stdout.readline())
    assert alive(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert gone(child)


def test_a_process_that_is_left_before_it_can_be_bound_ends_by_itself(orders):
    orphan = subprocess.run(
        [sys.executable, "-I", "-c", sandbox.START, "1", sandbox.ROOT],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert orphan.returncode == 1
    assert orphan.stdout == b""


def test_what_cannot_be_opened_is_said_at_once_and_leaves_no_process(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 this is no such file")
    opened = Sandbox(described(tmp_path / "broken.parquet"))

    with pytest.raises(Unanswered, match="format"):
        opened.__enter__()

    assert opened.process is None


def test_footers_are_read_once_for_a_state_of_the_data(orders, tmp_path):
    with Sandbox(described(orders), footers=Footers(tmp_path)) as engine:
        asked, ask = [], engine._ask
        engine._ask = lambda what, *given, **limits: asked.append(what) or ask(what, *given, **limits)

        first, second = engine.metadata(), engine.metadata()

    assert first == second
    assert first.columns["placed"] == ColumnBounds(0, datetime.date(2026, 1, 1), datetime.date(2026, 1, 5))
    assert asked.count("metadata") == 1


def test_neither_child_nor_engines_know_django():
    modules = ["apps.payload.child", "apps.payload.sandbox", "apps.payload.footers"]
    modules += [
        f"apps.payload.engines.{one.stem}" for one in Path(sandbox.ROOT, "apps/payload/engines").glob("*.py")
    ]
    script = (
        f"import sys; sys.path.insert(0, {sandbox.ROOT!r}); from importlib import import_module\n"
        f"for name in {modules!r}: import_module(name)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('django', 'ibis', 'portal')))"
    )

    said = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
