"""Can a masking rule be saved? One answer for the API, the form and importers. Pure."""

from decimal import Decimal
from functools import cache

from jsonschema import Draft202012Validator

from . import grammar
from .ff1 import LEAST_DOMAIN
from .kinds import DATE, DECIMAL, FLOAT, INTEGER, MOMENT, NUMBERS, TEXT, read
from .methods import METHODS
from .rules import Problem
from .texts import RUN

ENCRYPTED = 70  # signs of an encrypted text besides the value's own
DIGITS, LETTERS = 10, 26
SIZES = {"digits": DIGITS, "lower": LETTERS, "upper": LETTERS, "letters": 2 * LETTERS}
ALL_SIGNS = DIGITS + 2 * LETTERS
FITTING = {
    "numbers": {"step", "edges", "top", "bottom"},
    DATE: {"unit"},
    MOMENT: {"unit"},
    TEXT: {"keep_prefix", "hierarchy"},
}
NOT_OF_DATES = {"percent", "min", "max", "round"}
PROBES = (
    "Ada Lovelace",
    "ada@example.com",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "x",
    "90210",
)


def problems(rule, *, domain=None):
    """The `Problem`s of a rule, none if it can be saved. `domain` is how many values the column can have, if known."""
    method = METHODS.get(rule.method)
    if method is None:
        return [Problem("masking_method", "unknown", {"method": rule.method})]
    shaped = list(_shape(method, rule))
    found = [*shaped, *_reversible(method, rule), *_kind(method, rule)]
    if not shaped and not found:
        found += [*_size(method, rule, domain), *CHECKS.get(rule.method, _nothing)(rule)]
        found += _fits(rule) if not found else []
    return found


def options_of(method, kind):
    """The options of a method that make sense for values of a kind, in order."""
    names = list(METHODS[method].schema["properties"])
    if method == "generalization":
        fitting = FITTING.get("numbers" if kind.name in NUMBERS else kind.name, set())
        return [name for name in names if name in fitting]
    if method == "noise_addition":
        odd = NOT_OF_DATES if kind.name == DATE else set() if kind.name == FLOAT else {"round"}
        return [name for name in names if name not in odd]
    return names


def condition_problems(text, columns):
    """The `Problem`s of a condition over columns, {name: kind}."""
    try:
        grammar.condition(text, columns)
    except grammar.NotTaken as error:
        yield Problem("apply_condition", "condition", {"why": str(error)})


@cache
def _validator(name):
    return Draft202012Validator(METHODS[name].schema)


def _shape(method, rule):
    for error in sorted(
        _validator(method.name).iter_errors(dict(rule.config)),
        key=lambda one: list(map(str, one.absolute_path)),
    ):
        at = ".".join(["method_config", *map(str, error.absolute_path)])
        if at == "method_config.salt":
            yield Problem(at, "unkeyed")
        elif error.validator in ("required", "anyOf", "oneOf"):
            yield Problem(at, "missing", {"wanted": ", ".join(_wanted(method.schema))})
        elif error.validator == "additionalProperties":
            unknown = sorted(set(rule.config) - set(method.schema["properties"]))
            if error.absolute_path or not unknown:
                yield Problem(at, "form")
            else:
                yield from (
                    Problem(f"method_config.{name}", "no_option", {"option": name}) for name in unknown
                )
        elif at == "method_config.truncate" and error.validator == "minimum":
            yield Problem(at, "too_short", {"least": error.validator_value})
        else:
            # The validator's own words repeat the value; ours name the limit.
            yield Problem(at, "form", {"limit": f"{error.validator}: {error.validator_value}"[:200]})


def _wanted(schema):
    listed = [*schema.get("required", ())]
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        listed += one["required"]
    return listed


def _reversible(method, rule):
    if rule.is_reversible and not method.is_reversible:
        yield Problem("is_reversible", "not_reversible", {"method": method.name})


def _kind(method, rule):
    if rule.kind.name not in method.kinds:
        yield Problem("masking_method", "kind", {"kind": rule.kind.name, "method": method.name})
    elif method.as_text and rule.kind.name != TEXT and rule.preserve_type:
        yield Problem("preserve_type", "not_held", {"kind": rule.kind.name})


def _size(method, rule, domain):
    if method.name not in ("hashing", "pseudonymization"):
        return
    sizes = [size for size in (rule.kind.size, domain) if size is not None]
    if sizes and min(sizes) < LEAST_DOMAIN:
        yield Problem("masking_method", "small_domain", {"size": min(sizes), "least": LEAST_DOMAIN})


def _nothing(rule):
    return ()


def _readable(rule, named):
    """Problems of values that the column could not hold, (option, value) pairs."""
    for name, value in named:
        try:
            read(str(value).lower() if isinstance(value, bool) else str(value), rule.kind)
        except ValueError:
            yield Problem(f"method_config.{name}", "not_held", {"kind": rule.kind.name})


def _redaction(rule):
    constant = rule.config.get("constant")
    if constant is not None:
        yield from _readable(rule, [("constant", constant)])


def _substitution(rule):
    named = [("values", value) for value in rule.config.get("values") or ()]
    mapping = rule.config.get("mapping") or {}
    named += [("mapping", value) for value in mapping.values()]
    if rule.config.get("default") is not None:
        named.append(("default", rule.config["default"]))
    yield from list({one.field: one for one in _readable(rule, named)}.values())
    if any(str(key) == str(value) for key, value in mapping.items()):
        yield Problem("method_config.mapping", "shows")


