"""What a rule expects, as a sentence that somebody without SQL can read."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.ui.formats import duration

VALUES_SHOWN = 6
FORMATS = {
    "email": gettext_noop("an e-mail address"),
    "uuid": gettext_noop("a UUID"),
    "url": gettext_noop("a web address"),
    "ipv4": gettext_noop("an IPv4 address"),
    "ipv6": gettext_noop("an IPv6 address"),
    "iso_date": gettext_noop("a date such as 2026-01-31"),
    "iso_datetime": gettext_noop("a time such as 2026-01-31T08:00:00Z"),
    "phone_e164": gettext_noop("a telephone number such as +4930123456"),
    "country_alpha2": gettext_noop("a country code of two letters"),
    "currency": gettext_noop("a currency code of three letters"),
    "iban": gettext_noop("an IBAN"),
    "json": gettext_noop("a JSON value"),
}
STATISTICS = {
    "count": gettext_noop("The number of values"),
    "null_count": gettext_noop("The number of missing values"),
    "distinct_count": gettext_noop("The number of different values"),
    "sum": gettext_noop("The sum"),
    "mean": gettext_noop("The mean"),
    "median": gettext_noop("The median"),
    "min": gettext_noop("The smallest"),
    "max": gettext_noop("The largest"),
    "std_dev": gettext_noop("The standard deviation"),
    "variance": gettext_noop("The variance"),
}


def sentence(rule, subject):
    """The sentence for a quality rule about `subject`, the name of its column or capsule."""
    said = SAID.get(rule.rule_type, _own)(rule, rule.config or {})
    return said % {"it": subject}


def _share(rule, config):
    return f"{rule.threshold_percent.normalize():f}" if rule.threshold_percent is not None else "?"


def _one_of(rule, config):
    listed = config.get("values") or config.get("allowed_values") or ()
    values = [str(value) for value in listed]
    shown = ", ".join(values[:VALUES_SHOWN])
    if len(values) > VALUES_SHOWN:
        shown = _("%(values)s and %(n)s more") % {"values": shown, "n": len(values) - VALUES_SHOWN}
    return _literal(_("{it} is one of {values}"), values=shown or "?")


def _between(rule, config):
    return _bounded(
        rule,
        config,
        _("{it} lies between {low} and {high}"),
        _("{it} is at least {low}"),
        _("{it} is at most {high}"),
        _("{it} lies within its range"),
    )


def _length(rule, config):
    return _bounded(
        rule,
        {"min": config.get("min_length"), "max": config.get("max_length")},
        _("{it} has {low} to {high} characters"),
        _("{it} has at least {low} characters"),
        _("{it} has at most {high} characters"),
        _("{it} has an allowed length"),
    )


def _bounded(rule, config, both, least, most, neither, **blanks):
    low = config.get("min") if rule.expected_range_min is None else _plain(rule.expected_range_min)
    high = config.get("max") if rule.expected_range_max is None else _plain(rule.expected_range_max)
    if low is not None and high is not None:
        return _literal(both, low=low, high=high, **blanks)
    if low is not None:
        return _literal(least, low=low, **blanks)
    return _literal(neither if high is None else most, high=high, **blanks)


def _pattern(rule, config):
    return _literal(
        _("{it} matches {pattern}"), pattern=rule.expected_pattern or config.get("pattern") or "?"
    )


def _together(rule, config):
    columns = [str(name) for name in config.get("columns") or ()]
    return _literal(_("No two rows share the same {columns}"), columns=_list(columns))


def _exists(rule, config):
    reference = config.get("references") or config.get("reference") or {}
    if not reference and config.get("reference_table"):
        reference = {"table": config["reference_table"], "column": config.get("reference_column", "")}
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


def _formatted(rule, config):
    name = FORMATS.get(config.get("format"))
    return (
        _literal(_("Every {it} is {format}"), format=_(name))
        if name
        else _literal(_("{it} has a valid format"))
    )


def _typed(rule, config):
    if config.get("type"):
        return _literal(_("Every {it} can be read as {type}"), type=config["type"])
    return _literal(_("Every {it} has its type"))


def _agree(rule, config):
    if config.get("check_expression"):
        return _literal(_("In every row, {expression}"), expression=config["check_expression"])
    left, right = config.get("left"), config.get("right")
    if left and right:
        sign = _sign(config.get("operator") or rule.threshold_operator)
        return _literal(_("In every row, {left} {sign} {right}"), left=left, sign=sign, right=right)
    return _literal(_("The columns of {it} agree with each other"))


def _recent(rule, config):
    window = config.get("window") or config.get("max_age") or "?"
    if rule.threshold_percent is not None:
        text = _("At least {share} % of rows of {it} are at most {window} old")
        return _literal(text, share=_share(rule, config), window=window)
    return _literal(
        _("At least {n} rows of {it} are at most {window} old"), n=config.get("min_rows", 1), window=window
    )


def _distributed(rule, config):
    if config.get("mean") is None or config.get("std_dev") is None:
        return _literal(_("{it} is distributed as expected"))
    text = _("{it} has a mean near {mean} and a standard deviation near {deviation}")
    return _literal(text, mean=config["mean"], deviation=config["std_dev"])


def _without_outliers(rule, config):
    if rule.threshold_percent:
        return _literal(_("At most {share} % of {it} are outliers"), share=_share(rule, config))
    return _literal(_("{it} has no outliers"))


def _statistic(rule, config):
    name = config.get("statistic")
    label = _(STATISTICS[name]) if name in STATISTICS else name or _("A statistic")
    value = rule.threshold_value if rule.threshold_value is not None else config.get("value")
    if value is not None:
        sign = _sign(rule.threshold_operator or config.get("operator") or "<=")
        number = _plain(value) if hasattr(value, "normalize") else value
        return _literal(_("{statistic} of {it} is {sign} {value}"), statistic=label, sign=sign, value=number)
    return _bounded(
        rule,
        config,
        _("{statistic} of {it} is between {low} and {high}"),
        _("{statistic} of {it} is at least {low}"),
        _("{statistic} of {it} is at most {high}"),
        _("{statistic} of {it} is within bounds"),
        statistic=label,
    )


def _sign(operator):
    return {">=": "≥", "<=": "≤", "!=": "≠"}.get(operator, operator or "?")


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
    "format_valid": _formatted,
    "type_valid": _typed,
    "range_check": _between,
    "length_check": _length,
    "unique": _always(gettext_noop("No two rows share the same {it}")),
    "unique_combination": _together,
    "duplicate_threshold": _at_least(gettext_noop("At most {share} % of rows repeat {it}")),
    "referential_integrity": _exists,
    "cross_field_validation": _agree,
    "freshness": _fresh,
    "recency_check": _recent,
    "distribution_check": _distributed,
    "outlier_detection": _without_outliers,
    "statistical_threshold": _statistic,
}
