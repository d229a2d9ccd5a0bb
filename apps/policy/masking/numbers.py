"""Generalization and noise: values that are near enough, or wide enough, to tell nobody apart. Pure."""

import bisect
import math
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from . import keyed
from .dialects import NotHere
from .kinds import DATE, EXACT, FLOAT, MOMENT, TEXT, fitting, from_units, said, steady, units_of
from .rules import Unmaskable

NINE = 9_000_000_000_000_000_000  # what fits 64 bits
SUM = 12  # uniform numbers whose sum is nearly normal (Irwin and Hall)
STEP_BITS = 5  # hex digits of each
FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
_unkeyed = random.SystemRandom()


# ---------- generalization ----------


def generalization(rule, keys):
    if rule.kind.name == TEXT:
        return _of_texts(rule)
    if rule.kind.name in (DATE, MOMENT):
        return lambda value: _truncated(value, rule.option("unit", "year"))
    return _of_floats(rule) if rule.kind.name == FLOAT else _of_numbers(rule)


def _of_texts(rule):
    hierarchy = rule.config.get("hierarchy")
    if hierarchy is not None:
        return hierarchy.get
    keep = rule.option("keep_prefix", 0)

    def one(value):
        shown = min(keep, len(value) - 1)
        return value[:shown] + "*" * (len(value) - shown)

    return one


