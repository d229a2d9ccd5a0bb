"""The arrows between column types: from a type to one that holds all of its values.

breaking-changes.md section 4. Every answer is about chains of arrows, so widening is transitive, and because no
two types hold each other it is antisymmetric.
"""

COMPATIBLE, NOTICE = "compatible", "notice"
# Digits before the point that every value of a signed integer fits into.
INTEGER_DIGITS = {8: 3, 16: 5, 24: 10, 32: 10, 64: 19, 128: 39, 256: 77}


def widening(old, new):
    """The consumer's verdict, as its word, if a chain of arrows leads from `old` to another type `new`; else None.

    A structure widens when its fields keep their names and each is the same or widens.
    """
    rule = ARROWS.get((old.family, new.family))
    return rule(old, new) if rule else None


def _within_integers(old, new):
    (signed, bits), (to_signed, to_bits) = old.size, new.size
    if signed == to_signed:
        return NOTICE if to_bits > bits else None
    return NOTICE if to_signed and to_bits >= 2 * bits else None


def _integer_to_decimal(old, new):
    precision, scale = new.size
    digits = INTEGER_DIGITS.get(_signed_bits(old))
    if digits is None:
        return None
    return NOTICE if precision is None or precision - scale >= digits else None


def _signed_bits(kind):
    """The width of the narrowest signed integer that a chain reaches."""
    signed, bits = kind.size
    return bits if signed else next((wide for wide in INTEGER_DIGITS if wide >= 2 * bits), 512)


def _integer_to_float(old, new):
    return NOTICE if old.size[1] <= (32 if new.size[0] == 64 else 16) else None


def _within_decimals(old, new):
    (precision, scale), (to_precision, to_scale) = old.size, new.size
    if to_precision is None:
        return NOTICE
    if precision is None or to_scale < scale or to_precision - to_scale < precision - scale:
        return None
    return COMPATIBLE if to_scale == scale else NOTICE


def _within_floats(old, new):
    return COMPATIBLE if new.size > old.size else None


def _char_to_char(old, new):
    return NOTICE if new.size > old.size else None


def _to_varchar(old, new):
    if new.size < old.size:
        return None
    return COMPATIBLE if new.size[0] <= 2 * old.size[0] else NOTICE


def _longer(old, new):
    return COMPATIBLE if new.size >= old.size else None


def _always(verdict):
    return lambda old, new: verdict


def _within_enums(old, new):
    # What the new values do to a reader is row 28's to say, not the type's.
    return COMPATIBLE if set(old.size) < set(new.size) else None


def _part_by_part(old, new):
    return _highest(list(zip(old.parts, new.parts, strict=False)), len(old.parts) == len(new.parts))


def _field_by_field(old, new):
    before = {name: (kind, required) for name, kind, required in old.parts}
    after = {name: (kind, required) for name, kind, required in new.parts}
    if before.keys() != after.keys() or any(before[name][1] != after[name][1] for name in before):
        return None
    return _highest([(before[name][0], after[name][0]) for name in before], bool(before))


def _highest(pairs, fitting):
    if not fitting:
        return None
    found = COMPATIBLE
    for old, new in pairs:
        if old == new:
            continue
        verdict = widening(old, new)
        if verdict is None:
            return None
        found = NOTICE if NOTICE in (found, verdict) else COMPATIBLE
    return found


ARROWS = {
    ("int", "int"): _within_integers,
    ("int", "decimal"): _integer_to_decimal,
    ("int", "float"): _integer_to_float,
    ("decimal", "decimal"): _within_decimals,
    ("float", "float"): _within_floats,
    ("binary", "varbinary"): _longer,
    ("binary", "blob"): _always(COMPATIBLE),
    ("varbinary", "varbinary"): _longer,
    ("varbinary", "blob"): _always(COMPATIBLE),
    ("date", "timestamp"): _always(NOTICE),
    ("json", "jsonb"): _always(NOTICE),
    ("enum", "enum"): _within_enums,
    ("enum", "text"): _always(COMPATIBLE),
    ("array", "array"): _part_by_part,
    ("map", "map"): _part_by_part,
    ("struct", "struct"): _field_by_field,
    **{(moment, moment): _longer for moment in ("time", "timetz", "timestamp", "timestamptz")},
}
for national in ("", "n"):
    char, varchar, text = f"{national}char", f"{national}varchar", f"{national}text"
    ARROWS |= {
        (char, char): _char_to_char,
        (char, varchar): _to_varchar,
        (varchar, varchar): _to_varchar,
        (char, text): _always(NOTICE),
        (varchar, text): _always(NOTICE),
    }
