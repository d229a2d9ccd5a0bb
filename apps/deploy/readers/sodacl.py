"""Checks of SodaCL as quality rules. Pure."""

import re

from apps.quality.renaming import PAYLOAD, renamed

from .found import ReaderError
from .rule_files import RuleFile, counted, type_name

CHECKS = re.compile(r"checks for (?P<table>\S+)")
METRIC = re.compile(r"(?P<metric>[a-z_]+)\s*(?:\((?P<columns>[^()]*)\))?\s*(?P<rest>.*)", re.DOTALL)
COMPARED = re.compile(r"(?P<operator><=|>=|!=|<>|<|>|=)\s*(?P<value>-?\d+(?:\.\d+)?)\s*%?")
OPERATOR = re.compile("<=|>=|!=|<>|<|>|=")
BETWEEN = re.compile(r"between\s+(?P<low>-?\d+(?:\.\d+)?)\s+and\s+(?P<high>-?\d+(?:\.\d+)?)")
AGE = re.compile(r"<=?\s*(?P<age>(?:\d+\s*[dhm]\s*)+)", re.IGNORECASE)
REFERENCE = re.compile(
    r"values in \(?(?P<column>\w+)\)? must exist in (?P<table>[\w.]+) \(?(?P<other>\w+)\)?"
)
STATISTICS = {
    "avg": "mean",
    "min": "min",
    "max": "max",
    "sum": "sum",
    "stddev": "std_dev",
    "variance": "variance",
}
FORMATS = {"email": "email", "uuid": "uuid", "ipv4 address": "ipv4", "ipv6 address": "ipv6"}
LEVELS = {"fail": "error", "warn": "warning"}
AT_MOST = ("=", "<", "<=")
# A level says when it speaks up: what is expected is the opposite.
OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "=", "<>": "="}


def is_checks(data):
    """True for what looks like a file of checks."""
    return isinstance(data, dict) and any(CHECKS.match(str(key)) for key in data)


def read(data, table=""):
    """The `RuleFile` of the checks for `table`; those for the only table if it is empty. Raises `ReaderError`."""
    if not is_checks(data):
        raise ReaderError("no_checks", "These are no checks.", "Send YAML with “checks for <table>:”.")
    matched = [(CHECKS.match(str(key)), value) for key, value in data.items()]
    tables = {found["table"]: value for found, value in matched if found}
    chosen = next((name for name in tables if name.rpartition(".")[2].casefold() == table.casefold()), None)
    if chosen is None and len(tables) > 1:
        names = ", ".join(tables)[:200]
        raise ReaderError(
            "which_table",
            f"The file has checks for {names}, and none for {table}.",
            "Send those of this capsule.",
        )
    chosen = chosen or next(iter(tables))
    found = RuleFile()
    for key in data:
        if str(key) != f"checks for {chosen}":
            found.miss(key, "It is about something else than this capsule, or has no equivalent.")
    for each in tables[chosen] if isinstance(tables[chosen], list) else []:
        text, config = next(iter(each.items())) if isinstance(each, dict) and each else (each, {})
        _read(found, str(text).strip(), config if isinstance(config, dict) else {}, chosen)
    return found


def _read(found, text, config, table):
    levels = [level for level in LEVELS if level in config]
    if text == "schema":
        return _schema(found, config)
    if text.startswith("failed rows"):
        return _rows(found, text, config, table)
    if "${" in text or "filter" in config:
        return found.keep(
            "soda", {"check": text, **config}, "Variables and filters have no equivalent.", name=_name(config)
        )
    if levels:
        for level in levels:
            alone = {key: value for key, value in config.items() if key not in LEVELS}
            name = alone.get("name") or ""
            name = f"{name} ({level})" if name and len(levels) > 1 else name
            bound = _opposite(str(config[level]).removeprefix("when ").strip())
            check = _Check(found, f"{text} {bound or config[level]}", {**alone, "name": name}, LEVELS[level])
            check.read() if bound else check.foreign(
                "When it speaks up cannot be turned into what is expected."
            )
        return None
    return _Check(found, text, config, "error").read()


