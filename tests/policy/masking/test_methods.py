"""What methods promise: the same again, undone by who may, of the same form, and never the value itself."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.dcs.keyring import Key
from apps.policy.masking import METHODS, Kind, Rule, kind_of, masked
from apps.policy.masking.checking import condition_problems, problems
from apps.policy.masking.ciphers import decrypted, luhn_valid, unformatted
from apps.policy.masking.ff1 import FF1
from apps.policy.masking.rules import Unmaskable

from . import values

KEYS = Key("k1", "masking", "active", bytes(range(32)))
OTHER_KEYS = Key("k2", "masking", "active", bytes(range(1, 33)))
URN = "urn:dcs:column:shop.crm.customers.email"
NIST = "2B7E151628AED2A6ABF7158809CF4F3C"
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def rule(method, options=None, kind="text", **more):
    return Rule(method, options or {}, Kind(kind) if isinstance(kind, str) else kind, urn=URN, **more)


def one(value, *given, **more):
    return masked([value], rule(*given, **more), KEYS).values[0]


# ---------- FF1 ----------


@pytest.mark.parametrize(
    ("key", "radix", "tweak", "plain", "sealed"),
    [
        (NIST, 10, "", "0123456789", "2433477484"),
        (NIST, 10, "39383736353433323130", "0123456789", "6124200773"),
        (NIST, 36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        (NIST + "EF4359D8D580AA4F", 10, "", "0123456789", "2830668132"),
        (NIST + "EF4359D8D580AA4F", 10, "39383736353433323130", "0123456789", "2496655549"),
        (NIST + "EF4359D8D580AA4F", 36, "3737373770717273373737", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
        (NIST + "EF4359D8D580AA4F7F036D6F04FC6A94", 10, "", "0123456789", "6657667009"),
        (NIST + "EF4359D8D580AA4F7F036D6F04FC6A94", 10, "39383736353433323130", "0123456789", "1001623463"),
        (NIST + "EF4359D8D580AA4F7F036D6F04FC6A94", 36, "3737373770717273373737", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
    ],
)  # fmt: skip
def test_ff1_gives_the_published_answers(key, radix, tweak, plain, sealed):
    cipher, tweak = FF1(bytes.fromhex(key), radix), bytes.fromhex(tweak)
    numerals = [[int(sign, 36) for sign in plain]] * 3

    encrypted = cipher.encrypt(numerals, tweak)

    assert ["".join(_SIGNS[number] for number in row) for row in encrypted] == [sealed] * 3
    assert cipher.decrypt(encrypted, tweak).tolist() == numerals


_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("length", [6, 7, 18, 19, 20, 37, 40, 64])
def test_ff1_is_undone_for_every_length(length):
    cipher = FF1(bytes(16), 10)
    numerals = [[(row * 7 + place * 3) % 10 for place in range(length)] for row in range(40)]

    sealed = cipher.encrypt(numerals, b"tweak")

    assert cipher.decrypt(sealed, b"tweak").tolist() == numerals
    assert len({tuple(row) for row in sealed.tolist()}) == len({tuple(row) for row in numerals})


CARDS = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1112",
    "5500005555555559",
    "AB-123456",
    "ab12cd34",
    "Xy9 Xy9 Xy9",
    "0000000",
]


@pytest.mark.parametrize(
    "options", [{}, {"luhn": True}, {"keep_prefix": 1}, {"keep_suffix": 1}, {"alphabet": "alphanumeric"}]
)
def test_a_formatted_value_keeps_its_form_and_is_undone(options):
    of = rule("format_preserving_encryption", options, is_reversible=True)

    sealed = masked(CARDS, of, KEYS)

    assert sealed.failed == 0
    for plain, hidden in zip(CARDS, sealed.values, strict=True):
        assert hidden != plain
        assert re.sub(r"\w", "", hidden) == re.sub(r"\w", "", plain)
        assert len(hidden) == len(plain)
        digits = re.sub(r"\D", "", plain)
        if options.get("luhn") and plain.replace(" ", "").replace("-", "").isdigit():
            assert luhn_valid(re.sub(r"\D", "", hidden)) == luhn_valid(digits)
        if options.get("keep_prefix"):
            assert hidden[0] == plain[0]
        if options.get("keep_suffix"):
            assert hidden[-1] == plain[-1]
    assert unformatted(of, KEYS)(sealed.values) == CARDS


@pytest.mark.parametrize("short", ["1234", "12-34", "abc", "Zoë Çelik", "漢字テスト漢字テスト", "-----"])
def test_a_value_too_short_for_its_cipher_is_redacted_and_counted(short):
    found = masked([short], rule("format_preserving_encryption"), KEYS)

    assert (found.values, found.failed) == (["********"], 1)


def test_a_formatted_number_stays_a_number_of_its_length():
    given = [123456, -7654321, 10**18, 999999, 12345]

    found = masked(given, rule("format_preserving_encryption", kind="integer"), KEYS)

    assert [len(str(each)) for each in found.values[:4]] == [6, 8, 19, 6]
    assert found.values[1] < 0
    assert found.values[4] is None
    assert found.failed == 1


# ---------- encryption ----------


@given(ANYTHING.filter(bool))
@examples(max_examples=25)
def test_an_encrypted_text_is_read_again_with_its_key_and_column_alone(text):
    for mode in ("gcm", "siv"):
        of = rule("encryption", {"mode": mode})
        sealed = one(text, "encryption", {"mode": mode})

        assert decrypted(of, KEYS, sealed) == unicodedata.normalize("NFC", text)
        assert (one(text, "encryption", {"mode": mode}) == sealed) == (mode == "siv")
        with pytest.raises(Unmaskable):
            decrypted(of, OTHER_KEYS, sealed)
        with pytest.raises(Unmaskable):
            decrypted(Rule("encryption", {"mode": mode}, urn="urn:dcs:column:other.x"), KEYS, sealed)


def test_an_encrypted_text_that_somebody_changed_is_not_read():
    sealed = one("ann@example.com", "encryption")

    for broken in (sealed[:-3] + "AAA", "v2" + sealed[2:], "nonsense", sealed + ".x", ""):
        with pytest.raises(Unmaskable):
            decrypted(rule("encryption"), KEYS, broken)


# ---------- all methods ----------

HIDING = [
    ("redaction", {}, {}),
    ("redaction", {}, {"preserve_length": True}),
    ("partial_redaction", {"preserve_prefix": 2, "preserve_suffix": 2, "preserve_domain": True}, {}),
    ("partial_redaction", {"preserve_prefix": 100, "preserve_suffix": 100}, {}),
    ("substitution", {"values": ["Alpha", "Bravo"]}, {}),
    ("hashing", {}, {}),
    ("hashing", {"algorithm": "sha512"}, {}),
    ("hashing", {"algorithm": "blake2b"}, {}),
    ("encryption", {"mode": "siv"}, {}),
    ("pseudonymization", {}, {}),
    ("generalization", {"keep_prefix": 100}, {}),
    ("format_preserving_encryption", {}, {}),
    ("data_masking", {}, {}),
    ("data_masking", {"mode": "scramble"}, {}),
]


def cannot_change(method, options, value):
    """Values that the method maps to themselves whatever the key: nothing but marks, or nothing that it changes."""
    if method in ("redaction", "partial_redaction", "generalization"):
        return set(value) <= {"*"} or (
            options.get("preserve_domain") and set(value[: value.rfind("@")]) <= {"*"}
        )
    if method == "format_preserving_encryption":
        return value == "********"
    if method == "data_masking":
        changed = "[A-Za-z0-9]" if options.get("mode") == "scramble" else "[a-wyzA-WYZ0-8]"
        return value.isascii() and not re.search(changed, value)
    return False


@pytest.mark.parametrize(("method", "options", "more"), HIDING)
def test_nothing_is_shown_as_it_is_and_the_same_is_made_again(method, options, more):
    given = [value for value in values.texts() if value]
    of = rule(method, options, **more)

    found = masked(given, of, KEYS)

    assert found == masked(given, of, KEYS)
    clear = [
        value
        for value, shown in zip(given, found.values, strict=True)
        if shown == unicodedata.normalize("NFC", value)
    ]
    assert [value for value in clear if not cannot_change(method, options, value)] == []


@given(ANYTHING, st.integers(0, 30), st.integers(0, 30), st.booleans(), st.integers(1, 5))
@examples(max_examples=25)
def test_a_value_shorter_than_its_visible_part_is_never_clear(text, prefix, suffix, domain, least):
    options = {
        "preserve_prefix": prefix,
        "preserve_suffix": suffix,
        "preserve_domain": domain,
        "min_masked": least,
    }
    text = unicodedata.normalize("NFC", text)

    shown = one(text, "partial_redaction", options)

    assert len(shown) == len(text)
    kept = text.rfind("@") if domain and "@" in text else len(text)
    hidden = sum(1 for sign in shown[: kept or len(text)] if sign == "*")
    assert hidden >= min(least, kept or len(text))


def test_other_keys_and_other_columns_give_other_values():
    for method in ("hashing", "pseudonymization", "format_preserving_encryption"):
        of = rule(method)
        elsewhere = Rule(method, urn="urn:dcs:column:shop.crm.orders.email")
        shown = {
            masked(["4929123456781234"], each, keys).values[0]
            for each in (of, elsewhere)
            for keys in (KEYS, OTHER_KEYS)
        }

        assert len(shown) == 4, method


def test_a_namespace_and_the_system_salt_let_columns_be_joined():
    for method, options in (
        ("pseudonymization", {"namespace": "customer"}),
        ("hashing", {"salt": "use_system_salt"}),
    ):
        here, there = (Rule(method, options, urn=urn) for urn in ("urn:dcs:column:a.x", "urn:dcs:column:b.y"))

        assert masked(["ann"], here, KEYS) == masked(["ann"], there, KEYS)


def test_noise_without_a_key_differs_each_time():
    given = [1000] * 1 + list(range(200))

    first, second = (
        masked(given, rule("noise_addition", {"scale": 100, "seed": "random"}, "integer"), KEYS) for _ in "12"
    )

    assert first != second


# ---------- what cannot be saved ----------


def refused(method, options=None, kind="text", domain=None, **more):
    return {
        (found.field, found.reason) for found in problems(rule(method, options, kind, **more), domain=domain)
    }


@pytest.mark.parametrize(
    ("found", "field", "reason"),
    [
        (lambda: refused("hashing", {"salt": "none"}), "method_config.salt", "unkeyed"),
        (lambda: refused("hashing", {"salt": None}), "method_config.salt", "unkeyed"),
        (lambda: refused("hashing", {"truncate": 8}), "method_config.truncate", "too_short"),
        (lambda: refused("hashing", {}, kind_of("smallint"), preserve_type=False), "masking_method", "small_domain"),
        (lambda: refused("pseudonymization", {}, domain=7), "masking_method", "small_domain"),
        (lambda: refused("pseudonymization", {}, kind_of("char(2)")), "masking_method", "small_domain"),
        (lambda: refused("hashing", {}, "boolean", preserve_type=False), "masking_method", "kind"),
        (lambda: refused("hashing", {}, "integer"), "preserve_type", "not_held"),
        (lambda: refused("hashing", {}, kind_of("varchar(36)")), "masking_method", "too_long"),
        (lambda: refused("redaction", {}, kind_of("varchar(4)")), "masking_method", "too_long"),
        (lambda: refused("redaction", {"constant": "x"}, "integer"), "method_config.constant", "not_held"),
        (lambda: refused("redaction", {"redaction_char": "**"}), "method_config.redaction_char", "form"),
        (lambda: refused("redaction", is_reversible=True), "is_reversible", "not_reversible"),
        (lambda: refused("hashing", is_reversible=True), "is_reversible", "not_reversible"),
        (lambda: refused("noise_addition", {"scale": 1}), "masking_method", "kind"),
        (lambda: refused("noise_addition", {}, "integer"), "method_config", "missing"),
        (lambda: refused("noise_addition", {"scale": 1, "min": 5, "max": 5}, "integer"), "method_config.max", "order"),
        (lambda: refused("partial_redaction", {}, "date"), "masking_method", "kind"),
        (lambda: refused("partial_redaction", {"preserve_prefix": -1}), "method_config.preserve_prefix", "form"),
        (lambda: refused("partial_redaction", {"min_masked": 0}), "method_config.min_masked", "form"),
        (lambda: refused("redaction", {"colour": "red"}), "method_config.colour", "no_option"),
        (lambda: refused("format_preserving_encryption", {}, kind_of("varchar(3)")), "masking_method", "small_domain"),
        (lambda: refused("format_preserving_encryption", {"alphabet": "digits"}, kind_of("char(5)")), "masking_method", "small_domain"),
        (lambda: refused("format_preserving_encryption", {}, kind_of("smallint")), "masking_method", "small_domain"),
        (lambda: refused("format_preserving_encryption", {"luhn": True, "keep_suffix": 4}), "method_config.luhn", "kept_check"),
        (lambda: refused("substitution", {"values": ["a", "b"]}, "integer"), "method_config.values", "not_held"),
        (lambda: refused("substitution", {"mapping": {"a": "a"}}), "method_config.mapping", "shows"),
        (lambda: refused("substitution"), "method_config", "missing"),
        (lambda: refused("generalization", {"unit": "month"}, "integer"), "method_config.unit", "not_for_kind"),
        (lambda: refused("generalization", {}, "integer"), "method_config", "one_of"),
        (lambda: refused("generalization", {"edges": [5, 1]}, "integer"), "method_config.edges", "order"),
        (lambda: refused("generalization", {"step": 0.5}, "integer"), "method_config.step", "not_held"),
        (lambda: refused("generalization", {"step": 1}, "float", preserve_type=False), "preserve_type", "no_label"),
        (lambda: refused("custom", {"expression": "\"column\""}), "method_config.expression", "shows"),
        (lambda: refused("custom", {"expression": "'x'"}), "method_config.expression", "expression"),
        (lambda: refused("custom", {"expression": "pg_read_file(\"column\")"}), "method_config.expression", "expression"),
        (lambda: refused("custom", {"expression": "(SELECT 1)"}), "method_config.expression", "expression"),
        (lambda: refused("custom", {"expression": "LEFT(\"column\", 2); DROP TABLE x"}), "method_config.expression", "expression"),
        (lambda: refused("rot13"), "masking_method", "unknown"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_is_refused_with_field_and_reason(found, field, reason):
    assert (field, reason) in found()


def test_every_method_publishes_its_options_and_takes_its_own_examples():
    kinds = {"generalization": ["integer", "date", "text"], "noise_addition": ["integer"]}
    for name, method in METHODS.items():
        for kind, example in zip(kinds.get(name, ["text"] * 9), method.schema["examples"], strict=False):
            of = rule(name, example, kind, column="postcode" if name == "custom" else "column")

            assert problems(of) == [], (name, example)


COLUMNS = {
    "country": Kind("text"),
    "age": Kind("integer"),
    "born": Kind("date"),
    "vip": Kind("boolean"),
    "raw": Kind("other"),
}


@pytest.mark.parametrize(
    "text",
    [
        "country = 'DE'", "age BETWEEN 1 AND 5 OR NOT vip = TRUE", "born >= '2000-01-01'", "country IN ('DE', 'AT')",
        "country LIKE 'D%' AND age IS NOT NULL", "vip", "age <> -1.5", "Country = 'x'", "raw IS NULL",
    ],
)  # fmt: skip
def test_a_condition_of_the_grammar_is_taken(text):
    assert list(condition_problems(text, COLUMNS)) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "country", "1 = 1", "nobody = 1", "country = 1", "age = '1'", "born = 'soon'", "raw = 'x'", "country = (SELECT 'x')",
        "lower(country) = 'de'", "country = 'x'; DROP TABLE y", "country ~ 'x'", "country = 'x' -- so", "t.country = 'x'", "age + 1 = 2",
        "country LIKE country", "country = current_user", "EXISTS (SELECT 1)", "(" * 500, "age = 1e400", "country ILIKE 'x'",
        "country LIKE 'a\\%'", "age IN (SELECT 1)", "country = ANY(ARRAY['x'])",
    ],
)  # fmt: skip
def test_what_is_no_condition_of_the_grammar_is_refused(text):
    assert [found.field for found in condition_problems(text, COLUMNS)] == ["apply_condition"]


def test_digits_alone_are_encrypted_as_they_are_among_other_signs():
    of = rule("format_preserving_encryption", {"alphabet": "digits"})
    bare = masked(["4929123456781234", "123456", "12345"], of, KEYS)
    parted = masked(["4929-1234-5678-1234", "12-34-56", "12-345"], of, KEYS)

    assert [value.replace("-", "") for value in parted.values] == bare.values
    assert (bare.values[2], bare.failed, parted.failed) == ("********", 1, 1)
    assert unformatted(of, KEYS)(bare.values[:2]) == ["4929123456781234", "123456"]
