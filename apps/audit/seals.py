"""Sealing the log: every five minutes and when the portal stops, what is finished is digested, signed and anchored.

The key lies in the ring outside of the database, and each seal is also a line of a file outside of it (`AUDIT_ANCHOR`):
who may do anything in the database can recompute every digest, but neither sign nor take back a line.
"""

import fcntl
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.dcs import keyring

from .chain import BEGINNING, Sealed, private_key, public_bytes

PURPOSE, INFO = "audit", "seal"
MOST = 100_000  # rows of one seal, unless one transaction wrote more
LOCK = 7_220_331  # one sealer at a time
FIELDS = "number, from_txid::text::bigint, to_txid::text::bigint, rows, first_seq, last_seq, encode(digest, 'hex'), encode(previous, 'hex'), kid, sealed_at"


def seal(*, most=MOST):
    """Seal all rows that nobody can add to any more; returns the new seals. Two at once make one chain."""
    made = []
    while (one := _seal_once(most)) is not None:
        made.append(one)
    anchor()
    return made


def _seal_once(most):
    key = keyring.ring().active(PURPOSE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        before = last(cursor)
        since = before.to_txid if before else 0
        previous = bytes.fromhex(before.digest) if before else BEGINNING
        cursor.execute("SELECT dcs.audit_sealable(%s::text::xid8, %s)::text::bigint", [since, most])
        (until,) = cursor.fetchone()
        if until <= since:
            return None
        cursor.execute(
            "SELECT * FROM dcs.audit_digest(%s::text::xid8, %s::text::xid8, %s)", [since, until, previous]
        )
        rows, first, final, digest, marks = cursor.fetchone()
        if not rows:
            return None
        one = Sealed(
            (before.number if before else 0) + 1,
            since,
            until,
            rows,
            first,
            final,
            bytes(digest).hex(),
            previous.hex(),
            key.kid,
            timezone.now().isoformat(),
        )
        signature = private_key(key.derive(INFO)).sign(one.message())
        cursor.execute(
            "INSERT INTO dcs.audit_seals (number, from_txid, to_txid, rows, first_seq, last_seq, digest, previous, kid, sealed_at,"
            " marks, signature) VALUES (%s, %s::text::xid8, %s::text::xid8, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *list(asdict(one).values())[:6],
                bytes(digest),
                previous,
                one.kid,
                one.sealed_at,
                marks,
                signature,
            ],
        )
        return one


def last(cursor):
    """The newest seal; None before the first."""
    cursor.execute(f"SELECT {FIELDS} FROM dcs.audit_seals ORDER BY number DESC LIMIT 1")  # noqa: S608 - a constant
    row = cursor.fetchone()
    return read(row) if row else None


def read(row):
    """The `Sealed` of a row of FIELDS; times are in UTC, as they were signed."""
    return replace(Sealed(*row), sealed_at=row[-1].isoformat())


def public_key(kid):
    """The public half of the key that made a seal, from the ring. Raises `keyring.NoKey`."""
    return public_bytes(private_key(keyring.ring().key(PURPOSE, kid).derive(INFO)))


# ---------- the anchor ----------


def anchor_file():
    """Where seals are noted outside of the database."""
    return Path(settings.AUDIT_ANCHOR or settings.VAR_DIR / "audit-seals.jsonl")


def anchor():
    """Append to the anchor the seals that it lacks; lines that are there are never touched."""
    path = anchor_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # half a line that a power cut left
            file.truncate(len(whole.encode()))
        known = max((line["number"] for line in lines(whole.splitlines(keepends=True))), default=0)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {FIELDS}, encode(signature, 'hex') FROM dcs.audit_seals WHERE number > %s ORDER BY number",  # noqa: S608
                [known],
            )
            for *row, signature in cursor.fetchall():
                file.write(json.dumps({**asdict(read(row)), "signature": signature}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def lines(file):
    """The lines of an anchor as dicts; half a line that a power cut left is no line."""
    for text in file:
        if text.endswith("\n") and text.strip():
            yield json.loads(text)
