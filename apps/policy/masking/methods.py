"""The twelve methods by name: what each does in Python, and how engines write it (trust.md, section 4.2). Pure."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from . import ciphers, grammar, keyed, numbers, texts, written
from .dialects import NotHere
from .kinds import BOOLEAN, DATE, DECIMAL, FLOAT, INTEGER, MOMENT, NUMBERS, OTHER, TEXT, read, said
from .rules import Redacted, Unmaskable
from .schemas import SCHEMAS

ANY = frozenset({TEXT, INTEGER, DECIMAL, FLOAT, DATE, MOMENT, BOOLEAN, OTHER})
KEYED = ANY - {BOOLEAN, OTHER}


@dataclass(frozen=True)
class Method:
    """One method. `one` makes a function of a value, `many` one of a list; `sql` writes it, None if it is Python's alone.

    `kinds` are those of columns that it takes, `as_text` says that a text comes out whatever goes in.
    """

    name: str
    kinds: frozenset
    one: Callable | None = None
    many: Callable | None = None
    sql: Callable | None = None
    as_text: bool = False
    is_keyed: bool = False
    is_reversible: bool = False

    @property
    def schema(self):
        """The JSON Schema of its options."""
        return SCHEMAS[self.name]


def _drawn(rule, keys):
    """Substitution: what is named, else one of the list, never the value itself."""
    mapping = {
        unicodedata.normalize("NFC", key): str(told)
        for key, told in (rule.config.get("mapping") or {}).items()
    }
    listed = [str(value) for value in rule.config.get("values") or ()]
    default = rule.config.get("default")
    key = keyed.key_text(keys, *keyed.infos(rule)) if listed else ""

    def one(value):
        text = said(value, rule.kind)
        if text in mapping:
            found = mapping[text]
        elif listed:
            place = keyed.numbered(keyed.kh(key, text), len(listed))
            found = listed[place] if listed[place] != text else listed[(place + 1) % len(listed)]
        else:
            found = None if default is None else str(default)
        return None if found is None else read(found, rule.kind)

    return one


def _drawn_sql(rule, keys, to, value):
    text = to.said(value, rule.kind)
    mapping, listed, default = (rule.config.get(name) for name in ("mapping", "values", "default"))
    if listed:
        listed = [str(each) for each in listed]
        digest = to.keyed_hash(to.key(keys, *keyed.infos(rule)), text)
        place = to.numbered(digest, len(listed))
        first, second = to.listed(listed, place), to.listed(listed, f"({place} + 1) % {len(listed)}")
        other = f"(CASE WHEN {first} = {text} THEN {second} ELSE {first} END)"
    else:
        other = "NULL" if default is None else to.text(str(default))
    if mapping:
        cases = " ".join(
            f"WHEN {to.text(unicodedata.normalize('NFC', key))} THEN {to.text(str(told))}"
            for key, told in mapping.items()
        )
        other = f"(CASE {text} {cases} ELSE {other} END)"
    return to.cast(other, rule.kind)


def _hashed(rule, keys):
    key, algorithm = keyed.key_text(keys, *keyed.infos(rule)), rule.option("algorithm", "sha256")
    return lambda value: keyed.kh(key, said(value, rule.kind), algorithm)[: rule.option("truncate")]


def _hashed_sql(rule, keys, to, value):
    if rule.option("algorithm", "sha256") != "sha256":
        raise NotHere("engines have sha256 alone")
    digest = to.keyed_hash(to.key(keys, *keyed.infos(rule)), to.said(value, rule.kind))
    return f"left({digest}, {rule.option('truncate')})" if rule.option("truncate") else digest


def _named(rule, keys):
    key, prefix = keyed.key_text(keys, *keyed.infos(rule)), rule.option("prefix", "P-")
    return lambda value: prefix + keyed.kh(key, said(value, rule.kind))[:12]


def _named_sql(rule, keys, to, value):
    digest = to.keyed_hash(to.key(keys, *keyed.infos(rule)), to.said(value, rule.kind))
    return f"{to.text(rule.option('prefix', 'P-'))} || left({digest}, 12)"


def _formatted(rule, keys):
    run = ciphers.formatted(rule, keys)
    if rule.kind.name == TEXT:
        return run

    def numbered(values):
        found = run([str(abs(value)) for value in values])
        return [_number(text, value, rule) for text, value in zip(found, values, strict=True)]

    return numbered


def _number(text, value, rule):
    if isinstance(text, Exception):
        return text
    try:
        return read(f"-{text}" if value < 0 else text, rule.kind)
    except ValueError as error:
        return Unmaskable(str(error))


def _tokens(rule, keys):
    return lambda values: keys.tokens(rule, values)


def _custom(rule, keys):
    tree = grammar.expression(rule.config["expression"], rule.column)
    return lambda value: grammar.weigh(tree, {rule.column: value})


def _custom_sql(rule, keys, to, value):
    tree = grammar.expression(rule.config["expression"], rule.column)
    return written.sql(tree, to, lambda _name: value)


METHODS = {
    method.name: method
    for method in (
        Method("redaction", ANY, one=texts.redaction, sql=texts.redaction_sql),
        Method("partial_redaction", frozenset({TEXT}), one=texts.partial, sql=texts.partial_sql),
        Method("substitution", frozenset({TEXT, INTEGER, DECIMAL, DATE}), one=_drawn, sql=_drawn_sql, is_keyed=True),
        Method("hashing", KEYED, one=_hashed, sql=_hashed_sql, as_text=True, is_keyed=True),
        Method("tokenization", frozenset({TEXT}), many=_tokens, as_text=True, is_keyed=True, is_reversible=True),
        Method("encryption", frozenset({TEXT}), one=ciphers.encryption, as_text=True, is_keyed=True, is_reversible=True),
        Method("pseudonymization", KEYED, one=_named, sql=_named_sql, as_text=True, is_keyed=True),
        Method("generalization", NUMBERS | {TEXT, DATE, MOMENT}, one=numbers.generalization, sql=numbers.generalization_sql),
        Method("noise_addition", NUMBERS | {DATE}, one=numbers.noise, sql=numbers.noise_sql, is_keyed=True),
        Method("format_preserving_encryption", frozenset({TEXT, INTEGER}), many=_formatted, is_keyed=True, is_reversible=True),
        Method("data_masking", frozenset({TEXT}), one=texts.shape, sql=texts.shape_sql),
        Method("custom", frozenset({TEXT}), one=_custom, sql=_custom_sql, is_reversible=True),
    )
}  # fmt: skip


def failed(error, rule):
    """What stands for a value that could not be masked: marks or nothing, and never the value."""
    if isinstance(error, Redacted) and rule.kind.name == TEXT:
        return "*" * texts.RUN
    return None
