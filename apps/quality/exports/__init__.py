"""A capsule's rules as files of other quality tools, and what has no equivalent there (interop.md, section 7).

The tools' modules turn one `RuleSpec` into one entry or raise `NoEquivalent`; what is written but means a little else
there carries a note. What a reader of such files makes of an entry is the rule again.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.quality import configs, sentences
from apps.quality.models import QualityRule
from apps.quality.rule_types.reading import spec_of

from . import great_expectations, sodacl
from .parts import NoEquivalent

TOOLS = {"great_expectations": great_expectations, "soda": sodacl}
KEPT = "custom_function"


@dataclass(frozen=True)
class Unmapped:
    """A rule that has no equivalent, or one that means a little else there (`written`)."""

    rule: QualityRule
    sentence: str
    why: str
    written: bool = False


@dataclass
class Export:
    """The file of one tool: its name, its text, how many rules it has, and what is `unmapped`."""

    name: str
    text: str
    media_type: str
    written: int
    unmapped: list[Unmapped] = field(default_factory=list)

    @property
    def left_out(self):
        """Rules that the file does not have."""
        return [each for each in self.unmapped if not each.written]


def of(capsule, reader, tool):
    """The `Export` of the capsule's rules that the reader may know of. Raises `KeyError` for an unknown tool."""
    writer = TOOLS[tool]
    keys = QualityRule.objects.keys_about(capsule)
    rules = QualityRule.objects.visible_to(reader).current().filter(pk__in=keys).select_related("column")
    entries: list[Any] = []
    unmapped = []
    for rule in rules.order_by("number"):
        subject = rule.column.name if rule.column_id else capsule.name

        def miss(why, written=False, rule=rule, subject=subject):
            unmapped.append(Unmapped(rule, sentences.sentence(rule, subject), why, written))

        if not rule.is_enabled and rule.rule_type != KEPT:
            miss(_("It is switched off."))
            continue
        try:
            entry, notes = writer.entry(spec_of(configs.row_of(rule)), rule.name, capsule.name)
        except NoEquivalent as none:
            miss(str(none))
            continue
        entries.append(entry)
        for note in notes:
            miss(note, written=True)
    text = writer.text(entries, capsule.name)
    return Export(f"{capsule.name}{writer.SUFFIX}", text, writer.MEDIA_TYPE, len(entries), unmapped)
