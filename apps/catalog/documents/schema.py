"""The JSON Schema of the capsule document, and its findings in words: E100 to E106."""

import difflib
import json
import re
from functools import cache
from itertools import islice
from pathlib import Path

from jsonschema import Draft202012Validator

from .shapes import SAID, Shapes

FILE = Path(__file__).with_name("capsule.schema.json")
MOST = 2_000  # errors of a section that are collected before the first are chosen
SHOWN = 100

EXAMPLES = {
    "urn": ("a URN", "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders"),
    "date": ("a date", "2024-12-01"),
    "duration": ("a duration", "4 hours or PT4H"),
    "downtime": ("an allowed downtime", "1 hour per month"),
    "percent": ("a percentage from 0 to 100", '99.9 or "99.9%"'),
}
BY_KEY = {
    "git_commit": ("the hash of a commit, 7 to 64 lower-case hexadecimal digits", "a1b2c3d4"),
    "start": ("a time of day", "02:00"),
    "end": ("a time of day", "04:30"),
    "email": ("an e-mail address", "data-platform@company.com"),
}
BOUNDS = {
    "minLength": "at least {} character{s}",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {} item{s}",
}


@cache
def schema():
    """The schema as a dict."""
    return json.loads(FILE.read_text(encoding="utf-8"))


@cache
def shapes():
    """The schema, compiled for reading."""
    return Shapes(schema())


@cache
def _validator():
    return Draft202012Validator(schema())


@cache
def sections():
    """{key of `data_capsule`: its schema}."""
    return schema()["$defs"]["capsule"]["properties"]


def fits_rule(key, value):
    """True if `value` may stand under `key` of a quality rule."""
    return shapes().fits(value, sections()["quality_rules"]["items"]["properties"][key])


def faulty(document):
    """The keys of `data_capsule` whose values the schema refuses; None stands for the object itself."""
    if not isinstance(document, dict) or not isinstance(document.get("data_capsule"), dict):
        return {None}
    capsule, check = document["data_capsule"], shapes().fits
    found = {key for key, part in sections().items() if key in capsule and not check(capsule[key], part)}
    if not check(_outline(document)):
        found.add(None)
    return found


def findings(document, keys, where=len):
    """Yield (code, path, message, hint) for what the schema refuses in `keys`, the answer of `faulty`.

    `where(path)` is the place in the file, by which the first ones are chosen when there are very many.
    """
    validator, errors = _validator(), []
    prefix: tuple
    for key in sorted(keys, key=str):
        if key is None:
            prefix, found = (), validator.iter_errors(_outline(document))
        else:
            prefix = ("data_capsule", key)
            found = validator.evolve(schema=sections()[key]).iter_errors(document["data_capsule"][key])
        errors += [((*prefix, *error.absolute_path), error) for error in islice(found, MOST)]
    errors.sort(key=lambda one: where(one[0]))
    seen = set()
    for path, error in errors:
        # Looking for what was meant takes time, and nobody reads more than a hundred.
        for finding in islice(_said(error, path), SHOWN):
            if finding[:3] not in seen:
                seen.add(finding[:3])
                yield finding
        if len(seen) > SHOWN:
            return


def _outline(document):
    """The document without what its sections say, so that only its own keys are judged."""
    if not isinstance(document, dict) or not isinstance(document.get("data_capsule"), dict):
        return document
    capsule = document["data_capsule"]
    own = {key: value for key, value in capsule.items() if key not in sections()}
    return {**document, "data_capsule": {**own, **{key: STANDS[key] for key in STANDS if key in capsule}}}


STANDS = {"urn": "urn:dcs:a:b:c:d", "name": "d"}


def _said(error, path):
    keyword, wanted, found = error.validator, error.validator_value, error.instance
    if keyword == "required":
        return _missing(error, path)
    if keyword == "additionalProperties":
        return _unknown(error, path)
    if keyword in ("enum", "const"):
        return _listed(wanted if keyword == "enum" else [wanted], found, path)
    if keyword == "type":
        return [_of_type([wanted] if isinstance(wanted, str) else wanted, found, path)]
    if keyword == "pattern":
        return [_bad_format(_meant(error.schema, path), found, path)]
    if keyword == "uniqueItems":
        position = _repeated(found)
        message = f"{_name(path)} lists {_shown(found[position])} twice."
        return [("E105", (*path, position), message, "List it once.")]
    if keyword in BOUNDS:
        return [_out_of_bounds(error, path)]
    if keyword == "oneOf":
        return _alternatives(error, path)
    if keyword == "anyOf":
        return _combination(error, path)
    if keyword == "not":
        return [("E315", path, "The rule names a column and says it is for the whole capsule.", SUBJECT)]
    return [("E106", path, f"{_name(path)} does not fit together.", "Compare it with the documentation.")]


def _repeated(found):
    """The position of the first item that was there before."""
    seen = set()
    for position, item in enumerate(found):
        spelt = json.dumps(item, sort_keys=True)
        if spelt in seen:
            return position
        seen.add(spelt)
    return len(found) - 1


SUBJECT = "Write either column: <name> or capsule_level: true."


