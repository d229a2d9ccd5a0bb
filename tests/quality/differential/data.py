"""What the rules of the differential suite look at: few rows, each there for a reason."""
# ruff: noqa: DTZ001, S104 - times without a zone and an address of four noughts are what is tested

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

NAN, INF = float("nan"), float("inf")
MOST = Decimal("999999999999999999999999999999999999.99")  # what decimal(38,2) can hold
ODD = 'o"d 😀'  # a name that must be quoted
FAMILY = "👨‍👩‍👧"  # five code points
LEAST = Decimal(f"-{MOST}")  # a minus before it would round
# Name: (type of Arrow, type of PostgreSQL).
COLUMNS = {
    "n": (pa.int64(), "bigint"),
    "word": (pa.string(), "text"),
    "amount": (pa.float64(), "double precision"),
    "price": (pa.decimal128(38, 2), "numeric(38,2)"),
    "seen": (pa.timestamp("us"), "timestamp"),
    "at": (pa.timestamp("us", tz="UTC"), "timestamptz"),
    "day": (pa.date32(), "date"),
    "flag": (pa.bool_(), "boolean"),
    ODD: (pa.string(), "text"),
}
SPRING, AUTUMN = (2026, 3, 29), (2025, 10, 26)  # when Berlin's clocks change
TYPICAL = {
    "n": [1, 2, 3, 4, 5, 6, 7, 7],
    "word": ["pending", "shipped", "Pending", "", "  ", None, FAMILY, "shipped"],
    "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0],
    "price": [Decimal("0.01"), Decimal(10), MOST, LEAST, Decimal(5), None, Decimal("7.50"), Decimal("7.50")],
    "seen": [datetime(*SPRING, hour) for hour in (0, 1, 2, 3)]
    + [datetime(*AUTUMN, 2, 30), datetime(*AUTUMN, 2, 30, 0, 1), None, datetime(*SPRING, 11)],
    "at": [datetime(*SPRING, hour, tzinfo=UTC) for hour in (0, 1, 2, 3)]
    + [datetime(*AUTUMN, 0, 30, tzinfo=UTC), datetime(*AUTUMN, 1, 30, tzinfo=UTC), None, datetime(*SPRING, 11, tzinfo=UTC)],
    "day": [date(2026, 3, day) for day in (22, 23, 24, 25, 26, 27, 28, 29)],
    "flag": [True, True, False, None, True, True, True, True],
    ODD: ["a", "b", "c", "d", "e", "f", "g", "h"],
}  # fmt: skip
EMPTY = {name: [] for name in COLUMNS}
NOTHING = {name: [None] * 3 for name in COLUMNS}
STRANGE = {
    "n": [-(2**63), 2**63 - 1, 0, 0, None, 5],
    "word": ["abc\n", "abc", "İstanbul", "istanbul", "ΑΣ", "\u00a0"],
    "amount": [NAN, NAN, INF, -INF, -0.0, 0.0],
    "price": [Decimal("0.00"), Decimal("0.10"), Decimal("0.20"), Decimal("0.30"), MOST, MOST],
    "seen": [datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(1970, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999999)]
    + [None, datetime(*SPRING, 12), datetime(*SPRING, 12, 0, 1)],
    "at": [None] * 6,
    "day": [date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), None, None, None],
    "flag": [None] * 6,
    ODD: [FAMILY, "e\u0301", "é", "a\tb", "", " a "],
}  # fmt: skip
# Texts that are of a format, and texts that are not.
FORMATS = {
    "email": (["ana@example.com", "a.b+c@sub.example.org"], ["ana", "a@b", "a b@example.com", "ana@example.com\n", ".a@example.com", "a@@example.com"]),
    "uuid": (["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", ""]),
    "url": (["https://example.com/a?b=c#d", "http://127.0.0.1:8000", "HTTPS://EXAMPLE.COM"], ["example.com", "ftp://example.com", "https://", "https://exa mple.com", "https://example.com/a b"]),
    "ipv4": (["0.0.0.0", "255.255.255.255", "192.168.1.1"], ["256.1.1.1", "1.1.1", "01.1.1.1", "1.1.1.1.1"]),
    "ipv6": (["::", "::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:192.168.1.1", "1::8", "1:2:3:4:5:6:1.2.3.4"], ["1:2:3:4:5:6:7", "1::2::3", ":1", "12345::", "1:2:3:4:5:6:7:8:9", "::256.1.1.1", "1:2:3:4:5:6:7::8:9"]),
    "iso_date": (["2024-02-29", "2000-02-29", "2026-12-31"], ["2023-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-1-1", "0000-01-01", "2026-12-31\n"]),
    "iso_datetime": (["2026-03-29T02:30:00Z", "2026-03-29T02:30:00.123456+02:00", "2026-03-29T02:30"], ["2026-03-29", "2026-03-29T24:00:00", "2026-02-30T00:00:00Z", "2026-03-29T02:60:00", "2026-03-29T02:30:00+25:00"]),
    "phone_e164": (["+4930123456", "+1"  "2025550123"], ["030123456", "+0123", "+49 30 123456", "+1234567890123456"]),
    "country_alpha2": (["DE", "GB"], ["de", "UK", "DEU", "ZZ"]),
    "currency": (["EUR", "USD"], ["eur", "EURO", "ABC"]),
    "iban": (["DE89370400440532013000", "GB82WEST12345698765432", "MT84MALT011000012345MTLCAST001S"], ["DE89370400440532013001", "GB82 WEST 1234 5698 7654 32", "DE8937", "de89370400440532013000"]),
    "json": (['{"a": [1, 2.5e3, null]}', '"NaN"', " true ", "12"], ["{a: 1}", "[1,]", "NaN", "", "01", "{'a': 1}", "[Infinity]"]),
}  # fmt: skip
TYPED = {
    "integer": (["0", "-2147483648", "2147483647", "+7", "007", "00000000000000000001"], ["2147483648", "-2147483649", " 12 ", "1e3", "1.0", "", "٣"]),
    "bigint": (["9223372036854775807", "-9223372036854775808"], ["9223372036854775808", "-9223372036854775809", "99999999999999999999"]),
    "decimal(5,2)": (["999.99", "-0.5", "12", "12.", ".5", "000123.4500"], ["1000", "1.234", "1e2", ".", "", "-", "1,5"]),
    "double": (["1", "-1.5e10", ".5", "1e308", "1e-400", "NaN", "-Infinity", "1.", "+2"], ["1e309", "1.8e308", "abc", "", "1e", "0x10", " 1"]),
    "boolean": (["true", "FALSE", "t", "0"], ["yes", "2", "", "truth"]),
    "date": (["2024-02-29"], ["2023-02-29", "29.02.2024", "2024-02-29T00:00:00"]),
    "timestamp": (["2024-02-29", "2024-02-29 10:00:00", "2024-02-29T10:00:00+02:00"], ["10:00", "2024-02-30 10:00:00", "now"]),
    "uuid": (["123E4567-e89b-12d3-a456-426614174000"], ["not one"]),
    "json": (["[]"], ["["]),
}  # fmt: skip
SETS = {"typical": TYPICAL, "empty": EMPTY, "nothing": NOTHING, "strange": STRANGE}