def _opposite(text):
    """What is expected where a level speaks up `text`; empty if that is no single bound."""
    if text.startswith("not between"):
        return text.removeprefix("not ")
    found = OPERATOR.match(text)
    return OPPOSITES[found[0]] + text[found.end() :] if found else ""


def _name(config):
    return str(config.get("name") or "")


def _schema(found, config):
    for level, severity in LEVELS.items():
        said = config.get(level)
        for condition, wanted in said.items() if isinstance(said, dict) else ():
            if condition != "when wrong column type" or not isinstance(wanted, dict):
                found.miss(
                    f"schema: {condition}", "Which columns there are is said by the capsule's structure."
                )
                continue
            for column, kind in wanted.items():
                name = type_name(kind)
                if name is None:
                    found.miss(
                        f"{column}: {kind}", "Texts and types of its own need no check of how they read."
                    )
                else:
                    found.add(
                        "type_valid",
                        column=column,
                        severity=severity,
                        name=_name(config),
                        config={"type": name},
                    )


def _rows(found, text, config, table):
    query, condition = config.get("fail query"), config.get("fail condition")
    if not isinstance(query or condition, str):
        return found.keep(
            "soda", {"check": text, **config}, "It has neither query nor condition.", name=_name(config)
        )
    found.miss(text, "A rule with SQL comes switched off; look at it and switch it on.")
    # Rules call their table `payload`; a query that names it otherwise stays as it is, switched off as all are.
    sql = query and (renamed(query, table, PAYLOAD) or query)
    sql = sql or f"SELECT * FROM {PAYLOAD} WHERE {condition}"  # noqa: S608 - a draft, parsed before it runs
    return found.add("custom_sql", name=_name(config), sql=sql, enabled=False)


