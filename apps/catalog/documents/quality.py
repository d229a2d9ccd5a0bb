"""Quality rules (document format, section 3.4; rules S5, S13, S15)."""

import re2

from apps.dcs.periods import Period

from . import references, schema, sql
from .keys import RULE, arranged
from .places import QUERIES

CATEGORIES = {
    rule: category
    for category, rules in {
        "completeness": "not_null no_empty_strings completeness_threshold",
        "validity": "value_in_set pattern_match format_valid type_valid range_check length_check",
        "uniqueness": "unique unique_combination duplicate_threshold",
        "consistency": "referential_integrity cross_field_validation",
        "timeliness": "freshness recency_check",
        "distribution": "distribution_check outlier_detection statistical_threshold",
        "custom": "custom_sql custom_function",
    }.items()
    for rule in rules.split()
}
# What a rule cannot do without (S15): any one of the keys, and how to say it.
NEEDS = {
    "value_in_set": (("values",), 'values: ["pending", "shipped"]'),
    "pattern_match": (("pattern",), 'pattern: "[A-Z]{3}-[0-9]+"'),
    "range_check": (("min", "max"), "min: 0, max: 1000000 or one of them"),
    "length_check": (("min", "max"), "min: 1, max: 255 or one of them"),
    "unique_combination": (("columns",), "columns: [order_id, line_number]"),
    "referential_integrity": (("references",), "references: stg_customers.customer_id"),
    "freshness": (("threshold",), "threshold: 4 hours"),
    "recency_check": (("threshold",), "threshold: 4 hours"),
    "completeness_threshold": (("threshold", "threshold_percent"), "threshold_percent: 99.5"),
    "duplicate_threshold": (("threshold", "threshold_percent"), "threshold_percent: 0.5"),
    "custom_sql": (("sql",), "sql: with one SELECT"),
    "custom_function": (("function",), "function: with its registered name"),
}
AGED = ("freshness", "recency_check")
# Keys that people also write into `config`; there they are taken out (errata row A25).
REPEATED = "min max threshold operator threshold_percent expected pattern values columns references sql function".split()
PATTERNS = re2.Options()
PATTERNS.max_mem = 8 << 20  # as the glossary allows
FAILED = 20_000  # what a pattern that does not compile counts; it may have cost as much
PATTERNS.log_errors = False


def category(rule):
    """The category that a rule of the document has: its own, or the one of its type (errata row C8)."""
    return rule.get("category") or CATEGORIES[rule["rule"]]


def names(rules):
    """The name of every rule in order; one without is `<rule>_<column>` or `<rule>_capsule`, numbered if taken."""
    taken = {rule["name"] for rule in rules if rule.get("name")}
    found, numbers = [], {}
    for rule in rules:
        name = rule.get("name")
        if not name:
            plain = name = _default(rule)
            number = numbers.get(plain, 1)
            while name in taken:
                number += 1
                name = f"{plain}_{number}"
            numbers[plain] = number
            taken.add(name)
        found.append(name)
    return found


def normal(section, place):
    """`quality_rules` in canonical form: parameters at their keys, default names and categories left out."""
    _names_unique(section, place)
    return without_default_names([_rule(dict(entry), place / i) for i, entry in enumerate(section)])


def without_default_names(rules):
    """`rules` without the names that the reader would give them anyway."""
    needless = _needless(rules)
    return [
        {key: value for key, value in rule.items() if key != "name"} if i in needless else rule
        for i, rule in enumerate(rules)
    ]


def _needless(rules):
    """The positions of names that the reader would give anyway if they were all left out."""
    before = names(rules)
    needless = {i for i, rule in enumerate(rules) if rule.get("name", "").startswith(_default(rule))}
    for _ in range(10):
        bare = [{**rule, "name": ""} if i in needless else rule for i, rule in enumerate(rules)]
        after = names(bare)
        differing = {i for i, name in enumerate(after) if name != before[i]}
        if not differing:
            return needless
        needless -= differing
    return set()


def _default(rule):
    # The column of a name holds 255 characters; there must be room for the number.
    return f"{rule['rule']}_{rule.get('column') or 'capsule'}"[:240]


def _names_unique(section, place):
    seen, folded = set(), {}
    for i, entry in enumerate(section):
        name = entry.get("name")
        if not name:
            continue
        other = folded.setdefault(name.casefold(), name)
        if name in seen:
            (place / i / "name").say(
                "E301", f"Two rules are called {name}.", "Rename or remove one of the two."
            )
        elif other != name:
            (place / i / "name").say(
                "W215", f"The rules {other} and {name} differ by case alone.", "Rename one."
            )
        seen.add(name)


