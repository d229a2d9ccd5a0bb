"""How each engine writes what masks are made of. Pure.

Expressions are texts of SQL. Literals are written out; keys never are: a `Writer` collects them as parameters, and one
made for a definition that is stored elsewhere names the function that holds them there.
"""

from . import keyed
from .kinds import DATE, DECIMAL, FLOAT, INTEGER, LARGEST, LEAST, MOMENT, MOST_MILLIONTHS, NUMBERS, TEXT

BEYOND_ASCII = r"[^\x01-\x7f]"


class NotHere(ValueError):
    """A method that this engine cannot carry out; it is Python's alone."""


class Writer:
    """Writes SQL of one engine; `values` are its parameters in order, for `$1`, `$2` …"""

    name = ""
    big = ""  # a type of whole numbers that nothing overflows

    def __init__(self, secret=None):
        self.values = []
        self._secret = secret
        self._known = {}

    def key(self, keys, *infos):
        """The key for some uses as hexadecimal text: a parameter, or a call of the secret function."""
        if self._secret is not None:
            return " || ".join(self._secret(info) for info in infos)
        return self.value(keyed.key_text(keys, *infos))

    def alphabet(self, keys, *infos):
        """The scrambled alphabet of a key, which tells as much as the key does."""
        if self._secret is not None:
            return self._secret("alphabet\0" + "\0".join(infos))
        return self.value(keyed.scrambled(keyed.key_text(keys, *infos)))

    def value(self, text):
        """A text as a parameter."""
        if text not in self._known:
            self.values.append(text)
            self._known[text] = f"${len(self.values)}::text"
        return self._known[text]

    def text(self, text):
        return "'" + text.replace("'", "''") + "'"

    def name_of(self, column):
        return '"' + column.replace('"', '""') + '"'

    def number(self, number):
        return f"({number})"

    def cast(self, expression, kind):
        return f"CAST({expression} AS {self.type_of(kind)})"

    def type_of(self, kind):
        if kind.name == INTEGER:
            return {8: "SMALLINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}[kind.bits]
        if kind.name == DECIMAL:
            return f"DECIMAL({min(kind.precision, 38)},{kind.scale})"
        return {TEXT: "VARCHAR", DATE: "DATE", MOMENT: "TIMESTAMP", FLOAT: "DOUBLE PRECISION"}.get(
            kind.name, "BOOLEAN"
        )

    def length(self, text):
        return f"length({text})"

    def keyed_hash(self, key, text):
        return self.sha256(f"{key} || {self.sha256(f'{key} || {text}')}")

    def numbered(self, digest, most):
        return f"({self.bits(digest, keyed.CHUNK)} % {most})"

    def uniform(self, digest):
        return f"(({self.bits(digest, keyed.UNIFORM)}::DOUBLE PRECISION + 0.5) / {2**52}::DOUBLE PRECISION)"

    def double(self, expression):
        """A number as a double, rounded alike everywhere: by way of its text."""
        return f"({expression})::text::DOUBLE PRECISION"

    def steady(self, number):
        """A float that may be reckoned with: nothing so small that it underflows."""
        return f"(CASE WHEN abs({number}) < {LEAST!r}::DOUBLE PRECISION THEN 0::DOUBLE PRECISION ELSE {number} END)"

    def whole(self, number):
        """A double without a fraction as a whole number."""
        return f"floor({number})::BIGINT"

    def said(self, value, kind):
        """A value as the text that keyed methods work on."""
        if kind.name == TEXT:
            return self.normal(value)
        if kind.name == FLOAT:
            bound = f"{MOST_MILLIONTHS!r}::DOUBLE PRECISION"
            millionths = f"({self.steady(value)}) * 1000000::DOUBLE PRECISION"
            return f"{self.whole(f'greatest(-{bound}, least({bound}, {millionths}))')}::text"
        if kind.name == DECIMAL:
            return f"{self.cast(value, kind)}::text"
        return self.moment(value, kind) if kind.name in (DATE, MOMENT) else f"({value})::text"

    def usable(self, value, kind):
        """True for a value that a mask can reckon with; the others become NULL."""
        if kind.name == FLOAT:
            return f"(abs({value}) < {LARGEST!r}::DOUBLE PRECISION)"
        if kind.name == DATE:
            return f"({value} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31')"
        if kind.name == MOMENT:
            return f"({value} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999')"
        return self.finite(value) if kind.name in NUMBERS else "TRUE"

    def wide(self, units, scale):
        """Units of the last place as a decimal without bounds."""
        return f"CAST(({units})::DECIMAL(38,0) * {tenth(scale)} AS DECIMAL(38,{scale}))"

    def within(self, units, kind):
        """A number from its units, NULL if the kind cannot hold it."""
        told = f"CASE WHEN {units} BETWEEN {kind.lowest} AND {kind.highest} THEN {self.from_units(units, kind)} END"
        return f"({told})"


class DuckDB(Writer):
    """DuckDB, in whose process keys are parameters."""

    name, big = "duckdb", "HUGEINT"

    def normal(self, text):
        return f"nfc_normalize({text})"

    def sha256(self, text):
        return f"sha256({text})"

    def bits(self, digest, digits):
        return f"('0x' || left({digest}, {digits}))::BIGINT"

    def replaced(self, text, pattern, sign):
        return f"regexp_replace({text}, {self.text(pattern)}, {self.text(escaped(sign))}, 'g')"

    def found(self, text, pattern):
        return f"regexp_extract({text}, {self.text(pattern)})"

    def listed(self, texts, place):
        return f"([{', '.join(map(self.text, texts))}])[1 + {place}]"

    def moment(self, value, kind):
        pattern = "%Y-%m-%d" if kind.name == DATE else "%Y-%m-%d %H:%M:%S.%f"
        width = 10 if kind.name == DATE else 26
        return f"lpad(strftime({value}, '{pattern}'), {width}, '0')"

    def once(self, name, value, told):
        """What `told(name)` says of a value that is worked out once, however often it is named."""
        return f"list_transform([{value}], lambda {name}: {told(name)})[1]"

    def units(self, value, kind):
        if kind.name != DECIMAL:
            return f"({value})::HUGEINT"
        return f"replace(({self.cast(value, kind)})::VARCHAR, '.', '')::HUGEINT"

    def from_units(self, units, kind):
        if kind.name != DECIMAL:
            return self.cast(units, kind)
        return self.cast(f"({units})::DECIMAL(38,0) * {tenth(kind.scale)}", kind)

    def finite(self, value):
        return f"({value}) IS NOT NULL"

    def truncated(self, unit, value, kind):
        return self.cast(f"date_trunc('{unit}', {value})", kind)

    def random(self):
        return "random()"


class Postgres(Writer):
    """PostgreSQL 15 and later, with a database in UTF-8."""

    name, big = "postgres", "NUMERIC"

    def normal(self, text):
        return f"normalize(({text})::text, NFC)"

    def sha256(self, text):
        return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"

    def bits(self, digest, digits):
        return f"('x' || lpad(left({digest}, {digits}), 16, '0'))::bit(64)::bigint"

    def replaced(self, text, pattern, sign):
        return f"regexp_replace({text}, {self.text(pattern)}, {self.text(escaped(sign))}, 'g')"

    def found(self, text, pattern):
        return f"coalesce(substring({text} from {self.text(pattern)}), '')"

    def listed(self, texts, place):
        return f"(ARRAY[{', '.join(map(self.text, texts))}]::text[])[(1 + {place})::int]"

    def moment(self, value, kind):
        pattern = "YYYY-MM-DD" if kind.name == DATE else "YYYY-MM-DD HH24:MI:SS.US"
        return f"to_char({value}, '{pattern}')"

    def once(self, name, value, told):
        """What `told(name)` says of a value that is worked out once, however often it is named."""
        # Without OFFSET the planner would put the expression back in place of its name.
        return f"(SELECT {told(f'of_{name}.{name}')} FROM (SELECT {value} AS {name} OFFSET 0) AS of_{name})"  # noqa: S608 - expressions of ours

    def units(self, value, kind):
        return f"trunc(({self.cast(value, kind)})::numeric * {10**kind.scale})"

    def from_units(self, units, kind):
        return self.cast(f"({units})::numeric * {tenth(kind.scale)}", kind)

    def finite(self, value):
        return f"(({value})::numeric NOT IN ('NaN', 'Infinity', '-Infinity'))"

    def truncated(self, unit, value, kind):
        return self.cast(f"date_trunc('{unit}', ({value})::timestamp)", kind)

    def random(self):
        return "random()"


def escaped(sign):
    """A sign as the replacement of a pattern."""
    return "\\\\" if sign == "\\" else sign


def tenth(scale):
    """Ten to the power of minus `scale`, written out."""
    return f"0.{'0' * (scale - 1)}1" if scale else "1"


WRITERS = {"duckdb": DuckDB, "postgres": Postgres}