class _Check:
    """One check: a metric of columns, compared with a bound."""

    def __init__(self, found, text, config, severity):
        self.found, self.text, self.config = found, text, config
        self.said = {"name": _name(config), "severity": severity}

    def read(self):
        if reference := REFERENCE.fullmatch(self.text):
            target = f"{reference['table']}.{reference['other']}"
            return self.add("referential_integrity", reference["column"], references=target)
        metric = METRIC.fullmatch(self.text)
        if metric is None:
            return self.foreign("It cannot be read.")
        columns = [name.strip().strip('"') for name in (metric["columns"] or "").split(",") if name.strip()]
        rest = metric["rest"].strip()
        if metric["metric"] == "freshness":
            return self._freshness(columns, rest)
        bounds = _bounds(rest)
        if bounds is None:
            return self.foreign("Its bound cannot be read.")
        return self._metric(metric["metric"], columns, *bounds)

    def add(self, rule, column=None, **more):
        return self.found.add(rule, column=column, **self.said, **more)

    def foreign(self, why):
        return self.found.keep("soda", {"check": self.text, **self.config}, why, **self.said)

    def _metric(self, metric, columns, operator, low, high):
        most = high if operator in AT_MOST else None
        column = columns[0] if len(columns) == 1 else None
        if metric == "row_count" and not columns:
            return self._count(operator, low, high)
        if metric == "duplicate_count" and len(columns) > 1 and most == 0:
            return self.add("unique_combination", columns=columns)
        if column is None:
            return self.foreign("It is about several columns, or none.")
        if metric in STATISTICS:
            return self._statistic(STATISTICS[metric], column, operator, low, high)
        if most is None:
            return self.foreign("Only an upper bound has an equivalent.")
        return self._failing(metric, column, operator, most)

    def _failing(self, metric, column, operator, most):
        kind, _line, unit = metric.rpartition("_")
        if unit not in ("count", "percent") or kind not in ("missing", "duplicate", "invalid"):
            return self.foreign("No type of rule says the same.")
        if any(word.startswith(kind) for word in self.config) and kind == "missing":
            return self.foreign("It calls further values missing.")
        bound = {}
        if most or unit == "count" and operator == "<":
            bound = {"threshold": most, "operator": "<" if operator == "<" else "<="} if unit == "count" else {
                "threshold_percent": round(most if kind == "duplicate" else 100 - most, 4)
            }  # fmt: skip
        if unit == "percent" and operator == "<" and most:
            self.found.miss(self.text, "The bound itself is allowed here, and was not there.")
        if kind == "missing":
            return self.add(
                "completeness_threshold" if "threshold_percent" in bound else "not_null", column, **bound
            )
        if kind == "duplicate":
            return self.add(
                "duplicate_threshold" if "threshold_percent" in bound else "unique", column, **bound
            )
        return self._invalid(column, bound)

    def _invalid(self, column, bound):
        config = {key: value for key, value in self.config.items() if key.startswith("valid ")}
        if (
            len(
                {key.removesuffix(" length") if "length" not in key else "length" for key in config}
                - {"valid min", "valid max"}
            )
            > 1
        ):
            return self.foreign("It has several conditions.")
        if isinstance(values := config.get("valid values"), list):
            return self.add("value_in_set", column, values=values, **bound)
        if isinstance(pattern := config.get("valid regex"), str):
            return self.add("pattern_match", column, pattern=pattern, **bound)
        if (form := FORMATS.get(str(config.get("valid format", "")).lower())) is not None:
            return self.add("format_valid", column, config={"format": form}, **bound)
        exact = config.get("valid length")
        lengths = config.get("valid min length", exact), config.get("valid max length", exact)
        if lengths != (None, None):
            return self.add("length_check", column, min=lengths[0], max=lengths[1], **bound)
        if "valid min" in config or "valid max" in config:
            return self.add(
                "range_check", column, min=config.get("valid min"), max=config.get("valid max"), **bound
            )
        return self.foreign("No type of rule says what is valid here.")

    def _count(self, operator, low, high):
        if operator == "!=" or operator in ("<", ">") and float(low if low is not None else high) % 1:
            return self.foreign("No type of rule says the same.")
        low = low + 1 if operator == ">" else low
        high = high - 1 if operator == "<" else high
        self.found.miss(
            self.text, "The number of rows becomes SQL of its own; look at the rule and switch it on."
        )
        return self.add("custom_sql", sql=counted(low, high), enabled=False)

    def _statistic(self, statistic, column, operator, low, high):
        config = {"statistic": statistic}
        if operator in ("between", ">=", "<=", "="):
            return self.add("statistical_threshold", column, min=low, max=high, config=config)
        value = low if low is not None else high
        return self.add("statistical_threshold", column, threshold=value, operator=operator, config=config)

    def _freshness(self, columns, rest):
        age = AGE.fullmatch(rest)
        if age is None or len(columns) != 1:
            return self.foreign("Its age cannot be read.")
        parts = {
            unit.lower(): int(number)
            for number, unit in re.findall(r"(\d+)\s*([dhm])", age["age"], re.IGNORECASE)
        }
        days = f"{parts['d']}D" if "d" in parts else ""
        hours = "".join(f"{parts[unit]}{unit.upper()}" for unit in "hm" if unit in parts)
        return self.add("freshness", columns[0], threshold=f"P{days}" + (f"T{hours}" if hours else ""))


def _bounds(rest):
    """(operator, lowest, highest) of what stands after a metric, None if it cannot be read."""
    if found := BETWEEN.fullmatch(rest):
        return "between", _number(found["low"]), _number(found["high"])
    found = COMPARED.fullmatch(rest)
    if found is None:
        return None
    operator, value = found["operator"].replace("<>", "!="), _number(found["value"])
    low = value if operator in ("=", ">", ">=", "!=") else None
    return operator, low, value if operator in ("=", "<", "<=", "!=") else None


def _number(text):
    return float(text) if "." in text else int(text)
