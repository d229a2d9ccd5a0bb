"""The log's seals: `audit verify`, `audit seal`, `audit export`, `audit key`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apps.audit import seals, verifying
from apps.audit.context import acting
from apps.dcs import keyring
from apps.people.reader import system

BATCH = 5000


class Command(BaseCommand):
    help = "Seal the change log, prove that nobody has touched it, and export it for a check elsewhere."

    def add_arguments(self, parser):
        parts = parser.add_subparsers(dest="part", required=True)
        verify = parts.add_parser("verify", help="Ends with 0 if all fits, with 1 if something does not.")
        verify.add_argument("--since", help="Compute digests of seals made from this day or moment (UTC) on.")
        verify.add_argument("--until", help="… and before this one.")
        verify.add_argument("--anchor", help="The file of the anchor; default: that of the settings.")
        verify.add_argument("--json", action="store_true", help="Print the verdict as JSON and nothing else.")
        parts.add_parser("seal", help="Seal now what is finished.")
        export = parts.add_parser(
            "export", help="Write seals with their rows as lines of JSON, for verify_audit.py."
        )
        export.add_argument("file")
        export.add_argument("--first", type=int, default=1, help="The first seal.")
        export.add_argument("--last", type=int, help="The last seal; default: the newest.")
        parts.add_parser("key", help="Print the public keys, kid and hex, for a check elsewhere.")

    def handle(self, *args, part, **options):
        try:
            if part == "seal":
                # Each seal commits before it is anchored: nothing may stand around it.
                self._seal(options)
                return
            with acting(system("audit")):
                getattr(self, f"_{part}")(options)
        except keyring.NoKey as error:
            raise CommandError(str(error)) from None

    def _verify(self, options):
        since, until = _moment(options["since"]), _moment(options["until"])
        verdict = verifying.verify(since=since, until=until, anchor=options["anchor"])
        if options["json"]:
            self.stdout.write(json.dumps(verdict.as_dict()))
        else:
            for defect in verdict.defects:
                self.stdout.write(_line(defect))
            self.stdout.write(
                f"{verdict.seals:,} seals over {verdict.rows:,} rows, {verdict.anchored:,} anchored, sealed until "
                f"{verdict.until or 'never'}: {'all fits' if verdict.is_sound else f'{len(verdict.defects)} defects'}."
            )
        if not verdict.is_sound:
            sys.exit(1)

    def _seal(self, options):
        made = seals.seal()
        self.stdout.write(f"{len(made)} seals over {sum(one.rows for one in made):,} rows.")

    def _key(self, options):
        for key in keyring.ring().usable(seals.PURPOSE):
            self.stdout.write(f"{key.kid} {seals.public_key(key.kid).hex()}")

    def _export(self, options):
        path = Path(options["file"])
        draft = path.with_name(f".{path.name}.part")
        with draft.open("w") as file:
            number = sum(1 for _one in _exported(file, options["first"], options["last"]))
        draft.replace(path)
        self.stdout.write(f"{number} seals in {path}.")


def _exported(file, first, last):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {seals.FIELDS}, encode(signature, 'hex') FROM dcs.audit_seals"  # noqa: S608 - a constant
            " WHERE number >= %s AND number <= coalesce(%s, number) ORDER BY number",
            [first, last],
        )
        found = cursor.fetchall()
        for *row, signature in found:
            one = seals.read(row)
            file.write(json.dumps({"seal": {**asdict(one), "signature": signature}}) + "\n")
            cursor.execute(
                "SELECT * FROM dcs.audit_rows(%s::text::xid8, %s::text::xid8)", [one.from_txid, one.to_txid]
            )
            while rows := cursor.fetchmany(BATCH):
                file.writelines(json.dumps({"row": text}, ensure_ascii=False) + "\n" for (text,) in rows)
            yield one


def _line(defect):
    where = [f"seal {defect.seal}"] if defect.seal is not None else []
    if defect.first_seq is not None:
        where.append(f"seq {defect.first_seq}-{defect.last_seq}")
    if defect.row is not None:
        where.append(f"row {defect.row}")
    return f"{defect.kind}: {defect.sentence}" + (f" ({', '.join(where)})" if where else "")


def _moment(text):
    if not text:
        return None
    found = parse_datetime(text)
    if found is None and (day := parse_date(text)) is not None:
        found = timezone.datetime(day.year, day.month, day.day)
    if found is None:
        raise CommandError(f"“{text}” is no day and no moment.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
