"""Seals over the log: whatever somebody with all rights does to it is found, and named by seal and row."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections

from apps.audit import seals, verifying
from apps.audit.context import acting
from apps.dcs import keyring
from apps.people.reader import system
from tests.factories import DomainFactory

ROOT = Path(__file__).parents[2]
SYSTEM = system("test")


@pytest.fixture
def sealed(own_database, server, settings, tmp_path):
    """Three seals over a few changes each, their anchor, and a connection of a superuser."""
    settings.DCS_KEYS = keyring.fresh()
    settings.AUDIT_ANCHOR = str(tmp_path / "anchor.jsonl")
    for part in range(3):
        with acting(SYSTEM, reason="Stock is taken."):
            for _each in range(3):
                DomainFactory(name=f"domain {part} {_each}")
        sealed_now()
    with server.connect(own_database) as superuser:
        superuser.autocommit = True
        yield superuser


def sealed_now(**given):
    """Seal until nothing waits: other tests' transactions on the same server hold seals back until they end."""
    made = seals.seal(**given)
    give_up = time.monotonic() + 60
    while _waiting() and time.monotonic() < give_up:
        made += seals.seal(**given)
    assert not _waiting()
    return made


def _waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(to_txid), '0') FROM dcs.audit_seals")
        cursor.execute("SELECT dcs.audit_unsealed_since(%s)", cursor.fetchone())
        return cursor.fetchone()[0] is not None


def counted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dcs.audit_seals")
        return cursor.fetchone()[0]


def kinds(**given):
    return [(defect.kind, defect.seal, defect.row) for defect in verifying.verify(**given).defects]


def free(superuser, table="metadata_audit_log"):
    """What a superuser does first, and puts back afterwards."""
    superuser.execute(f"ALTER TABLE dcs.{table} DISABLE TRIGGER USER")


def bound(superuser, table="metadata_audit_log"):
    superuser.execute(f"ALTER TABLE dcs.{table} ENABLE ALWAYS TRIGGER append_only")
    superuser.execute(f"ALTER TABLE dcs.{table} ENABLE ALWAYS TRIGGER append_only_truncate")


def second(superuser):
    """(number of the second seal, a seq under it)."""
    return superuser.execute("SELECT number, first_seq + 1 FROM dcs.audit_seals WHERE number = 2").fetchone()


def test_an_untouched_log_is_sound(sealed):
    verdict = verifying.verify()

    assert verdict.is_sound, verdict.defects
    assert verdict.seals == counted() == verdict.anchored >= 3
    assert verdict.rows == sealed.execute("SELECT sum(rows) FROM dcs.audit_seals").fetchone()[0] > 9


def test_a_changed_row_is_named(sealed):
    number, seq = second(sealed)
    free(sealed)
    sealed.execute("UPDATE dcs.metadata_audit_log SET changed_by = 'nobody' WHERE seq = %s", [seq])
    bound(sealed)

    assert kinds() == [("row_changed", number, seq)]


def test_a_deleted_row_is_named(sealed):
    number, seq = second(sealed)
    free(sealed)
    sealed.execute("DELETE FROM dcs.metadata_audit_log WHERE seq = %s", [seq])
    bound(sealed)

    assert kinds() == [("row_deleted", number, seq)]


def test_a_row_that_was_slipped_in_is_named(sealed):
    number, seq = second(sealed)
    sealed.execute(
        "INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, changed_by, txid, seq)"
        " SELECT table_name, gen_random_uuid(), operation, changed_by, txid, 999999 FROM dcs.metadata_audit_log WHERE seq = %s",
        [seq],
    )

    assert kinds() == [("row_inserted", number, 999999)]


def test_rows_that_changed_places_are_named(sealed):
    number, seq = second(sealed)
    free(sealed)
    for before, after in ((seq, -1), (seq + 1, seq), (-1, seq + 1)):
        sealed.execute("UPDATE dcs.metadata_audit_log SET seq = %s WHERE seq = %s", [after, before])
    bound(sealed)

    assert kinds() == [("row_changed", number, seq), ("row_changed", number, seq + 1)]


def test_a_seal_that_is_gone_is_named(sealed):
    free(sealed, "audit_seals")
    sealed.execute("DELETE FROM dcs.audit_seals WHERE number = 2")
    bound(sealed, "audit_seals")

    assert kinds() == [("seal_deleted", 2, None)]


def test_a_chain_that_was_written_anew_with_the_key_itself_is_found_by_the_anchor(sealed, settings, tmp_path):
    _number, seq = second(sealed)
    free(sealed)
    free(sealed, "audit_seals")
    sealed.execute("UPDATE dcs.metadata_audit_log SET changed_by = 'nobody' WHERE seq = %s", [seq])
    sealed.execute("DELETE FROM dcs.audit_seals")
    bound(sealed)
    bound(sealed, "audit_seals")
    kept, settings.AUDIT_ANCHOR = settings.AUDIT_ANCHOR, str(tmp_path / "other.jsonl")
    sealed_now()
    assert verifying.verify().is_sound

    found = kinds(anchor=kept)

    assert ("chain_rewritten", 1, None) in found


def test_a_digest_that_was_written_anew_without_the_key_is_found_by_its_signature(sealed):
    free(sealed, "audit_seals")
    sealed.execute("UPDATE dcs.audit_seals SET rows = rows - 1, marks = substr(marks, 17) WHERE number = 3")
    bound(sealed, "audit_seals")

    assert ("signature_wrong", 3, None) in kinds()


