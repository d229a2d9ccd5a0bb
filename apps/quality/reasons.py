"""Why a rule could not be decided, in words. What drivers said stays in the log: it may quote values."""

from django.utils.translation import gettext as _

from . import refusals
from .refused import Refused


def reason(code, values=None):
    """The sentence of a code, its blanks filled; the code itself for one that nobody has put into words."""
    if code not in SAID and code in refusals.SAID:
        return refusals.sentence(Refused(code, **(values or {})))
    say = SAID.get(code)
    if say is None:
        return _("Could not run (%(code)s).") % {"code": code} if code else _("Could not run.")
    blanks = {key: str(value) for key, value in (values or {}).items()}
    try:
        return say() % blanks
    except (KeyError, ValueError):
        return say().split("%(")[0].rstrip(" :,") + "."


SAID = {
    "disabled": lambda: _("The rule is switched off."),
    "muted": lambda: _("The rule is muted until %(until)s."),
    "engine": lambda: _("This source cannot decide rules of this type."),
    "unreachable": lambda: _("The source did not answer."),
    "no_data_source": lambda: _("Nothing says where the data lies, or it cannot be read here."),
    "no_table": lambda: _("The source has no such table."),
    "no_column": lambda: _("The data has no column %(column)s."),
    "deadline": lambda: _("The source did not answer in time. This is not a failed check."),
    "cancelled": lambda: _("Somebody stopped the run."),
    "memory": lambda: _("It needs more memory than one reading may have."),
    "too_much": lambda: _("There are more rows to tell of than one reading may have."),
    "changed": lambda: _("The data changed while it was read."),
    "format": lambda: _("This format is not read here."),
    "query": lambda: _("The source refused the statement of this rule."),
    "extra": lambda: _(
        "Reading Spark needs the extra “spark”, which is not installed where the portal runs."
    ),
    "no_profile": lambda: _("Columns of this source cannot be profiled here; rules can be checked."),
    "died": lambda: _("The reading ended unexpectedly."),
    "forbidden": lambda: _("The account of the portal may not read this."),
    "privileged": lambda: _(
        "The account of this source may do anything, so no query of people runs as it. Give the source an account that may only read."
    ),
    "locked": lambda: _("Somebody holds a lock on the source."),
    "no_reference": lambda: _("The column that it refers to is not known here."),
    "wrong_kind": lambda: _("The column %(column)s holds %(kind)s; the rule needs %(wanted)s."),
    "kinds_differ": lambda: _("%(column)s holds %(kind)s and the other side %(other)s."),
    "not_a_number": lambda: _("This is not a number: %(value)s."),
    "not_a_time": lambda: _("This is not a time: %(value)s."),
    "not_a_duration": lambda: _("Not a duration: %(value)s."),
    "no_operator": lambda: _("The rule does not say how its threshold is compared."),
    "too_few_columns": lambda: _("The rule names fewer than %(least)s columns."),
    "unknown_format": lambda: _("There is no format %(format)s."),
    "unknown_type": lambda: _("There is no type %(type)s."),
    "unknown_statistic": lambda: _("There is no statistic %(statistic)s."),
    "decimal_size": lambda: _("The size of the decimal is not one that exists."),
    "no_bound": lambda: _("The rule names neither the least nor the most."),
    "no_limit": lambda: _("The rule names no limit."),
    "no_deviation": lambda: _("The rule names no standard deviation above 0."),
    "internal": lambda: _("The portal made a mistake with this rule; its log says more."),
    "no_function": lambda: _("No function %(function)s is registered here."),
    "no_time_column": lambda: _("Nothing tells when the data was written. Name a column of times."),
    "needs_column": lambda: _("A rule %(type)s is about one column."),
    "needs_capsule": lambda: _("A rule %(type)s is about the whole capsule."),
    "too_few_values": lambda: _("There are too few values to tell: %(found)s of at least %(least)s."),
}
