"""Why a change matters, in one plain sentence a side: to those who read the data, to those who deliver it.

Sentences are kept apart from Django, so that two files can be compared without a portal. `_` only marks them for
translation; a page passes its own `gettext` to `Sentence.read`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from apps.workflow.diff import text


def _(words):
    return words


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with gaps and what fills them."""

    template: str
    values: tuple[tuple[str, str], ...]

    def read(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the reader's language, `translate` being gettext or the like."""
        return translate(self.template) % dict(self.values)

    def __str__(self):
        return self.read()


# Code, or code and verdict where the verdict changes what is to be said: (to readers, to those who deliver).
SENTENCES = {
    "column_added": (
        _("Readers gain %(name)s; nothing they use moves."),
        _("%(name)s may be filled; rows without it are still accepted."),
    ),
    "column_added_required": (
        _("Readers gain %(name)s; nothing they use moves."),
        _("Every row must now bring %(name)s: it may not be empty and has no default."),
    ),
    "column_removed": (
        _("Queries that name %(name)s fail: the column is gone."),
        _("%(name)s need no longer be delivered."),
    ),
    "column_renamed": (
        _("Queries that name %(old)s fail: the column is now called %(new)s."),
        _("Values must be delivered as %(new)s, no longer as %(old)s."),
    ),
    "column_case": (
        _("%(old)s is now spelled %(new)s; readers that tell case apart no longer find it."),
        _("%(old)s is to be delivered as %(new)s."),
    ),
    "column_reordered": (
        _("Readers that go by position, such as SELECT * into a fixed list, get other columns."),
        _("The order of delivery by name does not matter."),
    ),
    "type_widened": (
        _("%(name)s still holds every value it held, now as %(new)s."),
        _("Whatever was delivered as %(old)s fits."),
    ),
    "type_widened notice": (
        _("%(name)s may now hold values that do not fit a variable made for %(old)s."),
        _("Whatever was delivered as %(old)s fits."),
    ),
    "type_narrowed": (
        _("%(name)s can hold less than before; readers still fit, values may be cut short."),
        _("Values of %(old)s may be refused: %(name)s is now %(new)s."),
    ),
    "type_changed": (
        _("%(name)s is another type: %(new)s instead of %(old)s; readers that rely on it break."),
        _("%(name)s must be delivered as %(new)s, and %(old)s does not convert without loss."),
    ),
    "type_undetermined": (
        _("The type of %(name)s was %(old)s and is %(new)s; what that means cannot be told. Undetermined."),
        _("Whether %(new)s takes what was delivered as %(old)s cannot be told. Undetermined."),
    ),
    "type_declared": (
        _("The type of %(name)s is stated for the first time: %(new)s."),
        _("The type of %(name)s is stated for the first time: %(new)s."),
    ),
    "nullability_tightened": (
        _("%(name)s is always filled from now on."),
        _("Rows without %(name)s are refused from now on."),
    ),
    "nullability_loosened": (
        _("%(name)s may now be empty, and readers were promised it is not."),
        _("Rows without %(name)s are accepted."),
    ),
    "pk_added": (
        _("Rows can now be told apart by %(new)s."),
        _("Rows that repeat or lack %(new)s are refused."),
    ),
    "pk_removed": (
        _("Rows are no longer told apart by %(old)s; joins may multiply."),
        _("Repeated rows are accepted."),
    ),
    "pk_changed": (
        _("Rows are told apart by %(new)s instead of %(old)s; joins may multiply."),
        _("Rows must be unique by %(new)s."),
    ),
    "pk_reordered": (
        _("The primary key is the same set in another order; a lookup by its first part may be slower."),
        _("Rows are unique by the same columns as before."),
    ),
    "unique_added": (
        _("%(new)s is now unique."),
        _("Rows that repeat %(new)s are refused."),
    ),
    "unique_removed": (
        _("%(old)s may now repeat; joins may multiply."),
        _("Rows that repeat %(old)s are accepted."),
    ),
    "fk_added": (
        _("Every %(name)s has a match where it points to."),
        _("Rows whose %(name)s has no match are refused."),
    ),
    "fk_removed": (
        _("%(name)s may point to rows that do not exist; joins may lose rows."),
        _("Rows whose %(name)s has no match are accepted."),
    ),
    "fk_target": (
        _("%(name)s points to %(new)s instead of %(old)s; joins must change."),
        _("%(name)s must match %(new)s."),
    ),
    "fk_action": (
        _("What happens to rows when their parent goes has changed: %(old)s, now %(new)s."),
        _("Deleting or renaming a parent has another effect: %(old)s, now %(new)s."),
    ),
    "check_added": (
        _("Rows keep a further condition."),
        _("Rows that break the new condition are refused: %(new)s"),
    ),
    "check_removed": (
        _("A condition no longer holds for sure: %(old)s"),
        _("Rows that broke the condition are accepted."),
    ),
    "check_changed": (
        _("A condition is now another one; whether it promises less cannot be told. Undetermined."),
        _("A condition is now another one; whether it asks more cannot be told. Undetermined."),
    ),
    "enforcement_off": (
        _("%(name)s is still stated, but the database no longer enforces it."),
        _("Rows that break %(name)s are no longer refused by the database."),
    ),
    "enforcement_on": (
        _("The database now enforces %(name)s."),
        _("Rows that break %(name)s are now refused by the database."),
    ),
    "default_added": (
        _("Nothing changes for rows that exist."),
        _("%(name)s may be left out: it becomes %(new)s."),
    ),
    "default_changed": (
        _("New rows without %(name)s mean something else: %(new)s instead of %(old)s."),
        _("%(name)s may be left out: it becomes %(new)s."),
    ),
    "default_removed": (
        _("New rows no longer get %(old)s where %(name)s is left out."),
        _("%(name)s is empty where it is left out."),
    ),
    "default_removed breaking": ("", _("Every row must now bring %(name)s: it has no default any more.")),
    "index_added": (_("Lookups may be faster."), _("Writing may cost a little more.")),
    "index_removed": (_("Lookups may be slower: index %(name)s is gone."), _("Nothing is asked.")),
    "index_changed": (_("Lookups may be slower or faster: %(name)s changed."), _("Nothing is asked.")),
    "partitioning_changed": (
        _("Queries that rely on the former partitions may read more."),
        _("Rows are laid out in another way."),
    ),
    "location_changed": (
        _("The data lies elsewhere: %(new)s."),
        _("The data is to be written elsewhere: %(new)s."),
    ),
    "location_changed breaking": (_("Readers of files find nothing at %(old)s any more."), ""),
    "format_changed": (_("The data is kept as %(new)s instead of %(old)s."), _("Write %(new)s.")),
    "format_changed breaking": (_("Readers of %(old)s cannot read %(new)s."), ""),
    "compression_changed": (_("Readers unpack %(new)s by themselves."), _("Pack as %(new)s.")),
    "unit_changed": (
        _("The same number means something else: %(new)s instead of %(old)s."),
        _("Deliver %(name)s in %(new)s, no longer in %(old)s."),
    ),
    "unit_added": (_("The unit is now stated: %(new)s."), _("The unit is now stated: %(new)s.")),
    "enum_extended": (
        _("Readers of %(name)s may meet values they do not know: %(impact)s."),
        _("More values are accepted: %(impact)s."),
    ),
    "enum_narrowed": (
        _("Some values of %(name)s no longer occur."),
        _("Values that are no longer listed are refused."),
    ),
    "enum_dropped": (
        _("%(name)s may hold any value; readers were promised a list."),
        _("Any value is accepted."),
    ),
    "value_domain_changed": (
        _("%(name)s takes its values from %(new)s instead of %(old)s."),
        _("Values must come from %(new)s."),
    ),
    "range_loosened": (
        _("%(name)s may leave the range that readers were told."),
        _("More values are accepted."),
    ),
    "range_tightened": (_("%(name)s keeps to a smaller range."), _("Values outside are refused.")),
    "pattern_changed": (
        _("Values may look different; how much cannot be told. Undetermined."),
        _("Values must fit %(new)s."),
    ),
    "pattern_changed breaking": (_("Values that readers were shown no longer fit: %(impact)s."), ""),
    "pattern_added": (_("All values look alike: %(new)s"), _("Values that do not fit are refused: %(new)s")),
    "meaning_changed": (
        _("%(name)s is explained in another way; check that you still mean the same."),
        _("Nothing is asked."),
    ),
    "docs_changed": (_("Only what is written about it changed."), _("Nothing is asked.")),
    "rule_added": (
        _("One thing more is checked: %(name)s."),
        _("Deliveries are now checked by %(name)s."),
    ),
    "rule_removed": (
        _("%(name)s is no longer checked."),
        _("Deliveries are no longer checked by %(name)s."),
    ),
    "rule_removed breaking": (_("The contract counts on %(name)s, and it is no longer checked."), ""),
    "rule_loosened": (
        _("%(name)s lets through more than before."),
        _("Deliveries that failed may pass."),
    ),
    "rule_loosened breaking": (_("The contract counts on %(name)s, and it lets through more."), ""),
    "rule_tightened": (_("%(name)s lets through less than before."), _("Deliveries that passed may fail.")),
    "rule_changed": (
        _("%(name)s checks something else; whether more or less cannot be told. Undetermined."),
        _("%(name)s checks something else; deliveries that passed may fail. Undetermined."),
    ),
    "sensitivity_raised": (
        _("%(name)s is %(new)s, no longer %(old)s; some readers may see it masked."),
        _("%(name)s must be handled as %(new)s."),
    ),
    "sensitivity_raised breaking": (_("Roles that lose access: %(impact)s."), ""),
    "sensitivity_lowered": (
        _("%(name)s is %(new)s, no longer %(old)s; more people will see it."),
        _("%(name)s is handled as %(new)s."),
    ),
    "access_narrowed": (_("No longer allowed: %(impact)s."), _("Nothing is asked.")),
    "access_widened": (_("Newly allowed: %(impact)s."), _("Nothing is asked.")),
    "masking_added": (
        _("%(name)s is masked where it was readable; joins and exports on it break."),
        _("Copies must mask %(name)s."),
    ),
    "masking_changed": (
        _("%(name)s is masked in another way; stored masked values no longer match."),
        _("Copies must mask %(name)s in the new way."),
    ),
    "masking_removed": (_("%(name)s is readable where it was masked."), _("Masking may stop.")),
    "region_narrowed": (
        _("The data may no longer be used or kept there: %(impact)s."),
        _("The data may no longer be processed or kept there: %(impact)s."),
    ),
    "region_widened": (
        _("The data may be used in more places: %(impact)s."),
        _("The data may be processed in more places: %(impact)s."),
    ),
    "retention_shorter": (
        _("Rows disappear sooner or for good: %(new)s instead of %(old)s."),
        _("Deletion must follow the new period."),
    ),
    "retention_longer": (
        _("Rows are kept longer: %(new)s instead of %(old)s."),
        _("Deletion must follow the new period."),
    ),
    "safeguard_added": (_("The data is better protected: %(name)s."), _("To be provided: %(name)s.")),
    "safeguard_removed": (_("A protection ends: %(name)s."), _("No longer asked: %(name)s.")),
    "lineage_changed": (
        _("Where the data comes from is described anew."),
        _("Where the data comes from is described anew."),
    ),
    "lineage_changed notice": (_("The data now comes from something more sensitive: %(new)s."), ""),
    "code_changed": (_("How the data is made changed."), _("How the data is made changed.")),
    "sla_weaker": (
        _("A promise is weaker: %(name)s was %(old)s and is %(new)s."),
        _("Less is to be reached: %(name)s."),
    ),
    "sla_stronger": (
        _("A promise is stronger: %(name)s is now %(new)s."),
        _("More is to be reached: %(name)s is now %(new)s."),
    ),
    "schedule_changed": (
        _("New data arrives at other times: %(new)s."),
        _("Deliver at other times: %(new)s."),
    ),
    "support_lowered": (_("Help is slower: %(new)s instead of %(old)s."), _("Less help is owed.")),
    "support_raised": (_("Help is faster: %(new)s."), _("More help is owed: %(new)s.")),
    "support_contact_removed": (_("%(old)s no longer answers questions."), _("Nothing is asked.")),
    "support_contact_changed": (_("Questions go to %(new)s."), _("Nothing is asked.")),
    "support_window_added": (_("The data may be out of reach at more times."), _("More time to maintain.")),
    "support_window_removed": (_("The data is in reach at more times."), _("Less time to maintain.")),
    "contract_weakened": (
        _("The contract guards readers less: %(name)s was %(old)s and is %(new)s."),
        _("Changes become easier."),
    ),
    "contract_strengthened": (
        _("The contract guards readers more: %(name)s is %(new)s."),
        _("Changes become harder: %(name)s is %(new)s."),
    ),
    "deprecation_set": (_("Stop using the data by %(new)s."), _("Deliveries end on %(new)s.")),
    "deprecation_earlier": (
        _("The data ends sooner: %(new)s instead of %(old)s."),
        _("Deliveries end on %(new)s."),
    ),
    "deprecation_later": (_("The data stays until %(new)s."), _("Deliveries go on until %(new)s.")),
    "deprecation_removed": (_("The data stays: no end is set any more."), _("Deliveries go on.")),
    "deprecation_policy_shorter": (
        _("An end may come with less warning: %(new)s."),
        _("Nothing is asked."),
    ),
    "deprecation_policy_longer": (_("An end comes with more warning: %(new)s."), _("Nothing is asked.")),
    "consumer_added": (_("%(name)s is now known as a reader."), _("%(name)s is now known as a reader.")),
    "consumer_removed": (
        _("%(name)s is no longer known as a reader and will not be told of changes."),
        _("%(name)s is no longer known as a reader."),
    ),
    "consumer_changed": (_("What is known of %(name)s changed."), _("What is known of %(name)s changed.")),
    "contract_withdrawn": (_("Nothing is promised any more."), _("Nothing is owed any more.")),
    "contract_activated": (_("The promises hold from now on."), _("The promises are owed from now on.")),
    "capsule_retired": (_("The data is gone under this name."), _("Nothing is delivered under this name.")),
    "capsule_created": (_("New data, with no readers yet."), _("New data, with no deliveries yet.")),
    "identity_changed": (_("%(name)s is now %(new)s."), _("%(name)s is now %(new)s.")),
    "other_metadata": (_("A note changed: %(name)s."), _("A note changed: %(name)s.")),
}
NOTHING = _("nothing")


@cache
def _template(side, code, verdict):
    place = 0 if side == "consumer" else 1
    exact = SENTENCES.get(f"{code} {verdict}", ("", ""))[place]
    return exact or SENTENCES[code][place]


def sentence(side: str, code: str, verdict: str, values) -> Sentence:
    """What a change of this code and verdict means to one side, `consumer` or `producer`."""
    return Sentence(
        _template(side, code, verdict),
        tuple((name, _spoken(value)) for name, value in values.items()),
    )


def _spoken(value):
    if value is None:
        return NOTHING
    return ", ".join(value) if isinstance(value, tuple) else text(value)
