"""Expectation suites of Great Expectations, 0.x and 1.x, as quality rules. Pure."""

from .found import ReaderError
from .rule_files import RuleFile, counted, number, type_name

SEVERITIES = {"critical": "critical", "warning": "warning", "info": "info"}
STATISTICS = {
    "mean": "mean", "stdev": "std_dev", "median": "median", "min": "min", "max": "max", "sum": "sum",
    "unique_value_count": "distinct_count",
}  # fmt: skip


def is_suite(data):
    """True for what looks like a suite."""
    return isinstance(data, dict) and isinstance(data.get("expectations"), list)


def read(data):
    """The `RuleFile` of a suite. Raises `ReaderError`."""
    if not is_suite(data):
        raise ReaderError("no_suite", "This is no suite of expectations.", "Send the JSON of one suite.")
    found = RuleFile()
    for each in data["expectations"]:
        kind = each.get("expectation_type") or each.get("type") if isinstance(each, dict) else None
        if not isinstance(kind, str):
            found.miss(each, "It names no expectation.")
            continue
        _Expectation(found, kind, each).read()
    return found


class _Expectation:
    def __init__(self, found, kind, each):
        self.found, self.kind = found, kind
        self.kwargs = each.get("kwargs") if isinstance(each.get("kwargs"), dict) else {}
        meta = each.get("meta") if isinstance(each.get("meta"), dict) else {}
        severity = each.get("severity") or self.kwargs.get("severity") or meta.get("severity")
        column = self.kwargs.get("column")
        self.said = {"name": str(meta.get("name") or ""), "severity": SEVERITIES.get(str(severity), "error")}
        self.about = {**self.said, "column": column if isinstance(column, str) else None}
        mostly = number(self.kwargs.get("mostly"))
        self.percent = None if mostly is None or mostly >= 1 else round(100 * mostly, 4)

    def read(self):
        if self.kwargs.get("row_condition"):
            return self.foreign("It looks at some rows only, in a language of its own.")
        name = self.kind.removeprefix("expect_").removesuffix("_expectation")
        if name in READ:
            return getattr(self, f"_{name}")()
        return self._statistic(name)

    def foreign(self, why):
        told = {key: value for key, value in self.kwargs.items() if key not in ("column", "batch_id")}
        self.found.keep(self.kind, told, why, **self.about)

    def add(self, rule, **more):
        if self.about["column"] is None:
            return self.foreign("It names no column.")
        return self.found.add(rule, **self.about, **more)

    def _column_values_to_not_be_null(self):
        if self.percent is None:
            return self.add("not_null")
        return self.add("completeness_threshold", threshold_percent=self.percent)

    def _column_values_to_be_unique(self):
        if self.percent is None:
            return self.add("unique")
        return self.add("duplicate_threshold", threshold_percent=round(100 - self.percent, 4))

    def _column_values_to_be_in_set(self):
        values = self.kwargs.get("value_set")
        if not isinstance(values, list) or not values:
            return self.foreign("It has no list of values.")
        return self.add("value_in_set", values=values, threshold_percent=self.percent)

    def _column_values_to_match_regex(self):
        if not isinstance(self.kwargs.get("regex"), str):
            return self.foreign("It has no pattern.")
        return self.add("pattern_match", pattern=self.kwargs["regex"], threshold_percent=self.percent)

    def _column_values_to_be_between(self):
        low, high = (number(self.kwargs.get(name)) for name in ("min_value", "max_value"))
        given = [self.kwargs.get(name) is not None for name in ("min_value", "max_value")]
        if given != [low is not None, high is not None] or not any(given):
            return self.foreign("Its bounds are no numbers.")
        strict = [
            bool(self.kwargs.get(name))
            for name, there in zip(("strict_min", "strict_max"), given, strict=True)
            if there
        ]
        if len(set(strict)) > 1:
            return self.foreign("One of its bounds is included and the other is not.")
        config = {"inclusive": False} if strict[0] else None
        return self.add("range_check", min=low, max=high, config=config, threshold_percent=self.percent)

    def _column_value_lengths_to_be_between(self):
        low, high = (number(self.kwargs.get(name)) for name in ("min_value", "max_value"))
        return self._length(low, high)

    def _column_value_lengths_to_equal(self):
        length = number(self.kwargs.get("value"))
        return self._length(length, length)

    def _length(self, low, high):
        if (low is None and high is None) or self.kwargs.get("strict_min") or self.kwargs.get("strict_max"):
            return self.foreign("Its bounds are no plain numbers.")
        return self.add("length_check", min=low, max=high, threshold_percent=self.percent)

    def _column_values_to_be_of_type(self):
        kind = type_name(self.kwargs.get("type_"))
        if kind is None:
            return self.foreign("Texts and types of its own need no check of how they read.")
        return self.add("type_valid", config={"type": kind}, threshold_percent=self.percent)

    def _compound_columns_to_be_unique(self):
        columns = self.kwargs.get("column_list")
        if not isinstance(columns, list) or len(columns) < 2 or self.percent is not None:
            return self.foreign("It names no two columns, or allows repeats.")
        return self.found.add("unique_combination", **self.said, columns=columns)

    def _column_pair_values_a_to_be_greater_than_b(self):
        return self._pair(">=" if self.kwargs.get("or_equal") else ">")

    def _column_pair_values_to_be_equal(self):
        return self._pair("=")

    def _pair(self, operator):
        left, right = self.kwargs.get("column_A"), self.kwargs.get("column_B")
        known = isinstance(left, str) and isinstance(right, str)
        if not known or self.percent is not None or self.kwargs.get("ignore_row_if") == "never":
            return self.foreign("It names no two columns, or treats missing values otherwise.")
        told = {"columns": [left, right], "operator": operator, "config": {"left": left, "right": right}}
        return self.found.add("cross_field_validation", **self.said, **told)

    def _table_row_count_to_be_between(self):
        low, high = (number(self.kwargs.get(name)) for name in ("min_value", "max_value"))
        return self._rows(low, high)

    def _table_row_count_to_equal(self):
        rows = number(self.kwargs.get("value"))
        return self._rows(rows, rows)

    def _rows(self, low, high):
        if low is None and high is None:
            return self.foreign("It has no bound.")
        self.found.miss(
            self.kind, "The number of rows becomes SQL of its own; look at the rule and switch it on."
        )
        return self.found.add("custom_sql", **self.said, sql=counted(low, high), enabled=False)

    def _unexpected_rows(self):
        sql = self.kwargs.get("unexpected_rows_query")
        if not isinstance(sql, str):
            return self.foreign("It has no query.")
        self.found.miss(self.kind, "A rule with SQL comes switched off; look at it and switch it on.")
        return self.found.add("custom_sql", **self.said, sql=sql.replace("{batch}", "payload"), enabled=False)

    def _statistic(self, name):
        inner = name.removeprefix("column_").removesuffix("_to_be_between")
        low, high = (number(self.kwargs.get(bound)) for bound in ("min_value", "max_value"))
        strict = self.kwargs.get("strict_min") or self.kwargs.get("strict_max")
        if (
            inner not in STATISTICS
            or not name.endswith("_to_be_between")
            or (strict and None not in (low, high))
            or (low is None and high is None)
        ):
            return self.foreign("No type of rule says the same.")
        if strict:
            value, operator = (low, ">") if high is None else (high, "<")
            config = {"statistic": STATISTICS[inner]}
            return self.add("statistical_threshold", threshold=value, operator=operator, config=config)
        return self.add("statistical_threshold", min=low, max=high, config={"statistic": STATISTICS[inner]})


READ = frozenset(
    """column_values_to_not_be_null column_values_to_be_unique column_values_to_be_in_set column_values_to_match_regex column_values_to_be_between column_value_lengths_to_be_between column_value_lengths_to_equal column_values_to_be_of_type compound_columns_to_be_unique column_pair_values_a_to_be_greater_than_b column_pair_values_to_be_equal table_row_count_to_be_between table_row_count_to_equal unexpected_rows""".split()
)
