"""Made-up values of like shape, on which a mask can be shown without anybody's data. Pure."""

from datetime import date, datetime
from decimal import Decimal

from .masking import Kind
from .masking.kinds import BOOLEAN, DATE, DECIMAL, FLOAT, INTEGER, MOMENT, TEXT

# Names, numbers and addresses that are kept free for examples, or of nobody.
TEXTS = {
    "direct_identifier": "C-004711",
    "email": "mia.olsen@example.org",
    "phone": "+1 555 0100 199",
    "address": "12 Harbour Street",
    "ssn": "078-05-1120",
    "credit_card": "4111 1111 1111 1111",
    "bank_account": "GB33BUKB20201555555555",
    "health": "J45.0 asthma",
    "biometric": "3f9a5c0d77e1",
    "date_of_birth": "1987-04-12",
    "name": "Mia Olsen",
    "ip_address": "203.0.113.24",
    "device_id": "AEBE52E7-03EE-455A-B3C4-E57283966239",
}
PLAIN_TEXT = "Northern lights 42"
VALUES = {
    INTEGER: 4711,
    DECIMAL: Decimal("129.90"),
    FLOAT: 129.9,
    DATE: date(1987, 4, 12),
    MOMENT: datetime.fromisoformat("2026-03-04T14:30:05"),
    BOOLEAN: True,
}


def of(pii_type: str | None, kind: Kind):
    """A value that a column of this kind of personal data and values might hold; None for a kind no mask understands."""
    if kind.name == TEXT:
        text = TEXTS.get(pii_type or "", PLAIN_TEXT)
        return text if kind.length is None else text[: kind.length]
    value = VALUES.get(kind.name)
    if kind.name == INTEGER:
        return min(value, kind.highest)
    if kind.name == DECIMAL:
        last = Decimal(1).scaleb(-kind.scale)
        return min(value.quantize(last), Decimal(kind.highest).scaleb(-kind.scale))
    return value
