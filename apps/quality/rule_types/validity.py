"""Rules about what a value looks like. Pure."""

import re

from apps.quality.engine.plan import CannotCheck
from apps.quality.refused import Refused

from . import COLUMN, NUMBER, TEXT, TIME, formats, iban, register_rule
from . import schemas as say
from .expressions import column_of, either, kind_of, not_a_number, row_rule
from .literals import above, below, members, moment, number

DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)", re.ASCII)
INTEGERS = {
    "integer": (10, "2147483647", "2147483648"),
    "bigint": (19, "9223372036854775807", "9223372036854775808"),
}


@register_rule(
    "value_in_set",
    category="validity",
    subjects=[COLUMN],
    schema=say.parameters(
        "Values from a list",
        "Every value is one of a list; numbers are compared as numbers.",
        {
            "allowed_values": say.told(
                "Allowed values", "The values that may occur.", "array",
                items={"type": ["string", "number", "boolean", "null"]}, maxItems=10_000,
                examples=[["pending", "shipped"]],
            ),
            "case_sensitive": say.told(
                "Capitals matter", "Whether Pending differs from pending.", "boolean", default=True
            ),
            "allow_null": say.told("Missing values pass", "Whether NULL is allowed.", "boolean", default=True),
            **say.tolerance(),
        },
        required=["allowed_values"],
        examples=[{"allowed_values": ["active", "inactive", "pending"], "case_sensitive": False}],
    ),
)  # fmt: skip
def value_in_set(table, spec, env):
    column = column_of(table, spec.column)
    kind = kind_of(column.type())
    compared = column.cast("string") if kind == "other" else column
    allowed = members(compared, spec.config.get("allowed_values") or ())
    if kind == TEXT and not spec.config.get("case_sensitive", True):
        compared, allowed = _folded(compared), [_folded(one) for one in allowed]
    failing = compared.notin(allowed) if allowed else column.notnull()
    if not spec.config.get("allow_null", True):
        failing = either(column.isnull(), failing)
    meta = {"from_domain": spec.config["from_domain"]} if spec.config.get("from_domain") else None
    return row_rule(table, spec, env, failing, meta=meta)


def _folded(text):
    """Small letters on both sides; the dotted capital I first, which engines make one letter or two of."""
    return text.replace("İ", "i").lower()


@register_rule(
    "pattern_match",
    category="validity",
    subjects=[COLUMN],
    kinds=[TEXT],
    schema=say.parameters(
        "Values match a pattern",
        "The pattern occurs in every value; ^ and $ tie it to the whole value.",
        {
            "pattern": say.told(
                "Pattern", "A regular expression, looked for anywhere in the value.", "string",
                column="expected_pattern", minLength=1, maxLength=1000, examples=["^[A-Z]{3}-[0-9]{4}$"],
            ),
            "pattern_description": say.told("In words", "What the pattern stands for.", "string"),
            **say.tolerance(),
        },
        required=["pattern"],
        examples=[{"pattern": "^[A-Z]{3}-[0-9]{4}$", "pattern_description": "Format: AAA-9999"}],
    ),
    check=lambda spec: _pattern_faults(spec),
)  # fmt: skip
def pattern_match(table, spec, env):
    column = column_of(table, spec.column, [TEXT])
    return row_rule(table, spec, env, ~matches(column, spec.pattern or "", env))


def matches(column, pattern, env):
    """Does a pattern occur in the value, in the words of the engine?"""
    from apps.quality import patterns

    try:
        return column.re_search(patterns.portable(pattern, env.dialect))
    except Refused as error:
        raise CannotCheck(error.code, **error.values) from None


def _pattern_faults(spec):
    from apps.quality import patterns

    try:
        patterns.check(spec.pattern or "")
    except Refused as error:
        yield "pattern", error.code, error.values


@register_rule(
    "format_valid",
    category="validity",
    subjects=[COLUMN],
    kinds=[TEXT],
    schema=say.parameters(
        "Values have a known format",
        "Every value is an e-mail address, a date and so on, as a whole.",
        {
            "format": say.told("Format", "Which format.", "string", enum=formats.FORMATS),
            **say.tolerance(),
        },
        required=["format"],
        examples=[{"format": "email"}, {"format": "iban"}],
    ),
)
def format_valid(table, spec, env):
    column = column_of(table, spec.column, [TEXT])
    return row_rule(table, spec, env, ~formatted(column, spec.config.get("format"), env))


