"""What a rule expects, as a sentence that somebody without SQL can read."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.ui.formats import duration

VALUES_SHOWN = 6


def sentence(rule, subject):
    """The sentence for a quality rule about `subject`, the name of its column or capsule."""
    said = SAID.get(rule.rule_type, _own)(rule, rule.config or {})
    return said % {"it": subject}


def _share(rule, config):
    return f"{rule.threshold_percent.normalize():f}" if rule.threshold_percent is not None else "?"


def _one_of(rule, config):
    values = [str(value) for value in config.get("values") or ()]
    shown = ", ".join(values[:VALUES_SHOWN])
    if len(values) > VALUES_SHOWN:
        shown = _("%(values)s and %(n)s more") % {"values": shown, "n": len(values) - VALUES_SHOWN}
    return _literal(_("{it} is one of {values}"), values=shown)


def _between(rule, config):
    low, high = rule.expected_range_min, rule.expected_range_max
    if low is not None and high is not None:
        return _literal(_("{it} lies between {low} and {high}"), low=_plain(low), high=_plain(high))
    if low is not None:
        return _literal(_("{it} is at least {low}"), low=_plain(low))
    if high is not None:
        return _literal(_("{it} is at most {high}"), high=_plain(high))
    return _literal(_("{it} lies within its range"))


def _length(rule, config):
    low, high = rule.expected_range_min, rule.expected_range_max
    if low is not None and high is not None:
        return _literal(_("{it} has {low} to {high} characters"), low=_plain(low), high=_plain(high))
    if low is not None:
        return _literal(_("{it} has at least {low} characters"), low=_plain(low))
    if high is not None:
        return _literal(_("{it} has at most {high} characters"), high=_plain(high))
    return _literal(_("{it} has an allowed length"))


def _pattern(rule, config):
    return _literal(
        _("{it} matches {pattern}"), pattern=rule.expected_pattern or config.get("pattern") or "?"
    )


def _together(rule, config):
    columns = [str(name) for name in config.get("columns") or ()]
    return _literal(_("No two rows share the same {columns}"), columns=_list(columns))


def _exists(rule, config):
    reference = config.get("references") or {}
    table = (
        str(reference.get("table", "")).rpartition(":")[2] if isinstance(reference, dict) else str(reference)
    )
    column = reference.get("column") if isinstance(reference, dict) else ""
    target = f"{table}.{column}" if table and column else table or "?"
    return _literal(_("Every {it} exists in {target}"), target=target)


def _fresh(rule, config):
    age = config.get("max_age") or (
        duration(float(rule.threshold_value)) if rule.threshold_value is not None else "?"
    )
    return _literal(_("The newest {it} is at most {age} old"), age=str(age))


def _compared(text):
    """A number and what it is compared with, such as a statistic at least 5."""

    def said(rule, config):
        bound = ""
        if rule.threshold_value is not None:
            bound = f" {rule.get_threshold_operator_display() or '≤'} {_plain(rule.threshold_value)}"
        return _literal(_(text)) + bound

    return said


def _own(rule, config):
    """A rule that only its author can put into words."""
    if rule.description:
        return _literal(rule.description)
    function = config.get("function") or (rule.meta or {}).get("dbt", {}).get("test")
    if function:
        name = function.get("name") if isinstance(function, dict) else function
        return _literal(_("{it} passes {function}"), function=str(name))
    return _literal(_("A query of its own finds nothing wrong with {it}"))


def _always(text):
    return lambda rule, config: _literal(_(text))


def _at_least(text):
    return lambda rule, config: _literal(_(text), share=_share(rule, config))


def _literal(text, **blanks):
    """`text` with its blanks filled, safe for the last step that puts in the subject."""
    for name, value in blanks.items():
        text = text.replace("{" + name + "}", str(value))
    return text.replace("%", "%%").replace("{it}", "%(it)s")


def _plain(number):
    return f"{number.normalize():f}"


def _list(names):
    return (
        _("%(these)s and %(last)s") % {"these": ", ".join(names[:-1]), "last": names[-1]}
        if len(names) > 1
        else "".join(names)
    )


SAID = {
    "not_null": _always(gettext_noop("{it} is never empty")),
    "no_empty_strings": _always(gettext_noop("{it} is never an empty text")),
    "completeness_threshold": _at_least(gettext_noop("{it} is filled in at least {share} % of rows")),
    "value_in_set": _one_of,
    "pattern_match": _pattern,
    "format_valid": _always(gettext_noop("{it} has a valid format")),
    "type_valid": _always(gettext_noop("Every {it} has its type")),
    "range_check": _between,
    "length_check": _length,
    "unique": _always(gettext_noop("No two rows share the same {it}")),
    "unique_combination": _together,
    "duplicate_threshold": _at_least(gettext_noop("At most {share} % of rows repeat {it}")),
    "referential_integrity": _exists,
    "freshness": _fresh,
    "recency_check": _at_least(gettext_noop("At least {share} % of rows of {it} are recent")),
    "distribution_check": _always(gettext_noop("{it} is distributed as expected")),
    "outlier_detection": _always(gettext_noop("{it} has no outliers")),
    "statistical_threshold": _compared(gettext_noop("A statistic of {it} is")),
}
