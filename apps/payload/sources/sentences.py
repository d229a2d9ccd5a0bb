"""What people are told when an engine does not answer: nothing about the network, no folder, no value of a row."""

import re

from django.utils.translation import gettext as _

from apps.payload.engines.description import POSTGRES, SPARK

from .base import Unreadable
from .postgres import refusal

NEWER = re.compile(
    r"version number (\d+), but we can only read (?:storage )?versions? (?:between \d+ and )?(\d+)"
)


def unreadable(error, place, limits):
    """The `Unreadable` for what an engine said of a `Place`; `limits` are those it was given."""
    of = _of_server if place.engine in (POSTGRES, SPARK) else _of_file
    return Unreadable(of(error, place, limits), error.code)


def _of_server(error, _place, limits):
    sentences = {
        "deadline": _("The source took longer than %(seconds)s seconds.") % {"seconds": limits["deadline_s"]},
        "cancelled": _("The reading was stopped."),
        "locked": _("Somebody holds a lock on the source. Try again later."),
        "forbidden": _("The account of the portal may not read this."),
        "no_table": _("The source has no such table."),
        "too_much": _("The source has more than %(rows)d rows to tell of; the portal reads no further.")
        % {"rows": limits["rows"]},
        "unreachable": refusal(error.detail) or _("The connection to the source was lost."),
        "died": _("The connection to the source was lost."),
        "extra": _(
            "Reading Spark needs the extra “spark” where the portal runs: requirements/spark.txt. Ask its operator."
        ),
    }
    # The server's own words may hold values of rows: its code alone is told.
    state = error.detail[:5]
    return sentences.get(error.code) or _("The source cannot answer this (%(state)s).") % {"state": state}


def _of_file(error, place, limits):
    file = {"file": place.title}
    if error.code == "deadline":
        return _("%(file)s took longer than %(seconds)s seconds.") % {
            **file,
            "seconds": limits["deadline_s"],
        }
    if error.code == "too_much":
        words = _("%(file)s has more than %(rows)d rows to tell of; the portal reads no further.")
        return words % {**file, "rows": limits["rows"]}
    if error.code == "memory":
        return _("%(file)s needs more memory than the portal gives to one reading.") % file
    if error.code in ("cancelled", "died"):
        return _("The reading of %(file)s was stopped.") % file
    if newer := NEWER.search(error.detail):
        words = _(
            "%(file)s was written by a newer DuckDB: its storage version is %(theirs)s, and %(ours)s is read here."
        )
        return words % {**file, "theirs": newer[1], "ours": newer[2]}
    said = error.detail.split("\n", 1)[0]
    for folder in place.folders:
        said = said.replace(f"{folder}/", "")
    return _("%(file)s cannot be read: %(why)s") % {**file, "why": said[:300]}
