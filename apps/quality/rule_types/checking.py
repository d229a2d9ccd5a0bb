"""Is a rule complete before it is saved? One answer for the API, the forms and the importers. Pure."""

from decimal import Decimal
from functools import cache

from jsonschema import Draft202012Validator

from . import CAPSULE, COLUMN, TYPES
from .reading import Problem, read


def check_config(row):
    """The `Problem`s of a rule, none if it can be saved: (field, key of the sentence, values).

    `row` is a mapping as `reading.read` takes it; `columns`, if given, are the names of the capsule's columns, and
    `kind` the kind of the rule's own (text, number, time …).
    """
    kind = row.get("rule_type")
    if kind not in TYPES:
        return [Problem("rule_type", "unknown_type", {"type": str(kind)})]
    definition, reading = TYPES[kind], read(row)
    found = [*reading.problems, *_subject(definition, reading.spec)]
    found += _columns(reading.spec, row.get("columns"))
    if row.get("kind") and definition.kinds and row["kind"] not in definition.kinds:
        wanted = ", ".join(sorted(definition.kinds))
        found.append(
            Problem(
                "rule_type",
                "wrong_kind",
                {"column": reading.spec.column, "kind": row["kind"], "wanted": wanted},
            )
        )
    shaped = list(_shape(definition, reading.spec))
    found += shaped
    if definition.check and not shaped:
        found += (Problem(*one) for one in definition.check(reading.spec))
    found += [*_bounds(reading.spec), *_condition(reading.spec, row.get("columns"))]
    return list({(one.field, one.key, str(one.values)): one for one in found}.values())


def _subject(definition, spec):
    if (COLUMN if spec.column else CAPSULE) not in definition.subjects:
        yield Problem(
            "column", "needs_column" if not spec.column else "needs_capsule", {"type": definition.name}
        )


def _columns(spec, known):
    """Columns that the capsule does not have."""
    if known is None:
        return
    named = [("columns", name) for name in spec.config.get("columns") or () if isinstance(name, str)]
    named += [
        (key, spec.config[key])
        for key in ("left", "right", "column")
        if isinstance(spec.config.get(key), str)
    ]
    for key, name in named:
        if name not in known:
            yield Problem(key, "no_column", {"column": name})


@cache
def _validator(name):
    return Draft202012Validator(TYPES[name].schema)


def _shape(definition, spec):
    given = {key: _plain(value) for key, value in definition.parameters(spec).items()}
    for error in _validator(definition.name).iter_errors(given):
        if error.validator in ("required", "dependentRequired"):
            yield from (Problem(key, "required") for key in _lacking(error))
        elif error.validator == "anyOf" and not error.absolute_path:
            yield Problem(error.validator_value[0]["required"][0], "required")
        elif error.validator == "additionalProperties":
            known = definition.schema["properties"]
            for key in given:
                if key not in known and not key.startswith("x-"):
                    yield Problem(key, "unknown_parameter", {"name": key})
        else:
            where = str(error.absolute_path[0]) if error.absolute_path else "config"
            yield Problem(where, *_said(error))


def _plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _lacking(error):
    needed = error.validator_value
    if isinstance(needed, dict):
        needed = [one for key, ones in needed.items() if key in error.instance for one in ones]
    return [key for key in needed if key not in error.instance]


SAID = {
    "enum": ("not_one_of", "allowed"),
    "minimum": ("at_least", "least"),
    "exclusiveMinimum": ("more_than", "least"),
    "maximum": ("at_most", "most"),
    "minItems": ("too_few", "least"),
    "maxItems": ("too_many", "most"),
    "maxLength": ("too_long", "most"),
    "minLength": ("required", None),
    "uniqueItems": ("repeated", None),
    "type": ("wrong_type", "wanted"),
    "pattern": ("not_readable", None),
}


def _said(error):
    key, name = SAID.get(error.validator, ("not_readable", None))
    value = error.validator_value
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return key, {name: value} if name else {}


def _bounds(spec):
    if spec.range_min is not None and spec.range_max is not None and spec.range_min > spec.range_max:
        yield Problem("min", "reversed")


def _condition(spec, known):
    text = spec.config.get("apply_condition")
    if text and known is not None:
        from apps.quality import safesql
        from apps.quality.refused import Refused

        try:
            safesql.condition(str(text), list(known), "duckdb")
        except Refused as error:
            yield Problem("apply_condition", error.code, error.values)