def _truncated(value, unit):
    if isinstance(value, datetime):
        day = _truncated(value.date(), unit) if unit not in ("hour", "minute") else value.date()
        kept = {"hour": {"hour": value.hour}, "minute": {"hour": value.hour, "minute": value.minute}}
        return datetime(day.year, day.month, day.day, **kept.get(unit, {}))  # noqa: DTZ001 - as naive as the column
    if unit == "week":
        return value - timedelta(value.weekday())
    if unit == "quarter":
        return value.replace(month=(value.month - 1) // 3 * 3 + 1, day=1)
    return value.replace(day=value.day if unit == "day" else 1, month=1 if unit == "year" else value.month)


def _units(number, kind):
    return int(Decimal(str(number)).scaleb(kind.scale, EXACT))


def _of_numbers(rule):
    """By edges or by steps, in units of the last place, so that nothing is rounded."""
    kind = rule.kind
    top, bottom = (rule.config.get(name) for name in ("top", "bottom"))
    top = None if top is None else _units(top, kind)
    bottom = None if bottom is None else _units(bottom, kind)
    edges = [_units(edge, kind) for edge in rule.config.get("edges") or ()]
    step = _units(rule.config["step"], kind) if not edges else None

    def one(value):
        units = units_of(value, kind)
        if top is not None and units >= top:
            return told(top, None)
        if bottom is not None and units < bottom:
            return told(None, bottom)
        if step is not None:
            low = units - units % step
            return told(low, low + step)
        place = bisect.bisect_right(edges, units)
        return told(edges[place - 1] if place else None, edges[place] if place < len(edges) else None)

    def told(low, high):
        if rule.preserve_type:
            return from_units(high if low is None else low, kind)
        return label(low, high, lambda units: f"{Decimal(units).scaleb(-kind.scale, EXACT):f}")

    return one


def label(low, high, spelled):
    """The name of an interval that holds its lower end and not its upper one."""
    if low is None:
        return f"< {spelled(high)}"
    return f"≥ {spelled(low)}" if high is None else f"{spelled(low)}–{spelled(high)}"


def _of_floats(rule):
    top, bottom, edges = rule.config.get("top"), rule.config.get("bottom"), rule.config.get("edges")

    def one(value):
        number = steady(value)
        if top is not None and number >= top:
            return float(top)
        if bottom is not None and number < bottom:
            return float(bottom)
        if edges:
            return float(edges[max(0, bisect.bisect_right(edges, number) - 1)])
        step = float(rule.config["step"])
        return math.floor(number / step) * step if abs(number / step) < NINE else number // 1.0

    return one


def generalization_sql(rule, keys, to, value):
    kind = rule.kind
    if kind.name == TEXT:
        return _texts_sql(rule, to, value)
    if kind.name in (DATE, MOMENT):
        return to.truncated(rule.option("unit", "year"), value, kind)
    if kind.name == FLOAT:
        return _floats_sql(rule, to, value)
    units = to.units(value, kind)
    parts = []
    top, bottom = rule.config.get("top"), rule.config.get("bottom")
    if top is not None:
        parts.append(f"WHEN {units} >= {_units(top, kind)} THEN {_told(rule, to, _units(top, kind), None)}")
    if bottom is not None:
        parts.append(
            f"WHEN {units} < {_units(bottom, kind)} THEN {_told(rule, to, None, _units(bottom, kind))}"
        )
    edges = [_units(edge, kind) for edge in rule.config.get("edges") or ()]
    if edges:
        parts += [
            f"WHEN {units} < {edge} THEN {_told(rule, to, edges[place - 1] if place else None, edge)}"
            for place, edge in enumerate(edges)
        ]
        other = _told(rule, to, edges[-1], None)
    else:
        step = _units(rule.config["step"], kind)
        low = f"({units} - ({units} % {step} + {step}) % {step})"
        other = _told(rule, to, low, f"({low} + {step})")
    return f"(CASE {' '.join(parts)} ELSE {other} END)" if parts else other


def _told(rule, to, low, high):
    kind = rule.kind
    if rule.preserve_type:
        return to.within(f"({high if low is None else low})", kind)

    def spelled(units):
        if isinstance(units, int):
            return to.text(f"{Decimal(units).scaleb(-kind.scale, EXACT):f}")
        if kind.scale:
            return f"{to.wide(units, kind.scale)}::text"
        return f"({units})::text"

    if low is None:
        return f"'< ' || {spelled(high)}"
    return f"'≥ ' || {spelled(low)}" if high is None else f"{spelled(low)} || '–' || {spelled(high)}"


def _texts_sql(rule, to, value):
    hierarchy = rule.config.get("hierarchy")
    if hierarchy is not None:
        cases = " ".join(f"WHEN {to.text(key)} THEN {to.text(told)}" for key, told in hierarchy.items())
        return f"CASE {value} {cases} END"
    shown = f"least({rule.option('keep_prefix', 0)}, {to.length(value)} - 1)"
    return f"left({value}, {shown}) || repeat('*', {to.length(value)} - {shown})"


def _floats_sql(rule, to, value):
    number = to.steady(value)
    parts = []
    if (top := rule.config.get("top")) is not None:
        parts.append(f"WHEN {number} >= {_float(top)} THEN {_float(top)}")
    if (bottom := rule.config.get("bottom")) is not None:
        parts.append(f"WHEN {number} < {_float(bottom)} THEN {_float(bottom)}")
    if edges := rule.config.get("edges"):
        parts += [
            f"WHEN {number} < {_float(edge)} THEN {_float(edges[max(0, place - 1)])}"
            for place, edge in enumerate(edges)
        ]
        other = _float(edges[-1])
    else:
        step = _float(rule.config["step"])
        low = f"floor({number} / {step}) * {step}"
        other = f"(CASE WHEN abs({number} / {step}) < {NINE}::DOUBLE PRECISION THEN {low} ELSE floor({number}) END)"
    return f"(CASE {' '.join(parts)} ELSE {other} END)" if parts else other


def _float(number):
    return f"{float(number)!r}::DOUBLE PRECISION"


# ---------- noise ----------


def noise(rule, keys):
    kind = rule.kind
    is_keyed = rule.option("seed", "keyed") == "keyed"
    key = keyed.key_text(keys, *keyed.infos(rule)) if is_keyed else ""
    scale, percent = rule.config.get("scale"), rule.config.get("percent")
    places = rule.option("round", 6) if kind.name == FLOAT else kind.scale

    def one(value):
        number = steady(value) if kind.name != DATE else 0.0
        digest = keyed.kh(key, said(value, kind)) if is_keyed else f"{_unkeyed.getrandbits(256):064x}"
        width = float(scale) if percent is None else abs(number) * float(percent) / 100.0
        shift = drawn(digest, rule.option("distribution", "laplace")) * width
        shift = max(-9e18, min(9e18, math.floor(shift * 10.0**places + 0.5)))
        if shift == 0:
            shift = -1.0 if keyed.uniform(digest) < 0.5 else 1.0
        return moved(value, number, int(shift))

    def moved(value, number, shift):
        if kind.name == DATE:
            try:
                return value + timedelta(max(-4_000_000, min(4_000_000, shift)))
            except OverflowError:
                raise Unmaskable from None
        if kind.name == FLOAT:
            return _clamped(
                rule, math.floor((number + shift / 10.0**places) * 10.0**places + 0.5) / 10.0**places
            )
        units = units_of(value, kind) + shift
        low, high = rule.config.get("min"), rule.config.get("max")
        if low is not None:
            units = max(units, _units(low, kind))
        if high is not None:
            units = min(units, _units(high, kind))
        return from_units(fitting(units, kind), kind)

    return one


def _clamped(rule, number):
    low, high = rule.config.get("min"), rule.config.get("max")
    number = number if low is None else max(number, float(low))
    return number if high is None else min(number, float(high))


def drawn(digest, distribution):
    """A number of the distribution with scale one, from a hash."""
    if distribution == "gaussian":
        chunks = [int(digest[i * STEP_BITS : (i + 1) * STEP_BITS], 16) for i in range(SUM)]
        return (float(sum(chunks)) + 6.0) / 2.0**20 - 6.0
    place = keyed.uniform(digest)
    if distribution == "uniform":
        return place * 2.0 - 1.0
    away = -math.log(1.0 - 2.0 * abs(place - 0.5))
    return -away if place < 0.5 else away


def noise_sql(rule, keys, to, value):
    kind = rule.kind
    if rule.option("seed", "keyed") != "keyed":
        # Drawn once a row and used several times: no expression says so alike in both engines.
        raise NotHere("noise that is not keyed")
    digest = to.keyed_hash(to.key(keys, *keyed.infos(rule)), to.said(value, kind))

    def moved(drawn):
        return to.once(
            "shift_", _drawn_far(rule, to, value, drawn), lambda shift: _moved_sql(rule, to, value, shift)
        )

    return to.once("digest_", digest, moved)


def _places(rule):
    return rule.option("round", 6) if rule.kind.name == FLOAT else rule.kind.scale


def _drawn_far(rule, to, value, digest):
    """How far a value moves, in units of its last place: never not at all."""
    number = to.steady(value) if rule.kind.name == FLOAT else to.double(value)
    percent, power = rule.config.get("percent"), _float(10.0 ** _places(rule))
    width = (
        _float(rule.config.get("scale", 0))
        if percent is None
        else f"abs({number}) * {_float(percent)} / 100::DOUBLE PRECISION"
    )
    drawn_sql = _drawn_sql(to, digest, rule.option("distribution", "laplace"))
    far = f"greatest(-9e18::DOUBLE PRECISION, least(9e18::DOUBLE PRECISION, floor({drawn_sql} * ({width}) * {power} + 0.5)))"
    sign = f"CASE WHEN {to.uniform(digest)} < 0.5 THEN -1::DOUBLE PRECISION ELSE 1::DOUBLE PRECISION END"
    return f"coalesce(nullif({far}, 0), {sign})"


def _moved_sql(rule, to, value, shift):
    kind = rule.kind
    if kind.name == DATE:
        days = f"greatest(-4000000, least(4000000, {shift}))::int"
        return f"(CASE WHEN {days} BETWEEN DATE '0001-01-01' - {value} AND DATE '9999-12-31' - {value} THEN {value} + {days} END)"
    if kind.name == FLOAT:
        power = _float(10.0 ** _places(rule))
        moved = f"floor(({to.steady(value)} + {shift} / {power}) * {power} + 0.5) / {power}"
        return _bounded(rule, moved, _float)
    units = f"({to.units(value, kind)} + ({to.whole(shift)})::{to.big})"
    return to.within(_bounded(rule, units, lambda bound: str(_units(bound, kind))), kind)


def _bounded(rule, number, spelled):
    low, high = rule.config.get("min"), rule.config.get("max")
    number = number if low is None else f"greatest({number}, {spelled(low)})"
    return number if high is None else f"least({number}, {spelled(high)})"


def _drawn_sql(to, digest, distribution):
    if distribution == "gaussian":
        chunks = [
            to.bits(f"substr({digest}, {1 + i * STEP_BITS}, {STEP_BITS})", STEP_BITS) for i in range(SUM)
        ]
        return f"((({' + '.join(chunks)})::DOUBLE PRECISION + 6) / {2**20}::DOUBLE PRECISION - 6)"
    place = to.uniform(digest)
    if distribution == "uniform":
        return f"({place} * 2 - 1)"
    away = f"ln(1::DOUBLE PRECISION - 2 * abs({place} - 0.5))"
    return f"(CASE WHEN {place} < 0.5 THEN {away} ELSE -{away} END)"
