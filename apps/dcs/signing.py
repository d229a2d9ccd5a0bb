"""Sign who acts, so that PostgreSQL believes the portal and nobody else who can run SQL (trust.md, section 1.4)."""

import hashlib
import hmac
import json
import time
from functools import lru_cache

from django.conf import settings

from . import keyring

PURPOSE = "context"
BLOCK = 64  # bytes that SHA-256 takes at once; HMAC's key is made as long


def sign(*, person, clearance, roles=(), via=""):
    """The value of `dcs.ctx` for a transaction that begins within `CONTEXT_SECONDS`.

    Raises `keyring.NoKey`.
    """
    said = {
        "person": person,
        "clearance": clearance,
        "roles": sorted(roles),
        "via": via,
        "until": int(time.time()) + settings.CONTEXT_SECONDS,
    }
    key = keyring.ring().active(PURPOSE)
    signed = f"{key.kid}|{json.dumps(said, separators=(',', ':'))}"
    return f"{signed}|{hmac.new(key.derive(), signed.encode(), hashlib.sha256).hexdigest()}"


@lru_cache(256)
def read(value):
    """What a context of our own says, as a mapping; empty for none. The signature is PostgreSQL's to check."""
    return json.loads(value.split("|", 1)[1].rpartition("|")[0]) if value else {}


def pads(key):
    """(inner, outer): a key of the ring as PostgreSQL needs it to compute HMAC with `sha256` alone."""
    padded = key.derive().ljust(BLOCK, b"\0")
    return tuple(bytes(byte ^ mask for byte in padded) for mask in (0x36, 0x5C))


def tell(cursor):
    """Let the database check what is signed with the keys of the ring, and with no other; as the owner of the table."""
    cursor.execute("SELECT to_regclass('dcs.context_keys') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return
    known = {key.kid: pads(key) for key in keyring.ring().usable(PURPOSE)}
    cursor.execute("DELETE FROM dcs.context_keys WHERE kid <> ALL (%s)", [list(known)])
    for kid, (inner, outer) in known.items():
        cursor.execute(
            "INSERT INTO dcs.context_keys VALUES (%s, %s, %s) ON CONFLICT (kid) DO UPDATE"
            " SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad",
            [kid, inner, outer],
        )
