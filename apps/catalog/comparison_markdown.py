"""A comparison as Markdown, to paste into a ticket or a pull request."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.ui import words
from apps.ui.formats import exact
from apps.workflow.diff import text

from . import spoken
from .changes.titles import title
from .comparison import CLASSES, class_of

LONGEST = 200  # characters of a value that are quoted


def sentence(comparison):
    """How much differs: `2 breaking, 5 compatible, 1 note.`"""
    return counted(comparison.counts) if comparison.changes else _("No difference.")


def counted(counts):
    """{class: number} in words, worst first; empty for none."""
    counts = dict.fromkeys(CLASSES, 0) | counts
    said = {
        "breaking": ngettext("%(n)s breaking", "%(n)s breaking", counts["breaking"]),
        "notice": ngettext("%(n)s to notice", "%(n)s to notice", counts["notice"]),
        "compatible": ngettext("%(n)s compatible", "%(n)s compatible", counts["compatible"]),
        "metadata": ngettext("%(n)s note", "%(n)s notes", counts["metadata"]),
    }
    found = ", ".join(said[name] % {"n": exact(counts[name])} for name in CLASSES if counts[name])
    return f"{found}." if found else ""


def markdown(capsule, comparison, changes, url):
    """The changes by dimension, one bullet each with its class and why, and the address of the page."""
    found = [
        f"### {capsule.name}: {comparison.left.label} → {comparison.right.label}",
        "",
        sentence(comparison),
    ]
    dimension = None
    for change in changes:
        if change.dimension != dimension:
            dimension = change.dimension
            found += ["", f"**{spoken.dimension(dimension)}**", ""]
        word = words.word("change_class", class_of(change)).text
        found.append(f"- **{word}**: {_escaped(title(change, _))}{_values(change)}")
        if class_of(change) in ("breaking", "notice"):
            found.append(f"  {_escaped(change.why_consumer.read(_))}")
    return "\n".join([*found, "", f"<{url}>", ""])


def _values(change):
    if isinstance(change.old, dict | list) or isinstance(change.new, dict | list):
        return ""
    if change.old is None or change.new is None:
        return ""
    return f" (`{_quoted(change.old)}` → `{_quoted(change.new)}`)"


def _quoted(value):
    said = text(value).replace("`", "'").replace("\n", " ")
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _escaped(said):
    for sign in "\\*_[]<>|":
        said = said.replace(sign, f"\\{sign}")
    return said.replace("\n", " ")