def formatted(column, name, env):
    """Does the whole value have the format?"""
    if name in formats.LISTS:
        return column.isin(formats.LISTS[name])
    if name == "json":
        return _is_json(column, env)
    if name not in formats.PATTERNS:
        raise CannotCheck("unknown_format", format=str(name))
    found = either(*(matches(column, formats.whole(one), env) for one in formats.PATTERNS[name]))
    return found & iban.checked(column, found) if name == "iban" else found


# Spark stops reading where a value ends: what follows it is seen by what is put around both.
SPARK_JSON = """
CASE WHEN a0 IS NOT NULL THEN
  try_parse_json(concat('[', a0, ']')) IS NOT NULL AND try_parse_json(concat('{"k":', a0, '}')) IS NOT NULL
END
"""


def _is_json(column, env):
    """Whether an engine reads it as JSON; DuckDB also takes NaN, infinity and a last comma, which JSON has not."""
    if env.dialect == "postgres":
        return env.raw("pg_input_is_valid(a0, 'json')", [column])
    if env.dialect == "databricks":
        return env.raw(SPARK_JSON, [column])
    if env.dialect != "duckdb":
        raise CannotCheck("engine", status="skipped", engine=env.dialect)
    bare = env.raw(r"""regexp_replace(a0, '"(?:[^"\\]|\\.)*"', '""', 'g')""", [column], "string")
    return env.raw("json_valid(a0)", [column]) & ~bare.re_search(
        r"[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\n\r]*[\]}]"
    )


@register_rule(
    "type_valid",
    category="validity",
    subjects=[COLUMN],
    schema=say.parameters(
        "Values have the type",
        "Every text can be read as the type, by the portal's own rules and within its bounds.",
        {
            "type": say.told(
                "Type", "integer, bigint, decimal(p,s), double, boolean, date, timestamp, uuid or json.", "string",
                pattern=r"^(integer|bigint|double|boolean|date|timestamp|uuid|json|decimal\([0-9]{1,2},\s*[0-9]{1,2}\))$",
            ),
            **say.tolerance(),
        },
        required=["type"],
        examples=[{"type": "integer"}, {"type": "decimal(10,2)"}],
    ),
    check=lambda spec: _type_faults(spec),
)  # fmt: skip
def type_valid(table, spec, env):
    column, wanted = column_of(table, spec.column), str(spec.config.get("type", "")).strip()
    if has_type(column.type(), wanted):
        return row_rule(table, spec, env, None, meta={"typed": True}, footer=lambda found: {"n": found.rows})
    if kind_of(column.type()) != TEXT:
        raise CannotCheck("wrong_kind", column=spec.column, kind=kind_of(column.type()), wanted=wanted)
    return row_rule(table, spec, env, ~readable(column, wanted, env))


def _type_faults(spec):
    found = DECIMAL.fullmatch(str(spec.config.get("type", "")).strip())
    if found and not (1 <= int(found[1]) <= 38 and int(found[2]) <= int(found[1])):
        yield "type", "decimal_size", {}


def has_type(kind, wanted):
    """Is every value of the type one of the wanted type anyway?"""
    if sized := DECIMAL.fullmatch(wanted):
        before, scale = int(sized[1]) - int(sized[2]), int(sized[2])
        if kind.is_integer():
            return len(str(kind.bounds.upper)) <= before
        fits = kind.is_decimal() and kind.precision is not None and kind.scale is not None
        return fits and kind.precision - kind.scale <= before and kind.scale <= scale
    return {
        "integer": kind.is_integer() and kind.bounds.lower >= -(2**31) and kind.bounds.upper < 2**31,
        "bigint": kind.is_integer() and kind.bounds.upper < 2**63,
        "double": kind.is_floating() or kind.is_integer() or kind.is_decimal(),
        "boolean": kind.is_boolean(),
        "date": kind.is_date(),
        "timestamp": kind.is_timestamp() or kind.is_date(),
        "uuid": kind.is_uuid(),
        "json": kind.is_json(),
    }.get(wanted, False)


def readable(column, wanted, env):
    """Can a text be read as the type?"""
    if wanted == "json":
        return _is_json(column, env)
    if wanted in INTEGERS:
        return _integer(column, wanted, env)
    if sized := DECIMAL.fullmatch(wanted):
        if int(sized[2]) > int(sized[1]):
            raise CannotCheck("decimal_size")
        shape = formats.whole(formats.decimal(int(sized[1]), int(sized[2])))
        return matches(column, shape, env) & matches(column, "[0-9]", env)
    if wanted not in formats.TYPED:
        raise CannotCheck("unknown_type", type=wanted)
    return matches(column, formats.whole(formats.TYPED[wanted]), env)


