"""Rules and what they must find, counted by hand: (data, type, column, the rule's columns, what comes out).

What comes out is (status, measured, failures, rows).
"""

from decimal import Decimal

from .data import FORMATS, LEAST, MOST, ODD, TYPED

P, F, E = "passed", "failed", "error"
D = Decimal


def low(value):
    return {"expected_range_min": value}


def high(value):
    return {"expected_range_max": value}


def config(**values):
    return {"config": values}


def statistic(name, **more):
    return {"config": {"statistic": name}, **more}


SAME = [
    # Rules about rows: nothing to find in nothing; of values that are all missing only what asks for values fails.
    ("not_null", "word", {}, (F, 1, 1, 8), (P, 0, 0, 0), (F, 3, 3, 3)),
    ("not_null", "amount", {}, (P, 0, 0, 8), (P, 0, 0, 0), (F, 3, 3, 3)),
    ("no_empty_strings", "word", {}, (F, 2, 2, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("completeness_threshold", "word", {"threshold_percent": D("62.5")}, (P, D("62.5"), 3, 8), (P, 100, 0, 0), (F, 0, 3, 3)),
    ("value_in_set", "word", config(values=["pending", "shipped"]), (F, 4, 4, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("value_in_set", "n", config(values=["1", 2.0, 3, 4, 5, 6]), (F, 2, 2, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("pattern_match", "word", {"expected_pattern": "^[a-z]+$"}, (F, 4, 4, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("format_valid", "word", config(format="email"), (F, 7, 7, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("type_valid", "word", config(type="integer"), (F, 7, 7, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("range_check", "n", low(2) | high(6), (F, 3, 3, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("length_check", "word", low(1) | high(7), (F, 1, 1, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("unique", "n", {}, (F, 1, 1, 8), (P, 0, 0, 0), (P, 0, 0, 0)),
    ("unique_combination", None, config(columns=["n", "word"]), (P, 0, 0, 7), (P, 0, 0, 0), (P, 0, 0, 0)),
    ("duplicate_threshold", "n", config(max_duplicate_percent=12.5), (P, D("12.5"), 1, 8), (P, 0, 0, 0), (P, 0, 0, 0)),
    ("referential_integrity", "n", {"references": {"n": ("known", "n")}}, (P, 0, 0, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("cross_field_validation", None, config(left="seen", operator=">=", right="at"), (P, 0, 0, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    # Statistics: no value is not in range.
    ("freshness", "seen", config(max_age="1 hour"), (P, 3600, None, None), (F, None, None, None), (F, None, None, None)),
    ("recency_check", "at", config(window="10 hours", min_rows=3), (P, 3, None, 8), (F, 0, None, 0), (F, 0, None, 3)),
    ("distribution_check", "amount", config(mean=16, std_dev=34), (P, 0.0, None, 8), (F, None, None, 0), (F, None, None, 0)),
    ("outlier_detection", "amount", config(), (F, D("12.5"), 1, 8), (P, 0, 0, 0), (P, 0, 0, 0)),
    ("statistical_threshold", "amount", statistic("mean", **low(16) | high(16)), (P, 16.0, None, None), (F, None, None, None), (F, None, None, None)),
    ("custom_sql", None, config(sql="SELECT n FROM payload WHERE n > 5"), (F, 3, 3, 8), (P, 0, 0, 0), (P, 0, 0, 3)),
    ("custom_function", "amount", config(function="benford"), ("skipped", None, None, None)) + (("skipped", None, None, None),) * 2,
]  # fmt: skip
TYPICAL = [
    # Thresholds: 0 is one, and all that are given must hold.
    ("not_null", "word", {"threshold_value": 0}, (F, 1, 1, 8)),
    ("not_null", "word", {"threshold_value": 1}, (P, 1, 1, 8)),
    ("not_null", "word", {"threshold_percent": D("87.5")}, (P, 1, 1, 8)),
    ("not_null", "word", {"threshold_percent": D("87.5001")}, (F, 1, 1, 8)),
    ("not_null", "word", {"threshold_percent": 0, "threshold_value": 0}, (F, 1, 1, 8)),
    ("not_null", "word", config(max_failure_percent=12.5), (P, 1, 1, 8)),
    ("not_null", "word", {"severity": "warning"}, ("warning", 1, 1, 8)),
    ("not_null", ODD, {}, (P, 0, 0, 8)),
    ("not_null", "flag", config(apply_condition="n <= 3"), (P, 0, 0, 3)),
    ("no_empty_strings", "word", config(trim=False), (F, 1, 1, 8)),
    ("completeness_threshold", "word", config(threshold_percent=87.5, allow_empty=True), (P, D("87.5"), 1, 8)),
    ("completeness_threshold", "word", config(threshold_percent=99, allow_empty=True, allow_null=True), (P, 100, 0, 8)),
    ("completeness_threshold", "price", {"threshold_value": D("87.5"), "threshold_operator": ">"}, (F, D("87.5"), 1, 8)),
    ("value_in_set", "word", config(allowed_values=["PENDING", "shipped", ""], case_sensitive=False), (F, 2, 2, 8)),
    ("value_in_set", "word", config(allowed_values=["pending", "shipped"], allow_null=False), (F, 5, 5, 8)),
    ("value_in_set", "price", config(values=["0.01", 10, 5, 7.5, 0.001]), (F, 2, 2, 8)),
    ("value_in_set", "flag", config(values=[True]), (F, 1, 1, 8)),
    ("value_in_set", "day", config(values=["2026-03-22", "2026-03-23T00:00:00"]), (F, 6, 6, 8)),
    ("pattern_match", ODD, {"expected_pattern": "[a-g]"}, (F, 1, 1, 8)),
    ("type_valid", "n", config(type="bigint"), (P, 0, 0, 8)),
    ("type_valid", "n", config(type="integer"), (E, None, None, None)),
    ("type_valid", "price", config(type="double"), (P, 0, 0, 8)),
    ("range_check", "n", low(D("0.5")) | high(D("6.5")), (F, 2, 2, 8)),
    ("range_check", "n", low(1) | config(inclusive=False), (F, 1, 1, 8)),
    ("range_check", "n", high(D(10) ** 30), (P, 0, 0, 8)),
    ("range_check", "n", low(D(10) ** 30), (F, 8, 8, 8)),
    ("range_check", "price", high(D("999999999999999999999999999999999999.98")), (F, 1, 1, 8)),
    ("range_check", "price", low(LEAST) | high(MOST), (P, 0, 0, 8)),
    ("range_check", "price", low(D("0.005")), (F, 1, 1, 8)),
    ("range_check", "amount", high(7), (F, 1, 1, 8)),
    ("range_check", "seen", config(min="2026-03-29", max="2026-03-29T03:00:00"), (F, 3, 3, 8)),
    ("range_check", "at", config(min="2026-03-29T02:00:00+02:00"), (F, 2, 2, 8)),
    ("range_check", "day", config(min="2026-03-23T00:00:01"), (F, 2, 2, 8)),
    ("length_check", "word", high(5), (F, 4, 4, 8)),
    ("unique", "word", {}, (F, 1, 1, 7)),
    ("unique", ODD, {}, (P, 0, 0, 8)),
    ("unique", "n", {"threshold_value": 1}, (P, 1, 1, 8)),
    ("unique_combination", None, config(columns=["n", "price"]), (F, 1, 1, 7)),
    ("duplicate_threshold", None, config(columns=["n"], max_duplicate_percent=12), (F, D("12.5"), 1, 8)),
    ("referential_integrity", "n", {"references": {"n": ("strange", "n")}}, (F, 7, 7, 8)),
    ("referential_integrity", "word", {"references": {"word": ("known", "n")}}, (E, None, None, None)),
    ("cross_field_validation", None, config(check_expression="amount <= n OR price IS NULL"), (F, 1, 1, 8)),
    ("cross_field_validation", None, config(check_expression="price >= 0"), (F, 1, 1, 8)),
    ("freshness", "seen", config(max_age="59 minutes"), (F, 3600, None, None)),
    ("freshness", "day", config(max_age="12 hours"), (P, 43200, None, None)),
    ("freshness", None, config(max_age="PT1H", column="at"), (P, 3600, None, None)),
    ("recency_check", "at", config(window="10 hours") | {"threshold_percent": 50}, (F, D("37.5"), 5, 8)),
    ("recency_check", "day", config(window="1 day"), (P, 1, None, 8)),
    ("outlier_detection", "amount", config(max_outlier_percent=12.5), (P, D("12.5"), 1, 8)),
    ("outlier_detection", "amount", config(method="z_score", sensitivity=2), (F, D("12.5"), 1, 8)),
    ("outlier_detection", "n", config(method="z_score"), (P, 0, 0, 8)),
    ("outlier_detection", "amount", config(method="isolation_forest"), (F, D("12.5"), 1, 8)),
    ("outlier_detection", "amount", config(method="isolation_forest", apply_condition="n < 7"), (P, 0, 0, 6)),
    ("outlier_detection", "price", config(method="isolation_forest", max_outlier_percent=1), (P, 0, 0, 7)),
    ("statistical_threshold", "word", statistic("count", **low(7)), (P, 7, None, None)),
    ("statistical_threshold", "word", statistic("null_count", **high(0)), (F, 1, None, None)),
    ("statistical_threshold", "word", statistic("distinct_count", **low(6)), (P, 6, None, None)),
    ("statistical_threshold", "n", statistic("sum", **low(35) | high(35)), (P, 35, None, None)),
    ("statistical_threshold", "price", statistic("max", **high(MOST)), (P, MOST, None, None)),
    ("statistical_threshold", "price", statistic("sum", **low(0)), (P, D("30.01"), None, None)),
    ("statistical_threshold", "amount", statistic("median", threshold_value=D("4.5"), threshold_operator="="), (P, 4.5, None, None)),
    ("statistical_threshold", "amount", statistic("p25", **low(2)), (P, 2.75, None, None)),
    ("statistical_threshold", "amount", statistic("std_dev", **high(40)), (P, 34.0, None, None)),
    ("statistical_threshold", "amount", statistic("variance", **high(40)), (F, 1156.0, None, None)),
    ("custom_sql", None, config(sql="SELECT * FROM payload WHERE n > 5", max_rows=3), (P, 3, 3, 8)),
    ("custom_sql", None, config(sql="SELECT * FROM payload WHERE n > 5", apply_condition="n < 7"), (F, 1, 1, 6)),
    ("custom_sql", None, config(sql="SELECT * FROM pg_catalog.pg_class"), (E, None, None, None)),
]  # fmt: skip
STRANGE = [
    ("not_null", "amount", {}, (F, 2, 2, 6)),
    ("not_null", "amount", config(nan_is_null=False), (P, 0, 0, 6)),
    ("completeness_threshold", "amount", {"threshold_percent": 60}, (P, D("66.6666666667"), 2, 6)),
    ("range_check", "amount", low(0), (F, 3, 3, 6)),
    ("range_check", "amount", low(0) | config(inclusive=False), (F, 5, 5, 6)),
    ("range_check", "n", low(-(2**63)) | high(2**63 - 1), (P, 0, 0, 6)),
    ("range_check", "seen", config(max="2026-03-29T12:00:00Z"), (F, 2, 2, 6)),
    ("range_check", "day", config(min="0001-01-01", max="9999-12-30"), (F, 1, 1, 6)),
    ("unique", "amount", {}, (F, 2, 2, 6)),
    ("unique", ODD, {}, (P, 0, 0, 6)),
    ("unique_combination", None, config(columns=["amount", "n"]), (P, 0, 0, 5)),
    ("duplicate_threshold", "price", config(max_duplicate_percent=16.6667), (P, D("16.6666666667"), 1, 6)),
    ("value_in_set", "amount", config(values=[0]), (F, 4, 4, 6)),
    ("value_in_set", "word", config(values=["istanbul", "ας", "αΣ"], case_sensitive=False), (F, 3, 3, 6)),
    ("value_in_set", "price", config(values=["0", "0.1", "0.2", "0.3", str(MOST)]), (P, 0, 0, 6)),
    ("pattern_match", "word", {"expected_pattern": "^abc$"}, (F, 5, 5, 6)),
    ("pattern_match", "word", {"expected_pattern": r"^abc\s*$"}, (F, 4, 4, 6)),
    ("pattern_match", ODD, {"expected_pattern": r"a\tb| a "}, (F, 4, 4, 6)),
    ("pattern_match", "word", {"expected_pattern": "(?=a)"}, (E, None, None, None)),
    ("length_check", ODD, {**low(1), **high(4)}, (F, 2, 2, 6)),
    ("no_empty_strings", ODD, {}, (F, 1, 1, 6)),
    ("no_empty_strings", "word", {}, (P, 0, 0, 6)),
    ("cross_field_validation", None, config(left="amount", operator="=", right="amount"), (P, 0, 0, 6)),
    ("freshness", "seen", config(max_age="PT0S"), (P, 0, None, None)),
    ("freshness", "day", config(max_age="1 hour"), (P, 0, None, None)),
    ("recency_check", "seen", config(window="PT1S", min_rows=4), (F, 3, None, 6)),
    ("distribution_check", "amount", config(mean=0, std_dev=1), (F, None, None, 6)),
    ("outlier_detection", "amount", config(), (F, None, None, 6)),
    ("outlier_detection", "price", config(method="z_score", sensitivity=5), (P, 0, 0, 6)),
    ("statistical_threshold", "amount", statistic("mean", **low(0)), (F, None, None, None)),
    ("statistical_threshold", "amount", statistic("max", **low(0)), (F, None, None, None)),
    ("statistical_threshold", "amount", statistic("distinct_count", **low(4)), (P, 4, None, None)),
    ("statistical_threshold", "n", statistic("min", **low(0)), (F, -(2**63), None, None)),
]  # fmt: skip
TEXTS = [
    ("format_valid", f"is {name}", config(format=name), (F, len(bad), len(bad), 16))
    for name, (_good, bad) in FORMATS.items()
] + [
    ("type_valid", f"as {name}", config(type=name), (F, len(bad), len(bad), 16))
    for name, (_good, bad) in TYPED.items()
]


def cases():
    """{data set: [(type, column, rule, expected)]}."""
    found = {"typical": [], "empty": [], "nothing": []}
    for kind, column, rule, *expected in SAME:
        for data, one in zip(found, expected, strict=True):
            found[data].append((kind, column, rule, one))
    found["typical"] += TYPICAL
    return {**found, "strange": STRANGE, "texts": TEXTS}
