"""Proving that nobody has touched the log: rows, digests, the chain, signatures, the anchor, the triggers, the lag of sealing."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.dcs import keyring

from . import seals
from .chain import BEGINNING, Sealed, differences, follows, is_signed

LAG = timedelta(minutes=15)
NAMED = 20  # rows that a defect names one by one


@dataclass(frozen=True)
class Defect:
    """Something that does not fit: its kind, the seal, the range of seq and the row that it concerns, and a sentence."""

    kind: str
    sentence: str
    seal: int | None = None
    first_seq: int | None = None
    last_seq: int | None = None
    row: int | None = None


@dataclass
class Verdict:
    """What was looked at, and the defects; `until` is the time of the last seal."""

    seals: int = 0
    rows: int = 0
    anchored: int = 0
    until: object = None
    defects: tuple = ()

    @property
    def is_sound(self):
        return not self.defects

    def as_dict(self):
        return {
            "sound": self.is_sound,
            "seals": self.seals,
            "rows": self.rows,
            "anchored": self.anchored,
            "sealed_until": self.until,
            "defects": [asdict(defect) for defect in self.defects],
        }


def verify(*, since=None, until=None, anchor=None, say=None):
    """The `Verdict` over the seals that were made between two moments, all of them without; one seal is in memory at a time.

    `anchor` is the file of the anchor; the one of the settings if none is named. The chain is followed from its beginning in
    any case; digests are computed anew within the range.
    """
    verdict, found, keys, before = Verdict(), [], {}, None
    chain = {}
    for sealed, signature in _stored():
        chain[sealed.number] = (sealed.digest, signature)
        found += _linked(sealed, before)
        found += _signed(sealed, signature, keys)
        if (since is None or sealed.sealed_at >= since) and (until is None or sealed.sealed_at < until):
            found += _rows(sealed)
            verdict.rows += sealed.rows
            verdict.seals += 1
            if say:
                say(verdict)
        before = sealed
    verdict.until = before.sealed_at if before else None
    verdict.anchored, missing = _anchored(chain, anchor)
    verdict.defects = (*found, *missing, *_unguarded(), *_lag(before))
    return verdict


def _stored():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {seals.FIELDS}, signature FROM dcs.audit_seals ORDER BY number")  # noqa: S608 - a constant
        for *row, signature in cursor.fetchall():
            yield seals.read(row), bytes(signature)


def _linked(sealed: Sealed, before):
    if follows(sealed, before):
        return []
    expected = before.number + 1 if before else 1
    if sealed.number > expected:
        gone = (
            _("Seal %(first)s is gone.")
            if sealed.number == expected + 1
            else _("Seals %(first)s to %(last)s are gone.")
        )
        said = gone % {"first": expected, "last": sealed.number - 1}
        first = before.last_seq + 1 if before and before.last_seq else 1
        return [Defect("seal_deleted", said, expected, first, sealed.first_seq)]
    said = _("Seal %(number)s does not continue the one before it.") % {"number": sealed.number}
    return [Defect("chain_broken", said, sealed.number, sealed.first_seq, sealed.last_seq)]


def _signed(sealed, signature, keys):
    try:
        if sealed.kid not in keys:
            keys[sealed.kid] = seals.public_key(sealed.kid)
    except keyring.NoKey:
        said = _("The key of seal %(number)s is not in the ring.") % {"number": sealed.number}
        return [Defect("key_missing", said, sealed.number, sealed.first_seq, sealed.last_seq)]
    if is_signed(sealed, signature, keys[sealed.kid]):
        return []
    said = _("The signature of seal %(number)s does not hold.") % {"number": sealed.number}
    return [Defect("signature_wrong", said, sealed.number, sealed.first_seq, sealed.last_seq)]


def _rows(sealed):
    """The rows of one seal, digested anew by the database; only where the digest differs are marks compared."""
    previous = bytes.fromhex(sealed.previous) if sealed.previous else BEGINNING
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(d.digest, 'hex'), CASE WHEN encode(d.digest, 'hex') <> %s THEN d.marks END"
            " FROM dcs.audit_digest(%s::text::xid8, %s::text::xid8, %s) d",
            [sealed.digest, sealed.from_txid, sealed.to_txid, previous],
        )
        digest, now = cursor.fetchone()
        if digest == sealed.digest:
            return []
        cursor.execute("SELECT marks FROM dcs.audit_seals WHERE number = %s", [sealed.number])
        (then,) = cursor.fetchone()
    return [
        Defect(
            f"row_{what}",
            _said(what) % {"row": seq, "seal": sealed.number},
            sealed.number,
            sealed.first_seq,
            sealed.last_seq,
            seq,
        )
        for what, seq in differences(bytes(then), bytes(now))
    ] or [
        Defect(
            "digest_wrong",
            _("The digest of seal %(seal)s is not that of its rows.") % {"seal": sealed.number},
            sealed.number,
            sealed.first_seq,
            sealed.last_seq,
        )
    ]


def _said(what):
    return {
        "changed": _("Row %(row)s under seal %(seal)s was changed."),
        "deleted": _("Row %(row)s under seal %(seal)s was deleted."),
        "inserted": _("Row %(row)s was added below seal %(seal)s afterwards."),
        "reordered": _("Row %(row)s under seal %(seal)s stands at another place."),
    }[what]


def _anchored(chain, anchor):
    """(lines of the anchor, defects): what the anchor knows must be in the database, as it was."""
    path = anchor or seals.anchor_file()
    try:
        with open(path) as file:
            known = list(seals.lines(file))
    except FileNotFoundError:
        if not chain and anchor is None:
            return 0, []
        return 0, [Defect("anchor_missing", _("There is no anchor: a rewritten chain would not be noticed."))]
    except ValueError:
        return 0, [Defect("anchor_damaged", _("The anchor cannot be read."))]
    found, gone = [], []
    for line in known:
        number = line["number"]
        if number not in chain:
            gone.append(number)
        elif chain[number] != (line["digest"], bytes.fromhex(line["signature"])):
            said = _("Seal %(number)s is not the one that was anchored: the chain was written anew.") % {
                "number": number
            }
            found.append(Defect("chain_rewritten", said, number, line["first_seq"], line["last_seq"]))
    newest = max(chain, default=0)
    if behind := [number for number in gone if number > newest]:
        said = _(
            "The anchor knows seals up to %(last)s, the database up to %(newest)s: an older state was restored."
        )
        found.append(Defect("older_backup", said % {"last": max(behind), "newest": newest}, min(behind)))
    return len(known), found


def _unguarded():
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, trigger_name FROM dcs.audit_unguarded()")
        return [
            Defect(
                "trigger_missing",
                _("The trigger %(trigger)s of %(table)s is missing or switched off.")
                % {"trigger": name, "table": table},
            )
            for table, name in cursor
        ]


def _lag(newest):
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.audit_unsealed_since(%s::text::xid8)", [newest.to_txid if newest else 0])
        (oldest,) = cursor.fetchone()
    if oldest is None or timezone.now() - oldest <= LAG:
        return []
    return [
        Defect(
            "sealing_lags",
            _("Changes wait for their seal since %(moment)s.") % {"moment": f"{oldest:%Y-%m-%d %H:%M} UTC"},
        )
    ]