def _integer(column, wanted, env):
    """Digits, as many as the type has, and compared with its bounds as texts of equal length."""
    length, most, least = INTEGERS[wanted]
    shaped = matches(column, formats.whole(formats.INTEGER), env)
    digits = column.re_replace("^[+-]?0*", "")
    minus = column.startswith("-")
    within = (minus & (digits <= least)) | (~minus & (digits <= most))
    return shaped & ((digits.length() < length) | ((digits.length() == length) & within))


@register_rule(
    "range_check",
    category="validity",
    subjects=[COLUMN],
    kinds=[NUMBER, TIME],
    schema=say.parameters(
        "Values within a range",
        "Every value lies between two bounds, or on one side of one.",
        {
            "min": say.told("At least", "The smallest value; a time as 2026-01-31.", ["number", "string"], column="expected_range_min"),
            "max": say.told("At most", "The largest value; a time as 2026-01-31.", ["number", "string"], column="expected_range_max"),
            "inclusive": say.told("Bounds included", "Whether the bounds themselves are allowed.", "boolean", default=True),
            **say.tolerance(),
        },
        any_of=["min", "max"],
        examples=[{"min": 0, "max": 1000000}, {"min": "2020-01-01"}],
    ),
    check=lambda spec: _range_faults(spec),
)  # fmt: skip
def range_check(table, spec, env):
    column = column_of(table, spec.column, [NUMBER, TIME])
    low, high = bounds(spec)
    if low is None and high is None:
        raise CannotCheck("no_bound")
    inclusive = spec.config.get("inclusive", True)
    failing = either(
        None if low is None else below(column, low, inclusive=inclusive),
        None if high is None else above(column, high, inclusive=inclusive),
        not_a_number(column, env),
    )
    return row_rule(table, spec, env, failing, footer=_within(column, spec, env, low, high, inclusive))


def bounds(spec):
    """(min, max) as given: numbers in their columns, times in the configuration."""
    low, high = spec.range_min, spec.range_max
    return (
        spec.config.get("min") if low is None else low,
        spec.config.get("max") if high is None else high,
    )


def _range_faults(spec):
    for key, value in zip(("min", "max"), bounds(spec), strict=True):
        if isinstance(value, str):
            try:
                moment(value)
            except CannotCheck as fault:
                yield key, fault.code, fault.values


def _within(column, spec, env, low, high, inclusive):
    """Bounds in footers prove that no row fails; where they do not, the rows are read."""
    if not_a_number(column, env) is not None:
        return None
    read = moment if kind_of(column.type()) == TIME else number

    def footer(metadata):
        found = metadata.columns.get(spec.column)
        if found is None or found.nulls is None:
            return None
        nothing = {"n": metadata.rows, "f": 0}
        if found.nulls == metadata.rows:
            return nothing
        if found.lowest is None or found.highest is None:
            return None
        least, most = read(found.lowest), read(found.highest)
        under = low is not None and (least < read(low) or not inclusive and least == read(low))
        over = high is not None and (most > read(high) or not inclusive and most == read(high))
        return None if under or over else nothing

    return footer


@register_rule(
    "length_check",
    category="validity",
    subjects=[COLUMN],
    kinds=[TEXT],
    schema=say.parameters(
        "Texts of allowed length",
        "Every text has an allowed number of characters, counted as code points.",
        {
            "min_length": say.told("Shortest", "At least so many characters.", "integer", column="expected_range_min", minimum=0),
            "max_length": say.told("Longest", "At most so many characters.", "integer", column="expected_range_max", minimum=0),
            **say.tolerance(),
        },
        any_of=["min_length", "max_length"],
        examples=[{"min_length": 1, "max_length": 255}],
    ),
)  # fmt: skip
def length_check(table, spec, env):
    length = column_of(table, spec.column, [TEXT]).length().cast("int64")
    if spec.range_min is None and spec.range_max is None:
        raise CannotCheck("no_bound")
    failing = either(
        None if spec.range_min is None else below(length, spec.range_min, inclusive=True),
        None if spec.range_max is None else above(length, spec.range_max, inclusive=True),
    )
    return row_rule(table, spec, env, failing)