def _rule(entry, place):
    _subject(entry, place)
    _lift(entry, place)
    if "expected" in entry and entry["expected"] is None:
        (place / "expected").say("E101", "expected is null.", "Leave the key out.")
    _columns(entry, place)
    _parameters(entry, place)
    if entry.get("category") == CATEGORIES[entry["rule"]]:
        del entry["category"]
    return arranged(entry, RULE)


def _subject(entry, place):
    whole = entry.get("capsule_level")
    if "column" in entry and whole:
        place.say("E315", "The rule names a column and says it is for the whole capsule.", schema.SUBJECT)
    if "column" not in entry:
        entry["capsule_level"] = True


def _lift(entry, place):
    """Move what `config` repeats to its own key; a different value there is an error (errata row A25)."""
    if not isinstance(entry.get("config"), dict):
        return
    config = dict(entry["config"])
    if entry["rule"] in AGED and "max_age" in config:
        config.setdefault("threshold", config.pop("max_age"))
    for key in REPEATED:
        if key not in config or not schema.fits_rule(key, config[key]):
            continue
        value = config.pop(key)
        if key in entry and _spelt(entry[key]) != _spelt(value):
            at = place / "config" / (key if key in entry["config"] else "max_age")
            message = f"config repeats {key} with another value than the rule's own."
            at.say("E106", message, f"Keep {key} at the rule, and remove it from config.")
        entry.setdefault(key, value)
    entry["config"] = config


def _spelt(value):
    try:
        return Period.parse(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _columns(entry, place):
    known = place.desk.columns
    if known is None:
        return
    named: list[tuple] = [("column",)] if "column" in entry else []
    named += [("columns", i) for i in range(len(entry.get("columns", ())))]
    for path in named:
        name = entry[path[0]] if len(path) == 1 else entry["columns"][path[1]]
        if name not in known:
            at = place
            for key in path:
                at = at / key
            at.say(
                "E310",
                f"The column {name} is not declared in schema.columns.",
                f"Declare {name}, or correct it.",
            )


def _parameters(entry, place):
    rule = entry["rule"]
    wanted, example = NEEDS.get(rule, ((), ""))
    if wanted and not any(entry.get(key) not in (None, "", []) for key in wanted):
        message = f"A rule {rule} needs {' or '.join(wanted)}."
        place.say("E317", message, f"Add {example}.")
    place.ordered(entry, "min", "max", "rule")
    threshold = entry.get("threshold")
    if isinstance(threshold, str):
        entry["threshold"] = (place / "threshold").duration(threshold)
        if rule not in AGED:
            message = f"A rule {rule} takes a number as threshold, not a duration."
            (place / "threshold").say("E317", message, "Write a number, such as 100.")
    if "threshold_percent" in entry:
        entry["threshold_percent"] = (place / "threshold_percent").percent(entry["threshold_percent"])
    if "references" in entry:
        entry["references"] = references.normal(entry["references"], place / "references")
    _pattern(entry, place)
    if rule == "custom_sql" and entry.get("sql"):
        _query(entry["sql"], place / "sql")


def _query(text, place):
    place.desk.queries -= len(text)
    if place.desk.queries < 0:
        message = f"The SQL of the rules is longer than {QUERIES:,} characters in all."
        place.say("E016", message, "Move queries into views or functions, or split the capsule.")
    elif not sql.is_one_query(text, place.desk.dialect):
        message = "The SQL is not one SELECT that can be read."
        place.say("E317", message, "Write one SELECT, without any other statement.")


def _pattern(entry, place):
    if not entry.get("pattern"):
        return
    if place.desk.patterns < 0:
        message = "The patterns of the rules are too large together."
        (place / "pattern").say(
            "E016", message, "Use fewer repetitions such as {1,900}, or split the capsule."
        )
        return
    try:
        place.desk.patterns -= re2.compile(entry["pattern"], PATTERNS).programsize
    except re2.error as error:
        place.desk.patterns -= FAILED
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        message = f"The pattern cannot be used: {said}."
        hint = (
            "Correct it; looking around and back references are not supported, and large repetitions neither."
        )
        (place / "pattern").say("E317", message, hint)