def _generalization(rule):
    kind, config = rule.kind, rule.config
    fitting = FITTING["numbers" if kind.name in NUMBERS else kind.name]
    for name in sorted(set(config) - fitting):
        yield Problem(f"method_config.{name}", "not_for_kind", {"kind": kind.name})
    wanted = {"keep_prefix", "hierarchy"} if kind.name == TEXT else {"step", "edges", "unit"} & fitting
    if len(wanted & set(config)) != 1:
        yield Problem("method_config", "one_of", {"wanted": ", ".join(sorted(wanted))})
    if kind.name == DATE and config.get("unit") in ("hour", "minute"):
        yield Problem("method_config.unit", "not_for_kind", {"kind": kind.name})
    if not rule.preserve_type and kind.name not in (INTEGER, DECIMAL, TEXT):
        yield Problem("preserve_type", "no_label", {"kind": kind.name})
    if kind.name in NUMBERS:
        yield from _numbers(rule)


def _numbers(rule):
    config, kind = rule.config, rule.kind
    edges = config.get("edges") or []
    if edges != sorted(edges):
        yield Problem("method_config.edges", "order")
    top, bottom = config.get("top"), config.get("bottom")
    if top is not None and bottom is not None and bottom >= top:
        yield Problem("method_config.top", "order")
    if kind.name == FLOAT:
        if "step" in config and config["step"] < 1e-9:
            yield Problem("method_config.step", "form", {"limit": "minimum: 1e-9"})
        return
    named = [(name, config[name]) for name in ("step", "top", "bottom") if config.get(name) is not None]
    named += [("edges", edge) for edge in edges]
    yield from list(
        {one.field: one for one in _readable(rule, ((name, _plain(value)) for name, value in named))}.values()
    )


def _plain(number):
    """A number as people write it: 10.0 of JSON is 10."""
    found = Decimal(str(number))
    return f"{found.to_integral_value():f}" if found == found.to_integral_value() else f"{found:f}"


def _noise(rule):
    config = rule.config
    if rule.kind.name == DATE:
        for name in sorted(NOT_OF_DATES & set(config)):
            yield Problem(f"method_config.{name}", "not_for_kind", {"kind": DATE})
    low, high = config.get("min"), config.get("max")
    if low is not None and high is not None and low >= high:
        yield Problem("method_config.max", "order")
    if rule.kind.name in (INTEGER, DECIMAL):
        named = [(name, _plain(config[name])) for name in ("min", "max") if config.get(name) is not None]
        yield from _readable(rule, named)


def _formatted(rule):
    config, kind = rule.config, rule.kind
    kept = config.get("keep_prefix", 0) + config.get("keep_suffix", 0)
    if config.get("luhn") and config.get("keep_suffix"):
        yield Problem("method_config.luhn", "kept_check")
    if kind.name == INTEGER and config.get("alphabet", "detected") not in ("detected", "digits"):
        yield Problem("method_config.alphabet", "not_for_kind", {"kind": INTEGER})
    signs = len(str(kind.highest)) - 1 if kind.name == INTEGER else kind.length
    if signs is None:
        return
    signs -= kept + (1 if config.get("luhn") else 0)
    alphabet = DIGITS if kind.name == INTEGER else SIZES.get(config.get("alphabet", "detected"), ALL_SIGNS)
    if signs < 2 or alphabet**signs < LEAST_DOMAIN:
        yield Problem(
            "masking_method", "small_domain", {"size": alphabet ** max(0, signs), "least": LEAST_DOMAIN}
        )


def _custom(rule):
    try:
        tree = grammar.expression(rule.config["expression"], rule.column)
    except grammar.NotTaken as error:
        yield Problem("method_config.expression", "expression", {"why": str(error)})
        return
    if any(grammar.weigh(tree, {rule.column: probe}) == probe for probe in PROBES):
        yield Problem("method_config.expression", "shows")


CHECKS = {
    "redaction": _redaction,
    "substitution": _substitution,
    "generalization": _generalization,
    "noise_addition": _noise,
    "format_preserving_encryption": _formatted,
    "custom": _custom,
}


def _fits(rule):
    """A problem if what comes out is longer than the column."""
    length = rule.kind.length
    if rule.kind.name != TEXT or length is None or not rule.preserve_type:
        return []
    longest = {
        "hashing": min(
            rule.option("truncate", 128), 64 if rule.option("algorithm", "sha256") == "sha256" else 128
        ),
        "pseudonymization": 12 + len(rule.option("prefix", "P-")),
        "encryption": ENCRYPTED + length,
        "tokenization": 0 if rule.preserve_format else 26,
    }.get(rule.method, 0)
    if rule.method == "redaction" and "constant" not in rule.config:
        longest = (
            0
            if rule.preserve_length or rule.preserve_format or not rule.option("full_redaction", True)
            else RUN
        )
    if rule.method == "generalization":
        longest = max((len(told) for told in (rule.config.get("hierarchy") or {"": ""}).values()), default=0)
    if longest > length:
        return [Problem("masking_method", "too_long", {"length": longest, "most": length})]
    return []
