"""Keys that lie outside of the database: which there are, what each is for, and what is derived from them.

A ring is JSON, `{"keys": [{"kid", "purpose", "state", "secret"}]}`, in the file that `DCS_KEYS` names or in the variable
itself. What one purpose holds no other may use. A key that is missing or retired is an error, and never a new key
(trust.md, section 4.3).
"""

import base64
import binascii
import json
import os
import re
import secrets
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSES = ("context", "audit", "tokens", "connections", "masking", "vault-lookup", "vault-value")
ACTIVE, VERIFY_ONLY, RETIRED = STATES = ("active", "verify-only", "retired")
LEAST = 32  # bytes of a secret
KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class NoKey(Exception):
    """There is no key for what was asked; the message names the purpose and never the key."""


@dataclass(frozen=True)
class Key:
    """One key of the ring."""

    kid: str
    purpose: str
    state: str
    secret: bytes = field(repr=False)

    def derive(self, info="", *, length=32):
        """`length` bytes that belong to `info` alone: HKDF-SHA256 (RFC 5869) over the purpose and `info`."""
        return _derived(self, info, length)


@lru_cache(4096)
def _derived(key, info, length):
    told = key.purpose.encode() + b"\0" + info.encode()
    return HKDF(SHA256(), length, None, told).derive(key.secret)


class KeyRing:
    """The keys of an installation."""

    def __init__(self, keys):
        self._keys = {(key.purpose, key.kid): key for key in keys}

    def active(self, purpose):
        """The `Key` that new values get, the last one listed. Raises `NoKey`."""
        found = [key for key in self._keys.values() if key.purpose == purpose and key.state == ACTIVE]
        if not found:
            raise NoKey(f"No active key for {purpose}.")
        return found[-1]

    def usable(self, purpose):
        """Every `Key` with which a value of this purpose may have been made, as long as it is not retired."""
        return [key for key in self._keys.values() if key.purpose == purpose and key.state != RETIRED]

    def key(self, purpose, kid):
        """The `Key` with which a value was made, as long as it is not retired. Raises `NoKey`."""
        found = self._keys.get((purpose, kid))
        if found is None or found.state == RETIRED:
            raise NoKey(f"The key of a value for {purpose} is missing or retired.")
        return found


def read(text):
    """The `KeyRing` that a text says. Raises `NoKey` for one that is none, without repeating it."""
    try:
        keys = [_key(told) for told in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoKey("The key ring is damaged.") from None
    if len({(key.purpose, key.kid) for key in keys}) != len(keys):
        raise NoKey("The key ring names a key twice.")
    return KeyRing(keys)


def _key(told):
    key = Key(told["kid"], told["purpose"], told["state"], base64.b64decode(told["secret"], validate=True))
    if not KID.fullmatch(key.kid) or key.purpose not in PURPOSES or key.state not in STATES:
        raise ValueError
    if len(key.secret) < LEAST:
        raise ValueError
    return key


def fresh():
    """The text of a ring with one new key for each purpose."""
    return json.dumps({"keys": [new_key(purpose) for purpose in PURPOSES]}, indent=1)


def new_key(purpose):
    """A new active key, as a ring holds it; its name never comes back, so that a lost ring is not mistaken for a new one."""
    secret = base64.b64encode(secrets.token_bytes(LEAST)).decode()
    return {"kid": f"{purpose}-{secrets.token_hex(4)}", "purpose": purpose, "state": ACTIVE, "secret": secret}


def ring():
    """The `KeyRing` of this installation, read again when its file changes. Raises `NoKey`."""
    from django.conf import settings

    named = settings.DCS_KEYS
    if named.lstrip().startswith("{"):
        return _said(named)
    path = Path(named or settings.VAR_DIR / "keys.json")
    if not named and not path.exists():
        make(path)
    try:
        return _stored(path, path.stat().st_mtime_ns)
    except OSError:
        raise NoKey("The file of the key ring cannot be read.") from None


@cache
def _said(text):
    return read(text)


@lru_cache(8)
def _stored(path, _changed):
    try:
        return read(path.read_text())
    except (OSError, binascii.Error, UnicodeDecodeError):
        raise NoKey("The file of the key ring cannot be read.") from None


def make(path):
    """Write a fresh ring for nobody else to read; of two who do it at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
