"""One command starts the whole portal, one key ends it, and neither a second start nor a crash confuses it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from apps.dcs.embedded import Cluster

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120
LAST_WORDS = "Ctrl-C stops everything."


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Portal:
    """A portal in a folder of its own, started as `make run` does."""

    def __init__(self, var):
        self.var, self.port = var, free_port()
        self.log = (var / "out.log").open("w+")
        self.process = None
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DCS_", "DATABASE_URL"))
        }
        self.environment = {
            **kept,
            "DCS_VAR": str(var),
            "SECRET_KEY": "only for tests, and long enough to be no warning",
            "DEMO_PASSWORD": "a password of the demo",
            "PYTHONUNBUFFERED": "1",
        }

    def command(self, *arguments):
        return [sys.executable, "manage.py", "up", "--port", str(self.port), *arguments]

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        begun = self.said().count(LAST_WORDS)
        self.process = subprocess.Popen(
            self.command(),
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while self.said().count(LAST_WORDS) == begun:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"It did not start:\n{self.said()}")
            time.sleep(0.1)

    def said(self):
        self.log.flush()
        return (self.var / "out.log").read_text()

    def once_more(self, *arguments):
        """Start a second one beside it; returns what it said and its exit code."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout + done.stderr, done.returncode

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def until(self, condition, what):
        deadline = time.monotonic() + 30
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"{what} did not happen:\n{self.said()}")
            time.sleep(0.1)

    def children(self, word):
        """The processes of this portal whose command contains `word`."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
                mine = f"DCS_VAR={self.var}".encode() in (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mine and word in words and (entry / "stat").read_text().split(")")[1].split()[0] != "Z":
                found.append(int(entry.name))
        return found

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(40)


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a portal") / "its var"
    folder.mkdir()
    yield folder
    base = Cluster(folder / "postgres").base
    if base != folder / "postgres":
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def kept(var):
    """The one portal of these tests; it is stopped at their end."""
    portal = Portal(var)
    yield portal
    if portal.runs:
        portal.stop()


@pytest.fixture
def portal(kept):
    """That portal, running."""
    if not kept.runs:
        kept.start()
    return kept


pytestmark = pytest.mark.xdist_group("up")


def test_it_brings_its_demo_and_says_how_to_get_in(portal):
    said = portal.said()

    assert "The jaffle shop is in: 8 capsules." in said
    assert f"http://127.0.0.1:{portal.port}" in said
    assert "a password of the demo" in said
    for person in ("analyst", "steward2", "policyadmin2", "contractowner", "producer", "auditor", "admin"):
        assert person in said
    assert portal.get("/sign-in/")[0] == 200
    assert json.loads(portal.get("/api/v1/health/live")[1])["status"] == "ok"


def test_a_second_start_says_where_the_first_one_runs(portal):
    said, code = portal.once_more()

    assert code != 0
    assert f"already runs at http://127.0.0.1:{portal.port}" in said


def test_a_part_that_dies_is_started_again(portal):
    before = portal.said().count("web part ended")
    web = min(portal.children("granian"))

    os.kill(web, signal.SIGKILL)
    portal.until(lambda: portal.said().count("web part ended") > before, "The restart")
    portal.until(lambda: answers(portal), "An answer")

    assert portal.runs


def test_ctrl_c_stops_everything_and_leaves_nothing_behind(portal):
    code = portal.stop()

    assert code == 0
    assert "Stopped." in portal.said()
    assert portal.children("granian") == portal.children("manage.py") == []
    assert not answers(portal)
    assert not (Cluster(portal.var / "postgres").data / "postmaster.pid").exists()


def test_a_taken_port_is_named_with_the_way_out(portal):
    portal.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", portal.port))
        other.listen()
        said, code = portal.once_more()

    assert code != 0
    assert f"Port {portal.port} on 127.0.0.1 is taken" in said
    assert f"PORT={portal.port + 1}" in said


def test_after_a_kill_without_warning_it_starts_again_with_its_data(portal):
    filled = portal.said().count("The jaffle shop is in")
    portal.process.kill()
    portal.process.wait()
    for word in ("granian", "manage.py"):
        for child in portal.children(word):
            os.kill(child, signal.SIGKILL)

    portal.start()

    assert portal.get("/sign-in/")[0] == 200
    assert portal.said().count("The jaffle shop is in") == filled


def answers(portal):
    try:
        return portal.get("/api/v1/health/live")[0] == 200
    except OSError:
        return False
