"""Values that break masks: what people write by accident, and what they write on purpose."""

import random
import unicodedata
from datetime import date, datetime
from decimal import Decimal

NAMED = [
    "", " ", "x", "X", "9", "*", "@", "@@", "a@", "@b.co", "a@b@c.de", "ann@example.com", "a@b.co", "O'Hara", "a'b;--", '"',
    "%s{}\\", "\\", "\\1\\0&", "$1", "%", "_", "100%", "Ünïcødé@d.de", "4111111111111111", "4111 1111 1111 1111", "90210",
    "漢字テスト", "user.name+tag@sub.example.org", "e\u0301", "\u00e9", "a\u0308\u0323", "\u1e69", "s\u0323\u0307", "👩‍👩‍👧", "🤦🏼‍♂️ab", "𝔘𝔫𝔦", "\U0001f600",
    "שלום", "مرحبا", "\u202eabc", "\u200f1", "\u200b", "\u00a0", "\t", "\n", "a\nb@c\nd", "\r\n", "\x01\x02", "\x7f", "\x80", "\x85", "\ufeff",
    "İstanbul", "ı", "ß", "ẞ", "ﬁ", "Å", "Å", "\uac00", "\u1100\u1161", "½", "²", "٣", "Ⅷ", "--", "/* */", "NULL", "null", "true",
    "P-123456789abc", "********", "xX9", "a" * 300, "@" * 5, "😀@😀", "é@é", "q\u0323\u0307@x", "ab\u0301", "\u0301ab", "a\ufe0f", "🇩🇪🇫🇷@x.de",
]  # fmt: skip
SIGNS = "aZ09@.- '\"%_\\éß漢e\u0301\u0323ש\u202e😀👩\u200d\t\n&$"


def texts(count=520):
    """Hostile texts, `count` of them, the same each time."""
    chance = random.Random(20260101)
    made = ["".join(chance.choice(SIGNS) for _ in range(chance.randint(1, 30))) for _ in range(count * 2)]
    made += [
        "".join(
            chr(chance.choice([chance.randint(1, 0x2FF), chance.randint(0x300, 0x36F)])) for _ in range(6)
        )
        for _ in range(60)
    ]
    # One spelling in the data, one in the catalogue: both are asked about.
    return list(dict.fromkeys([*NAMED, *made]))[:count] + [unicodedata.normalize("NFD", "Zoë Çelik"), None]


def integers():
    edges = [
        0,
        1,
        -1,
        7,
        9,
        10,
        11,
        -9,
        -10,
        -11,
        99,
        100,
        101,
        2**31 - 1,
        -(2**31),
        2**53,
        2**53 + 1,
        2**63 - 1,
        -(2**63),
    ]
    chance = random.Random(1)
    return [
        *edges,
        *(chance.randint(-(10**9), 10**9) for _ in range(300)),
        *(chance.randint(-50, 50) for _ in range(120)),
        None,
    ]


def decimals():
    edges = [
        "0.00",
        "0.01",
        "-0.01",
        "0.99",
        "1.00",
        "10.00",
        "-10.00",
        "9999999999.99",
        "-9999999999.99",
        "1234.50",
    ]
    chance = random.Random(2)
    return (
        [Decimal(edge) for edge in edges]
        + [Decimal(chance.randint(-(10**8), 10**8)) / 100 for _ in range(300)]
        + [None]
    )


def floats():
    edges = [
        0.0,
        -0.0,
        1.5,
        -1.5,
        0.1,
        1e-300,
        5e-324,
        -1e-7,
        1e15,
        1e22,
        1e300,
        -1e300,
        1e289,
        float("nan"),
        float("inf"),
        float("-inf"),
        3.14,
    ]
    chance = random.Random(3)
    return [*edges, *(chance.uniform(-1000, 1000) for _ in range(300)), None]


def dates():
    edges = [
        date(1, 1, 1),
        date(9999, 12, 31),
        date(2024, 2, 29),
        date(2026, 12, 31),
        date(1970, 1, 1),
        date(2021, 1, 3),
    ]
    chance = random.Random(4)
    return [*edges, *(date.fromordinal(chance.randint(600_000, 800_000)) for _ in range(200)), None]


def moments():
    chance = random.Random(5)
    edges = [
        datetime.fromisoformat(text)
        for text in ("1970-01-01", "2026-03-29T02:30:15.123456", "0999-01-02T03:04:05")
    ]
    return [
        *edges,
        *(
            datetime.fromordinal(day.toordinal()).replace(
                hour=chance.randint(0, 23),
                minute=chance.randint(0, 59),
                microsecond=chance.randint(0, 999_999),
            )
            for day in dates()[2:80]
        ),
        None,
    ]