def _missing(error, path):
    for key in error.validator_value:
        if key in error.instance:
            continue
        if "allOf" in error.schema_path:
            kind = error.instance.get("type")
            message = f"A {kind} constraint needs {key}."
            yield "E106", path, message, f"Add {key}, such as {CONSTRAINT_EXAMPLES[key]}."
        else:
            yield "E100", path, f"{_name(path)} lacks the key {key}.", f"Add {key}."


CONSTRAINT_EXAMPLES = {
    "references": "references: stg_customers.customer_id",
    "expression": 'expression: "order_total >= 0"',
}


def _unknown(error, path):
    known = list(error.schema.get("properties", ()))
    for key in error.instance:
        if key in known or key.startswith("x-"):
            continue
        near = difflib.get_close_matches(key[:100].lower(), known, n=1, cutoff=0.6)
        hint = (
            f"Did you mean {near[0]}?"
            if near
            else f"Known keys: {', '.join(known)}. Keys of your own begin with x-."
        )
        yield "E102", (*path, key), f"{_name(path)} has no key {_shown(key)}.", hint


def _listed(wanted, found, path):
    if not isinstance(found, str):
        return [_of_type(["string"], found, path)]
    near = difflib.get_close_matches(found[:100].lower(), wanted, n=len(wanted), cutoff=0.0)
    hint = f"Write one of: {', '.join(near)}." if len(near) > 1 else f"Write {near[0]}."
    return [("E103", path, f"{_name(path)} is {_shown(found)}, which is not in its list.", hint)]


def _of_type(wanted, found, path):
    said = " or ".join(SAID[name] for name in wanted if name != "null")
    if found is None:
        hint = 'Leave the key out, or write "" or [] for nothing.'
        return "E101", path, f"{_name(path)} is null; it takes {said}.", hint
    return "E101", path, f"{_name(path)} is {_kind(found)}; it takes {said}.", f"Write {said}."


def _kind(value):
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return (
        f"the text {_shown(value)}"
        if isinstance(value, str)
        else SAID["object" if isinstance(value, dict) else "array"]
    )


def _meant(part, path):
    for name, definition in schema()["$defs"].items():
        if definition.get("pattern") == part.get("pattern") or part.get("pattern") in [
            branch.get("pattern") for branch in definition.get("oneOf", ())
        ]:
            return EXAMPLES[name]
    return BY_KEY.get(path[-1] if path else "", ("of the right form", "what the documentation shows"))


def _bad_format(meant, found, path):
    what, example = meant
    return "E104", path, f"{_name(path)} is {_shown(found)}, which is not {what}.", f"Write {example}."


def _out_of_bounds(error, path):
    keyword, bound = error.validator, error.validator_value
    low, high = error.schema.get("minimum"), error.schema.get("maximum")
    if low is not None and high is not None:
        bounds = f"from {low} to {high}"
    else:
        bounds = BOUNDS[keyword].replace("{s}", "" if bound == 1 else "s").format(bound)
    if keyword.endswith(("Length", "Items")):
        said = f"has {len(error.instance)} {'characters' if keyword.endswith('Length') else 'items'}"
    else:
        said = f"is {error.instance}"
    return "E105", path, f"{_name(path)} {said}; allowed is {bounds}.", f"Allowed: {bounds}."


def _alternatives(error, path):
    branches = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    wanted = []
    for part in error.validator_value:
        for branch in shapes()._branches(part):
            named = branch.get("type", "string")
            wanted += [named] if isinstance(named, str) else named
    fitting = [
        inner
        for inner in branches.values()
        if not any(one.validator == "type" and not one.path for one in inner)
    ]
    # An alternative that is itself made of alternatives says so in an error of its own.
    if not fitting or error.instance is None:
        return [_of_type(list(dict.fromkeys(wanted)), error.instance, path)]
    if len(fitting) > 1:
        return [_bad_format(EXAMPLES["downtime"], error.instance, path)]
    return [finding for inner in fitting[0] for finding in _said(inner, (*path, *inner.path))]


def _combination(error, path):
    if "quality_rules" in path and path[-2] == "quality_rules":
        yield (
            "E315",
            path,
            "The rule says neither which column nor that it is for the whole capsule.",
            SUBJECT,
        )
    elif error.instance.get("type") == "default":
        yield "E106", path, "A default constraint needs a value or an expression.", "Add value or expression."
    else:
        empty = [key for key in ("columns", "expressions") if error.instance.get(key) == []]
        hint = "Name columns, write expressions, or both."
        if empty:
            yield "E105", (*path, empty[0]), f"{_name(path)} has an empty list of {empty[0]}.", hint
        else:
            yield "E106", path, "An index needs columns or expressions.", hint


def _name(path):
    """The field at `path` as people name it: `contract.slas.freshness.target`, `schema.columns[2]`."""
    inner = path[1:] if path[:1] == ("data_capsule",) and len(path) > 1 else path
    said = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in inner).lstrip(".")
    return said[:200] or "The document"


def _shown(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = re.sub(r"\s+", " ", text)
    return repr(text if len(text) <= 60 else f"{text[:57]}…")
