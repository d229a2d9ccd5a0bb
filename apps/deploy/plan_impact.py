"""What the changes of a plan touch, as its page lists it; the verb is the one of a capsule's own impact page."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.provenance import impact

from .showing import LISTED

MOST = 200  # rows of a kind on the page of a plan


def parts(shown, told, reader):
    """Consumers, contracts, capsules downstream, owners, and what upstream is concerned; `told` are names who are informed."""
    found = impact.of_capsules(shown.ids(), reader)
    upstream = [(*each, "") for each in shown.around("upstream")]
    return [
        _consumers(found.part("consumers"), told),
        _part(found.part("contracts"), _("Contracts"), _("No contract binds these capsules.")),
        _part(found.part("capsules"), _("Downstream"), _("No other capsule is made of these.")),
        _part(found.part("owners"), _("Owners to tell"), _("Nothing that is touched has an owner.")),
        _listed(
            _("Upstream concerned"),
            upstream,
            len(upstream),
            _("Nothing upstream has to deliver anything else."),
        ),
    ]


def _consumers(part, told):
    """Those whom the judgement names are told, whether or not anything in force still lists them."""
    rows = part.rows(part.keys[:MOST])
    named = {name for key in part.keys for name in key}
    shown = [(row.name, row.url, _("is told") if told.intersection(row.key) else _note(row)) for row in rows]
    shown += [(name, "", _("is told")) for name in sorted(told - named)]
    total = part.total + len(told - named)
    return _listed(_("Consumers"), shown, total, _("Nobody is known to consume what is touched."))


def _part(part, title, none):
    rows = [(row.name, row.url, _note(row)) for row in part.rows(part.keys[:MOST])]
    return _listed(title, rows, part.total, none)


def _note(row):
    away = ngettext("%(n)s step", "%(n)s steps", row.steps) % {"n": row.steps} if row.steps else ""
    return " · ".join(str(each) for each in (row.note, away) if each)


def _listed(title, rows, total, none):
    return {
        "title": title,
        "none": none,
        "shown": rows[:LISTED],
        "rest": rows[LISTED:],
        "total": total,
        "more": total - len(rows),
    }