def test_a_trigger_that_is_switched_off_or_dropped_is_named(sealed):
    free(sealed)
    sealed.execute("DROP TRIGGER audit_update ON dcs.domains")

    said = [defect.sentence for defect in verifying.verify().defects]

    assert "The trigger append_only of metadata_audit_log is missing or switched off." in said
    assert "The trigger audit_update of domains is missing or switched off." in said


def test_an_older_backup_is_found_by_the_anchor(sealed, server, own_database):
    sealed.close()
    older, newest = f"{own_database}_old", counted()
    connections.close_all()
    try:
        server.create(older, template=own_database)
        with acting(SYSTEM):
            DomainFactory()
        sealed_now()
        _use(older)

        (defect,) = verifying.verify().defects
    finally:
        connections.close_all()
        _use(own_database)
        server.drop(older)

    assert (defect.kind, defect.seal) == ("older_backup", newest + 1)
    assert "an older state was restored" in defect.sentence


def _use(name):
    for alias in ("default", "progress"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def test_who_serves_the_portal_may_neither_change_nor_remove_a_seal(sealed):
    for statement in (
        "UPDATE dcs.audit_seals SET rows = 0",
        "DELETE FROM dcs.audit_seals",
        "TRUNCATE dcs.audit_seals",
    ):
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_transaction_that_is_still_open_is_sealed_after_it_has_ended(sealed):
    sealed.autocommit = False
    sealed.execute("UPDATE dcs.domains SET description = 'late' WHERE name = 'domain 0 0'")
    with acting(SYSTEM):
        DomainFactory(name="meanwhile")
    before = counted()

    assert seals.seal() == []
    sealed.commit()
    made = sealed_now()

    assert counted() == before + len(made) > before
    sealed.autocommit = True
    assert verifying.verify().is_sound


def test_sealing_that_stopped_for_a_day_is_told_and_catches_up_without_overlap(sealed):
    sealed.execute(
        "INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, changed_at)"
        " VALUES ('domains', gen_random_uuid(), 'INSERT', now() - interval '1 day')"
    )
    assert [kind for kind, _seal, _row in kinds()] == ["sealing_lags"]

    threads = [threading.Thread(target=_seal_apart) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed_now()

    assert verifying.verify().is_sound


def _seal_apart():
    try:
        seals.seal()
    finally:
        connections.close_all()


def test_many_rows_become_several_seals_that_part_no_transaction(sealed):
    with acting(SYSTEM):
        for each in range(8):
            DomainFactory(name=f"many {each}")
    with acting(SYSTEM):
        DomainFactory(name="one more")

    made = sealed_now(most=3)

    assert len(made) >= 2
    assert made[0].to_txid == made[1].from_txid
    assert verifying.verify().is_sound


def test_without_its_anchor_a_sealed_log_is_not_sound(sealed, settings):
    Path(settings.AUDIT_ANCHOR).unlink()

    assert [kind for kind, _seal, _row in kinds()] == ["anchor_missing"]


def test_an_anchor_that_lacks_seals_gets_them(sealed, settings):
    anchor = Path(settings.AUDIT_ANCHOR)
    anchor.write_text(anchor.read_text().splitlines(keepends=True)[0] + '{"number": 2, "half')

    seals.anchor()

    assert verifying.verify().is_sound


def test_the_command_names_the_row_and_ends_with_one(sealed, capsys):
    number, seq = second(sealed)
    call_command("audit", "verify")
    assert "all fits" in capsys.readouterr().out
    free(sealed)
    sealed.execute("UPDATE dcs.metadata_audit_log SET changed_by = 'nobody' WHERE seq = %s", [seq])
    bound(sealed)

    with pytest.raises(SystemExit, match="1"):
        call_command("audit", "verify", "--json")

    told = json.loads(capsys.readouterr().out)
    assert not told["sound"]
    assert [(one["kind"], one["seal"], one["row"]) for one in told["defects"]] == [
        ("row_changed", number, seq)
    ]


def test_the_command_seals_what_waits_and_anchors_it(sealed, settings, capsys):
    with acting(SYSTEM):
        DomainFactory(name="late")

    call_command("audit", "seal")
    sealed_now()

    assert "seals over" in capsys.readouterr().out
    assert len(Path(settings.AUDIT_ANCHOR).read_text().splitlines()) == counted()
    assert verifying.verify().is_sound


def test_an_export_is_checked_elsewhere_without_the_portal(sealed, settings, tmp_path, capsys):
    call_command("audit", "export", str(tmp_path / "log.jsonl"))
    call_command("audit", "key")
    kid, public = capsys.readouterr().out.split()[-2:]

    def checked(path):
        command = [sys.executable, "-I", str(ROOT / "verify_audit.py"), str(path), "--key", f"{kid}={public}"]
        return subprocess.run([*command, "--anchor", settings.AUDIT_ANCHOR], capture_output=True, text=True)

    assert checked(tmp_path / "log.jsonl").stdout == "all fits\n"
    text = (tmp_path / "log.jsonl").read_text()
    (tmp_path / "forged.jsonl").write_text(text.replace("domain 1 1", "domain 1 9"))
    forged = checked(tmp_path / "forged.jsonl")
    assert forged.returncode == 1
    assert forged.stdout.endswith("its rows are not those that were sealed\n1 defects\n")
    rows = text.splitlines(keepends=True)
    (tmp_path / "short.jsonl").write_text("".join(rows[:-1]))
    assert "rows were sealed" in checked(tmp_path / "short.jsonl").stdout
