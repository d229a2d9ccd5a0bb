"""What a person's SQL may be made of: the nodes of its tree, and of each what may be set. Pure.

Whatever is not listed is refused, so a new release of the parser closes doors and opens none. The lists are tied to
sqlglot's classes: run the corpus of probes again whenever it is raised.
"""

from sqlglot import exp

# Nodes that are no functions, with the parts that they may have.
PARTS = {
    "Select": "with_ expressions distinct from_ joins where group having qualify order limit offset",
    "Union": "with_ this expression distinct order limit offset",
    "Intersect": "with_ this expression distinct order limit offset",
    "Except": "with_ this expression distinct order limit offset",
    "With": "expressions",
    "CTE": "this alias",
    "From": "this",
    "Table": "this alias",
    "TableAlias": "this columns",
    "Join": "this on side kind using",
    "Subquery": "this alias",
    "Values": "expressions alias",
    "Where": "this",
    "Group": "expressions",
    "Having": "this",
    "Qualify": "this",
    "Order": "expressions",
    "Ordered": "this desc nulls_first",
    "Limit": "expression",
    "Offset": "expression",
    "Distinct": "expressions on",
    "Alias": "this alias",
    "Star": "",
    "Column": "this table",
    "Identifier": "this quoted",
    "Literal": "this is_string",
    "Boolean": "this",
    "Null": "",
    "Paren": "this",
    "Tuple": "expressions",
    "Not": "this",
    "Neg": "this",
    "Between": "this low high",
    "In": "this expressions query",
    "Is": "this expression negate",
    "Escape": "this expression",
    "Filter": "this expression",
    "WithinGroup": "this expression",
    "IgnoreNulls": "this",
    "RespectNulls": "this",
    "Window": "this partition_by order spec over",
    "WindowSpec": "kind start start_side end end_side",
    "DataType": "this expressions nested",
    "DataTypeParam": "this",
    "Interval": "this unit",
    "Extract": "this expression",
    "Var": "this",
    "Exists": "this",
    "RegexpLike": "this expression flag",
    "RegexpILike": "this expression",
    "RegexpFullMatch": "this expression",
    "Trim": "this expression position",
    "Cast": "this to",
    "TryCast": "this to safe requires_string",
    "Case": "this ifs default",
    "If": "this true false",
    **dict.fromkeys(
        "EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ And Or Like ILike Add Sub Mul Div IntDiv Mod DPipe".split(),
        "this expression typed safe negate",
    ),
}
AGGREGATES = (
    "Count CountIf Sum Avg Min Max Stddev StddevSamp StddevPop Variance VariancePop Median Mode Quantile"
    " PercentileCont PercentileDisc ApproxDistinct ApproxQuantile LogicalAnd LogicalOr Corr CovarSamp CovarPop"
    " Skewness AnyValue ArgMin ArgMax"
)
WINDOWED = "RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead FirstValue LastValue NthValue"
# No function that allocates as it is told (repeat, lpad, range …), that reads a setting or the session, that names an
# object of the database, or that makes rows is on either list.
SCALARS = (
    "Coalesce Nullif Greatest Least Abs Round Floor Ceil Sqrt Cbrt Pow Exp Ln Log Sign Trunc Upper Lower Length"
    " Substring Left Right Concat Replace StrPosition Contains StartsWith EndsWith SplitPart Reverse Initcap"
    " Ascii Unicode Levenshtein IsNan IsInf CurrentDate CurrentTimestamp TimestampTrunc DateTrunc Date DateDiff"
    " DateAdd DateSub TsOrDsToDate TsOrDsAdd TimestampDiff TimestampAdd TimestampSub Year Quarter Month Week Day"
    " DayOfWeek DayOfWeekIso DayOfMonth DayOfYear Hour Minute Second LastDay TimeToStr StrToTime StrToDate Sin Cos"
    " Tan Atan Atan2 Degrees Radians"
)
# Functions that the parser has no class for, by dialect.
NAMED = {
    "duckdb": "now date_part isfinite even gcd lcm trunc ltrim rtrim btrim strlen dayname monthname epoch prefix suffix"
    " to_days make_date date_sub age jaccard hamming try_strptime bool_and bool_or count_star",
    "postgres": "date_part age isfinite gcd lcm btrim ltrim rtrim strpos char_length octet_length make_date bool_and bool_or"
    " regr_slope",
    "databricks": "pmod ltrim rtrim isnotnull isnull char_length months_between bool_and bool_or every some nvl2",
}
TYPES = frozenset(
    "BOOLEAN TINYINT SMALLINT INT MEDIUMINT BIGINT INT128 UTINYINT USMALLINT UINT UBIGINT DECIMAL FLOAT DOUBLE CHAR NCHAR"
    " VARCHAR NVARCHAR TEXT DATE TIME TIMETZ TIMESTAMP TIMESTAMPTZ TIMESTAMPNTZ TIMESTAMPLTZ TIMESTAMP_S TIMESTAMP_MS"
    " TIMESTAMP_NS DATETIME INTERVAL UUID".split()
)
UNITS = frozenset(
    "MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR DECADE CENTURY DOW DOY ISODOW ISOYEAR EPOCH"
    " DAYOFWEEK DAYOFYEAR WEEKDAY".split()
)
UNITS |= {f"{unit}S" for unit in UNITS}
# What the parser keeps as text: where it may stand, and what it may say.
WORDS = {
    ("Join", "side"): frozenset(["LEFT", "RIGHT", "FULL"]),
    ("Join", "kind"): frozenset(["INNER", "OUTER", "CROSS", "SEMI", "ANTI"]),
    ("Window", "over"): frozenset(["OVER"]),
    ("WindowSpec", "kind"): frozenset(["ROWS", "RANGE", "GROUPS"]),
    ("WindowSpec", "start"): frozenset(["UNBOUNDED", "CURRENT ROW"]),
    ("WindowSpec", "end"): frozenset(["UNBOUNDED", "CURRENT ROW"]),
    ("WindowSpec", "start_side"): frozenset(["PRECEDING", "FOLLOWING"]),
    ("WindowSpec", "end_side"): frozenset(["PRECEDING", "FOLLOWING"]),
    ("Trim", "position"): frozenset(["LEADING", "TRAILING", "BOTH"]),
    ("Var", "this"): UNITS,
}
# Values that are no row-wise value: an expression about one row has none of them.
QUERIES = frozenset({exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.Exists, exp.Values})


def _classes(names):
    return {getattr(exp, name) for name in names.split() if hasattr(exp, name)}


ALLOWED = {getattr(exp, name): frozenset(parts.split()) for name, parts in PARTS.items()}
ALLOWED |= {kind: frozenset(kind.arg_types) for kind in _classes(f"{AGGREGATES} {WINDOWED} {SCALARS}")}
OVER_ROWS = frozenset(_classes(f"{AGGREGATES} {WINDOWED}")) | {exp.Window, exp.Filter, exp.WithinGroup}
FUNCTIONS = {dialect: frozenset(names.split()) for dialect, names in NAMED.items()}
OVER_ROWS_NAMED = frozenset(["bool_and", "bool_or", "every", "some", "regr_slope", "count_star"])
REGULAR = frozenset({exp.RegexpLike, exp.RegexpILike, exp.RegexpFullMatch})
TRUTHS = frozenset(
    getattr(exp, name)
    for name in (
        "EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ And Or Not Like ILike Escape Between In Is RegexpLike RegexpILike"
        " RegexpFullMatch Boolean Null Column Case If Coalesce IsNan IsInf Contains StartsWith EndsWith"
    ).split()
)
