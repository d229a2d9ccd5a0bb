"""The chain of seals: what a seal says, how it is signed, and how two seals must follow each other. Pure.

A seal covers the rows of the transactions from `from_txid` to before `to_txid`. Its digest is SHA-256 over the SHA-256 of each row,
in the order of (txid, seq), and the digest of the seal before it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BEGINNING = bytes(32)  # the digest before the first seal
FORM = "dcs-seal-1"
MARK = 16  # bytes: the row's seq, and the first eight bytes of its SHA-256


@dataclass(frozen=True)
class Sealed:
    """One seal as it is signed; `digest` and `previous` in hex, `sealed_at` in ISO 8601."""

    number: int
    from_txid: int
    to_txid: int
    rows: int
    first_seq: int | None
    last_seq: int | None
    digest: str
    previous: str
    kid: str
    sealed_at: str

    def message(self) -> bytes:
        """What is signed: every field on a line of its own."""
        return "\n".join([FORM, *(str(value) for value in asdict(self).values())]).encode()


def private_key(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def is_signed(seal: Sealed, signature: bytes, public: bytes) -> bool:
    """True if the holder of the private half of `public` has signed the seal as it stands."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, seal.message())
    except (InvalidSignature, ValueError):
        return False
    return True


def follows(seal: Sealed, before: Sealed | None) -> bool:
    """True if nothing lies between the two seals; `before` is None for the first one."""
    if before is None:
        return seal.number == 1 and seal.previous == BEGINNING.hex()
    return (seal.number, seal.previous, seal.from_txid) == (before.number + 1, before.digest, before.to_txid)


def marked(marks: bytes) -> dict[int, bytes]:
    """{seq: first bytes of its digest} of the marks of a seal, in its order."""
    parts: Iterable[bytes] = (marks[at : at + MARK] for at in range(0, len(marks), MARK))
    return {int.from_bytes(part[:8], "big", signed=True): part[8:] for part in parts}


def differences(then: bytes, now: bytes) -> list[tuple[str, int]]:
    """[(what happened, seq)] between the marks of a seal and those of the rows that are there now.

    What happened is `changed`, `deleted`, `inserted`, or `reordered` for rows that are the same in another order.
    """
    before, after = marked(then), marked(now)
    found = [("deleted", seq) for seq in before if seq not in after]
    found += [("inserted", seq) for seq in after if seq not in before]
    found += [("changed", seq) for seq, mark in before.items() if seq in after and after[seq] != mark]
    if not found and list(before) != list(after):
        found = [("reordered", seq) for seq, other in zip(before, after, strict=True) if seq != other]
    return sorted(found, key=lambda each: each[1])
