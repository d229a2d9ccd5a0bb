"""A run that reads is stopped within two seconds, statement and all."""

import threading
import time

import pytest
from django.db import connections

from apps.people.reader import reader_of
from apps.quality import running
from tests.factories import QualityRuleFactory, UserFactory
from tests.quality import shop

# Ten thousand million rows: nobody waits for these.
ENDLESS = "SELECT a.order_id FROM payload a, payload b, payload c, payload d, payload e WHERE a.amount + b.amount * c.amount + d.amount - e.amount = 0.5"


@pytest.mark.usefixtures("own_database")
def test_a_run_that_reads_is_cancelled_within_two_seconds(tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    settings.PAYLOAD_WORK = str(tmp_path / "work")
    orders = shop.capsule(shop.write(tmp_path))
    QualityRuleFactory(capsule=orders, rule_type="custom_sql", name="endless", config={"sql": ENDLESS})
    producer = reader_of(UserFactory(role="producer"))
    run = running.accept(orders, reader=producer)

    def work():
        try:
            running.carry_out(run.pk)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        run.refresh_from_db()
        if run.state == "running":
            break
        time.sleep(0.05)
    time.sleep(1)  # so that the statement runs
    began = time.monotonic()
    assert running.cancel(run, by=producer)
    worker.join(timeout=10)
    took = time.monotonic() - began

    run.refresh_from_db()
    assert (run.state, run.checks.count()) == ("cancelled", 0), run.error
    assert took < 3  # two, and one for a busy machine
