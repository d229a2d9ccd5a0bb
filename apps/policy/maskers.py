"""How a reader sees the values of columns: as `deciding` says, carried out by `masking` (trust.md, section 4.1)."""

import functools
import logging

from django.utils.translation import gettext as _

from apps.dcs.keyring import NoKey
from apps.payload.maskers import Mask, Shown, register_keeper, register_masker

from .deciding import CLEAR, CONDITIONAL, DENIED, MASKED
from .masking import masked
from .masking.kinds import TEXT, read
from .masking_rows import MaskingKeys, decisions, viewer_of, ways_for_storing
from .models import MaskingRule, Policy
from .reasons import sentence

log = logging.getLogger(__name__)


@register_masker
def by_rules(reader, columns):
    """{column id: `Mask`} of the columns that a rule or a policy hides from the reader, in part or whole.

    What hides a value holds also for a reader who may not know of it; then it is not named.
    """
    found = {
        key: decision
        for key, decision in decisions(viewer_of(reader), columns).items()
        if not decision.is_clear and not _is_of_level(decision)
    }
    known = known_to(reader, found.values())
    return {key: _mask(decision, known) for key, decision in found.items()}


@register_keeper
def for_keeping(columns):
    """{column id: `Mask`} by the strictest rule of each column, whoever it is for; what nothing masks is withheld."""
    found = {}
    for key, way in ways_for_storing(columns).items():
        if way.outcome == MASKED:
            found[key] = Mask(_("masked"), functools.partial(_kept, way.rule), method=way.rule.method)
        elif way.outcome == DENIED:
            found[key] = Mask(_("withheld"))
    return found


def _kept(rule, values, rows):
    """The `Shown` of values that are stored; they come as JSON holds them."""
    given, lost = [], 0
    for value in values:
        try:
            is_spelled = isinstance(value, str) and rule.kind.name != TEXT
            given.append(read(value, rule.kind) if is_spelled else value)
        except (ValueError, ArithmeticError):
            given.append(None)
            lost += 1
    found, failed = carried_out(given, rule)
    return Shown(found, failed + lost)


def _is_of_level(decision):
    """True where the column's own level alone withholds it, of which payload speaks."""
    found = decision.main.reasons
    return decision.shows_nothing and found[0].code == "unmasked" and not found[-1].values.get("key")


def known_to(reader, decided):
    """The keys of the rules and policies behind decisions that the reader may know of; at most two queries."""
    keys = {
        reason.values["key"]
        for decision in decided
        for way in decision.ways
        for reason in way.reasons
        if reason.values.get("key")
    }
    if not keys:
        return frozenset()
    rules = MaskingRule.objects.visible_to(reader).filter(pk__in=keys).values_list("pk", flat=True)
    policies = Policy.objects.visible_to(reader).filter(pk__in=keys).values_list("pk", flat=True)
    return frozenset(map(str, [*rules, *policies]))


def _mask(decision, known):
    because = sentence(decision.main.reasons, known)
    if decision.shows_nothing:
        return Mask(because)
    if decision.outcome == CONDITIONAL:
        because = _("%(rule)s, for some rows") % {"rule": because}
    method = decision.main.rule.method if decision.main.outcome == MASKED else ""
    return Mask(because, functools.partial(applied, decision), needs=decision.needs, method=method)


def applied(decision, values, rows):
    """The `Shown` of a column's values; `rows` hold, for each, the clear values of the columns that conditions look at."""
    shown, failed, groups = [None] * len(values), 0, {}
    for place, row in enumerate(rows):
        way = decision.of(row)
        groups.setdefault(id(way), (way, []))[1].append(place)
    for way, places in groups.values():
        given = [values[place] for place in places]
        if way.outcome == CLEAR:
            found = given
        elif way.outcome == DENIED or way.rule is None:
            found = [None] * len(given)
        else:
            found, lost = carried_out(given, way.rule)
            failed += lost
        for place, value in zip(places, found, strict=True):
            shown[place] = value
    return Shown(shown, failed)


def carried_out(values, rule):
    """(masked values, how many could not be masked); none of them where a key is missing or the method breaks down."""
    try:
        found = masked(values, rule, _Keys(rule.kid))
    except NoKey as error:
        log.warning("Nothing is shown through %s: %s", rule.method, error)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the value is not shown
        # Neither the message nor the frames of the error go anywhere: they may hold values.
        log.warning("Nothing is shown through %s: %s", rule.method, type(error).__name__)
    else:
        return found.values, found.failed
    return [None] * len(values), len(values)


class _Keys:
    """The keys of a rule, looked up when a method asks for them: most need none."""

    def __init__(self, kid):
        self._kid = kid

    @functools.cached_property
    def _keys(self):
        return MaskingKeys(self._kid)

    @property
    def kid(self):
        return self._keys.kid

    def derive(self, info, *, length=32):
        return self._keys.derive(info, length=length)

    def tokens(self, rule, values):
        return self._keys.tokens(rule, values)