def texts():
    """{column: values} with a column for each format and type, filled up with missing values."""
    columns = {
        **{f"is {name}": pair for name, pair in FORMATS.items()},
        **{f"as {name}": pair for name, pair in TYPED.items()},
    }
    length = max(len(good) + len(bad) for good, bad in columns.values())
    return {name: (good + bad + [None] * length)[:length] for name, (good, bad) in columns.items()}


def write_parquet(folder):
    """One file for each data set; {name: path}."""
    paths = {}
    for name, columns in SETS.items():
        schema = pa.schema([(column, kinds[0]) for column, kinds in COLUMNS.items()])
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns, schema=schema), paths[name])
    paths["texts"] = folder / "texts.parquet"
    pq.write_table(
        pa.table({name: pa.array(values, pa.string()) for name, values in texts().items()}), paths["texts"]
    )
    return paths


def write_postgres(connection):
    """One table for each data set."""
    kinds = {name: [(column, kind[1]) for column, kind in COLUMNS.items()] for name in SETS}
    kinds["texts"] = [(column, "text") for column in texts()]
    for name, columns in (SETS | {"texts": texts()}).items():
        told = ", ".join(f"{_quoted(column)} {kind}" for column, kind in kinds[name])
        connection.execute(f"CREATE TABLE {name} ({told})")
        with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in zip(*(columns[column] for column, _kind in kinds[name]), strict=True):
                copy.write_row(row)


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'
