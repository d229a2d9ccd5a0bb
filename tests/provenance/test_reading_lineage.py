"""The whole lineage is read once and block by block, and no page waits for a large one."""

import threading

import numpy as np
import pytest

from apps.audit.context import acting
from apps.discovery import ahead
from apps.people.reader import system
from apps.provenance import impact, reach
from tests.catalog.test_capsule_page import text
from tests.discovery.pages import page, signed_in
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory

READER = system("test", clearance=2)


@pytest.fixture(autouse=True)
def _nothing_kept():
    reach._kept.clear()
    reach._took.clear()
    yield
    reach._kept.clear()
    reach._took.clear()


def star(number):
    """A column that feeds a column of each of many capsules."""
    hub = ColumnFactory()
    return hub, [ColumnEdgeFactory(source=hub).target for _ in range(number)]


@pytest.mark.django_db
def test_a_lineage_read_in_small_blocks_is_the_one_read_in_one(monkeypatch):
    hub, _columns = star(12)
    CapsuleEdgeFactory.create_batch(3)
    whole = [reach._load(kind) for kind in (reach.CAPSULES, reach.COLUMNS)]

    monkeypatch.setattr(reach, "BLOCK", 64)
    parts = [reach._load(kind) for kind in (reach.CAPSULES, reach.COLUMNS)]

    for one, other in zip(whole, parts, strict=True):
        assert len(one.keys) >= 6
        for name in ("keys", "ranks", "capsules", "held"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        for rows, others in ((one.down, other.down), (one.up, other.up)):
            assert np.array_equal(rows.starts, others.starts)
            assert np.array_equal(rows.targets, others.targets)
    assert len(reach.columns(hub.pk, READER)) == 12


@pytest.mark.django_db
@pytest.mark.parametrize("room", [True, False])
def test_a_large_lineage_is_laid_aside_where_there_is_room(monkeypatch, settings, tmp_path, room):
    hub, _columns = star(5)
    settings.VAR_DIR = tmp_path if room else tmp_path / "nowhere"
    monkeypatch.setattr(reach, "LARGE", 1)

    lineage = reach.graph(reach.COLUMNS)

    assert isinstance(lineage.keys.base, np.memmap) is room
    assert len(reach.columns(hub.pk, READER)) == 5
    assert list(tmp_path.iterdir()) == [], "nobody else can open it, and nothing is left behind"


@pytest.mark.django_db
def test_a_column_lies_in_the_capsule_that_holds_it():
    hub, columns = star(4)

    found = reach.holders(reach.COLUMNS, [hub.pk], READER)

    assert {bytes(key).ljust(16, b"\0") for key in found} == {one.capsule_id.bytes for one in columns}


@pytest.mark.django_db
def test_an_empty_estate_has_an_empty_lineage():
    for kind in (reach.CAPSULES, reach.COLUMNS):
        assert len(reach._load(kind).keys) == 0


@pytest.mark.django_db
def test_a_page_says_that_it_is_counting_while_somebody_else_reads(client):
    capsule = CapsuleFactory(columns=["amount"])

    with reach._reading[reach.COLUMNS]:
        read = text(page(signed_in(client, "analyst"), f"/lineage/?focus={capsule.urn}"))

    assert "is being counted" in read
    assert "Within ten steps 0 feed it" in text(page(client, f"/lineage/?focus={capsule.urn}"))


def test_what_took_long_is_read_behind_the_answer(own_database, monkeypatch):
    with acting(system("test")):
        hub, _columns = star(3)
    before, begun = reach.COLUMNS, []
    reach._took[reach.connection.settings_dict["NAME"], before] = 60

    class Thread(threading.Thread):
        def start(self):
            begun.append(self)
            super().start()

    monkeypatch.setattr(reach.threading, "Thread", Thread)
    assert impact.reaches(hub.capsule, READER) is None

    (thread,) = begun
    thread.join(30)
    assert impact.reaches(hub.capsule, READER) == 3


def test_a_process_reads_ahead_what_it_keeps(own_database, django_assert_max_num_queries):
    with acting(system("test")):
        hub, _columns = star(3)

    ahead.begin().join(30)

    for kind in (reach.CAPSULES, reach.COLUMNS):
        assert reach.known(kind) is not None
    with django_assert_max_num_queries(1):  # the counter
        assert len(reach.columns(hub.pk, READER)) == 3
