"""A worker that is killed while it reads: the run is taken up by another within a minute, and nothing is stored twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.people.reader import reader_of
from apps.quality import running
from apps.quality.models import QualityCheck
from tests.factories import QualityRuleFactory, UserFactory
from tests.quality import shop
from tests.quality.test_stopping import ENDLESS

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


class Workers:
    """Workers as users start them, on the database of one test and with short signs of life."""

    def __init__(self, database, folder, **surroundings):
        self.environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DCS_DATABASE": database, "PAYLOAD_ROOTS": str(folder),
            "PAYLOAD_WORK": str(folder / "work"), "QUALITY_CACHE": "", "HEARTBEAT_SECONDS": "0.5", **surroundings,
        }  # fmt: skip
        self.started = []

    def start(self):
        command = [sys.executable, "manage.py", "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        self.started.append(worker)
        return worker

    @staticmethod
    def kill(worker):
        """As the kernel does it when memory runs out: the one process, which can do nothing about it."""
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def end(self):
        for worker in self.started:
            if worker.poll() is None:
                self.kill(worker)


@pytest.fixture
def workers(own_database, tmp_path):
    made = Workers(own_database, tmp_path, QUALITY_DEADLINE_S="300")
    yield made
    made.end()


def until(run, held, seconds=PATIENCE_S):
    """Wait for `held(run)` and answer how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        run.refresh_from_db()
        if held(run):
            return time.monotonic() - began
        time.sleep(0.1)
    pytest.fail(f"{run} is {run.state} after {seconds} s ({run.error})")


def test_a_run_whose_worker_is_killed_is_finished_by_the_next_or_given_up_and_stored_once(
    workers, tmp_path, settings
):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    orders = shop.capsule(shop.write(tmp_path))
    shop.rule(orders, "status")
    slow = QualityRuleFactory(capsule=orders, rule_type="custom_sql", name="endless", config={"sql": ENDLESS})
    run = running.accept(orders, reader=reader_of(UserFactory(role="producer")))
    first = workers.start()
    until(run, lambda run: run.state == "running")

    workers.kill(first)
    assert not QualityCheck.objects.filter(run=run).exists()
    second = workers.start()
    until(run, lambda run: run.attempts == 2)
    workers.kill(second)
    workers.start()
    took = until(run, lambda run: run.is_finished)

    assert (run.state, run.error_code) == ("failed", "died")
    assert took < PATIENCE_S
    assert not QualityCheck.objects.filter(run=run).exists()

    slow.delete()
    run = running.accept(orders, reader=reader_of(UserFactory(role="producer")))
    until(run, lambda run: run.is_finished)
    assert (run.state, QualityCheck.objects.filter(run=run).count()) == ("finished", 1)


def test_a_check_that_takes_long_does_not_keep_another_waiting(workers, tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    producer = reader_of(UserFactory(role="producer"))
    path = shop.write(tmp_path)
    slow, quick = shop.capsule(path), shop.capsule(path, urn="urn:dcs:dbt:model:jaffle_shop.marts:orders")
    QualityRuleFactory(capsule=slow, rule_type="custom_sql", name="endless", config={"sql": ENDLESS})
    shop.rule(quick, "status")
    long_run, short_run = (running.accept(each, reader=producer) for each in (slow, quick))

    workers.start()
    until(short_run, lambda run: run.is_finished)

    long_run.refresh_from_db()
    assert (short_run.state, long_run.state) == ("finished", "running")
