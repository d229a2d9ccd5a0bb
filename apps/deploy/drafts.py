"""Plans as sides of a comparison: what a capsule would be like if one were applied."""

import re

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog import snapshots
from apps.catalog.comparison import DRAFT, Side

from . import wanted
from .models import Plan
from .plan import documents_of

NUMBER = re.compile(r"PL-([0-9]{1,15})", re.IGNORECASE)


def find(capsule, address, reader):
    """The `Side` that `draft` (the reader's newest plan that may still be applied) or `PL-12` means; None for none."""
    numbered = NUMBER.fullmatch(address)
    if address != DRAFT and numbered is None:
        return None
    plans = Plan.objects.visible_to(reader).filter(base__has_key=capsule.urn).order_by("-number")
    if numbered:
        plan = plans.filter(number=int(numbered[1])).first()
    else:
        ready = plans.filter(applied_at__isnull=True, expires_at__gt=timezone.now())
        plan = ready.filter(author=reader.user).first()
    if plan is None:
        return None
    document = next(each for each in documents_of(plan) if each.urn == capsule.urn)
    before = None if capsule.is_retired else snapshots.states_of([capsule])[capsule.pk]
    state, _renames = wanted.of(document, before)
    planned = {key: value for key, value in state.items() if key not in wanted.PAST}
    return Side(address, None, planned, title=_("plan %(number)s") % {"number": plan})
