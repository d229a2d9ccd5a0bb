"""Reports whose rows are capsules: what is missing from them, and those that nobody answers for."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.vocabularies import SENSITIVITY
from apps.discovery import completeness
from apps.discovery.filters import PRESENT, WORDS
from apps.discovery.matching import Condition
from apps.ui import formats

from . import drawn
from .base import CAPSULES, NUMBER, PLACE, TEXT, Column, Figure, Found, Query, Report

PARTS = sum(PRESENT.values())
URN = Column("urn", gettext_lazy("URN"), shown=False)
CAPSULE = Column("capsule", gettext_lazy("Capsule"), drawn.capsule)
DOMAIN = Column("domain", gettext_lazy("Domain"), drawn.domain)
OWNER = Column("owner", gettext_lazy("Owner"), drawn.owner)
LAYER = Column("layer", gettext_lazy("Layer"), drawn.layer)
# What most others are made from comes first: mending it helps most.
MOST_USED = (("-f.downstream_count", NUMBER), ("f.name_key", TEXT), ("f.ord", NUMBER))
# Where one mends what is missing: a tab of the capsule, or its form.
STEPS = {
    "owner": (gettext_lazy("Name an owner"), ""),
    "domain": (gettext_lazy("Choose a domain"), ""),
    "description": (gettext_lazy("Describe it"), ""),
    "semantics": (gettext_lazy("Link a term"), "semantics"),
    "quality": (gettext_lazy("Add a rule"), "quality"),
    "policy": (gettext_lazy("Write a policy"), "policy"),
    "contract": (gettext_lazy("Promise something"), "contract"),
    "provenance": (gettext_lazy("Say where it comes from"), "provenance"),
    "structure": (gettext_lazy("List its columns"), "structure"),
    "payload": (gettext_lazy("Say where it lies"), "payload"),
}


class Incomplete(Found):
    """Capsules with gaps: what each lacks, and what to do first."""

    def _row(self, found):
        row = super()._row(found)
        present, columns = row.pop("present"), row["columns"]
        lacks = [slug for slug in completeness.PARTS if not present & PRESENT[slug]]
        described = 100 * row["described"] / columns if columns else None
        return row | {
            "lacks": lacks,
            "score": 100 * (len(PRESENT) - len(lacks)) / len(PRESENT),
            "described": described and round(described, 1),
            "step": str(STEPS[lacks[0]][0]) if lacks else _("Describe its columns"),
        }


def incomplete(filters, reader, _choice):
    query = Query(
        fields=(
            *PLACE,
            ("feeds", "f.downstream_count"),
            ("columns", "f.column_count"),
            ("described", "f.described_columns"),
            ("present", f"f.present & {PARTS}"),
        ),
        tables=CAPSULES,
        params=(reader.clearance,) * 2,
        where=Condition("(f.present & %s <> %s OR f.described_columns < f.column_count)", (PARTS, PARTS)),
        order=MOST_USED,
    )
    return Incomplete("incomplete", query, filters, reader)


def complete_figures(_found, filters, reader, _choice):
    counted = completeness.counted(filters, reader)
    total = counted.total
    parts = sum(bits.bit_count() * number for bits, number, *_rest in counted.found)
    whole = sum(
        number for bits, number, columns, _health in counted.found if bits & PARTS == PARTS and not columns
    )
    share = 100 * parts / (total * len(PRESENT)) if total else None
    figures = [
        Figure(formats.share(share), _("of all parts are there")),
        Figure(formats.grouped(whole), _("of %(n)s capsules lack nothing") % {"n": formats.grouped(total)}),
    ]
    return figures + [
        Figure(formats.grouped(gap.lacking), _("lack %(part)s") % {"part": WORDS[gap.slug]}, gap.url)
        for gap in counted.gaps()[:4]
    ]


def step(row):
    """What to do first, as the way to where it is done."""
    slug = row["lacks"][0] if row["lacks"] else "structure"
    tab = STEPS[slug][1]
    page, words = ("catalog:dimension", (row["urn"], tab)) if tab else ("catalog:edit", (row["urn"],))
    return drawn.way(drawn.address(page, *words), row["step"], _("%(step)s: %(capsule)s") % row)


INCOMPLETE = Report(
    slug="incomplete",
    title=gettext_lazy("Completeness"),
    question=gettext_lazy("Which capsules lack what, and what should be mended first?"),
    definition=gettext_lazy(
        "A capsule has ten parts: the seven dimensions, an owner, a domain and a description. The score is the share of them that is "
        "there; a column counts as described if its description is not blank. Capsules that feed most others come first."
    ),
    nothing=gettext_lazy("Nothing is missing from these capsules."),
    columns=(
        URN,
        CAPSULE,
        DOMAIN,
        OWNER,
        LAYER,
        Column("feeds", gettext_lazy("Feeds"), drawn.number("feeds"), num=True),
        Column("score", gettext_lazy("Score"), drawn.percent("score")),
        Column("described", gettext_lazy("Columns described"), drawn.points("described"), num=True),
        Column("columns", gettext_lazy("Columns"), shown=False),
        Column("lacks", gettext_lazy("Lacks"), drawn.lacks),
        Column("step", gettext_lazy("First step"), step),
    ),
    rows=incomplete,
    figures=complete_figures,
)


class Ownerless(Found):
    def _row(self, found):
        row = super()._row(found)
        return row | {"sensitivity": SENSITIVITY[row["sensitivity"] - 1]}


def without_owner(filters, reader, _choice):
    query = Query(
        fields=(*PLACE, ("sensitivity", "f.sensitivity_rank"), ("feeds", "f.downstream_count"), ("updated", "f.updated_at")),
        tables=CAPSULES,
        params=(reader.clearance,) * 2,
        where=Condition("f.present & %s = 0", (PRESENT["owner"],)),
        order=MOST_USED,
    )  # fmt: skip
    return Ownerless("without-owner", query, filters, reader)


WITHOUT_OWNER = Report(
    slug="without-owner",
    title=gettext_lazy("Without an owner"),
    question=gettext_lazy("For which capsules does nobody answer?"),
    definition=gettext_lazy(
        "Capsules in use that no team and no person owns. Those that feed most others come first."
    ),
    nothing=gettext_lazy("Each of these capsules has an owner."),
    columns=(
        URN,
        CAPSULE,
        DOMAIN,
        LAYER,
        Column("sensitivity", gettext_lazy("Sensitivity"), drawn.sensitivity),
        Column("feeds", gettext_lazy("Feeds"), drawn.number("feeds"), num=True),
        Column("updated", gettext_lazy("Updated"), drawn.day("updated"), num=True),
    ),
    rows=without_owner,
)
