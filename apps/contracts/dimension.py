"""Contract, the seventh dimension: what is promised, to whom, and whether it is kept."""

from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Greatest, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import facts, spans
from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.ui import words
from apps.ui.formats import deadline, duration, when
from apps.ui.templatetags.ui import mark

from . import document
from .access import may_write
from .consumers import consumers, effective, stated
from .models import Contract, Incident
from .reach import reach

SLUG = "contract"
CONSUMERS_AT_SIDE = 5
UNRESOLVED = [Incident.Status.OPEN, Incident.Status.INVESTIGATING, Incident.Status.MITIGATED]


def asked(reader):
    """The effective contract, unresolved incidents, and the last incident of all."""
    contracts = effective(Contract.objects.visible_to(reader).filter(capsule=OuterRef("pk")))
    incidents = Incident.objects.visible_to(reader).filter(capsule=OuterRef("pk")).order_by()
    said = JSONObject(
        version="version",
        status="status",
        updated=Greatest("last_updated_at", "watch__data_updated_at"),
        health="watch__health",
        ends="deprecation_date",
        successor="replacement_capsule_urn",
        consumers="known_consumers",
    )
    last = JSONObject(number="number", kind="kind", status="status", at="detected_at", resolved="resolved_at")
    return {
        "contract": Subquery(contracts.values(json=said)[:1]),
        "versions": Subquery(
            contracts.order_by().values("capsule").annotate(found=Count("pk")).values("found")
        ),
        "open": ArraySubquery(
            incidents.filter(status__in=UNRESOLVED).order_by("-detected_at").values(json=last)
        ),
        "last": Subquery(incidents.order_by("-detected_at").values(json=last)[:1]),
    }


def of(capsules, reader):
    """(capsule, its effective contract or {}, unresolved incidents, the last incident or {})."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        yield capsule, found["contract"] or {}, found["open"] or [], found["last"] or {}


def state(capsules, reader):
    found = {}
    for capsule, contract, unresolved, _last in of(capsules, reader):
        in_force = contract.get("status") in ("active", "breached")
        broken = contract.get("status") == "breached" or unresolved
        mark = (
            "alert"
            if broken
            else "complete"
            if in_force
            else "partial"
            if contract or stated(capsule)
            else "missing"
        )
        found[capsule.pk] = State(mark, _sentence(capsule, contract, unresolved))
    return found


def _sentence(capsule, contract, unresolved):
    said = []
    if contract:
        word = Contract.Status(contract["status"]).label.lower()
        said.append(_("%(version)s %(state)s") % {"version": contract["version"], "state": word})
    else:
        said.append(_("No contract yet"))
    if number := len(consumers(capsule, contract)):
        said.append(ngettext("%(n)s known consumer", "%(n)s known consumers", number) % {"n": number})
    if unresolved:
        said.append(
            ngettext("%(n)s open incident", "%(n)s open incidents", len(unresolved)) % {"n": len(unresolved)}
        )
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, contract, _open, _last in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        if contract.get("status") not in ("active", "breached"):
            said = _("Nothing is promised about it.") if not contract else _("Its contract is not in force.")
            mine.append(Gap(SLUG, said, _("See what is stated"), url))
    return found


def strip(capsules, reader):
    found = {}
    for capsule, contract, unresolved, last in of(capsules, reader):
        items = [life(capsule, contract), incidents(capsule, contract, unresolved, last)]
        if contract.get("updated"):
            items.append(updated(capsule, contract))
        found[capsule.pk] = items
    return found


def life(capsule, contract):
    """The contract's state, and whether its promises are kept; unknown until somebody measures."""
    item = {
        "key": "contract",
        "title": _("Contract"),
        "url": reverse("catalog:dimension", args=[capsule.urn, SLUG]),
    }
    if not contract:
        return {**item, "vocabulary": "health", "value": "unknown", "sub": _("no contract yet")}
    said = {"v": contract["version"], "health": words.word("health", contract.get("health")).text}
    in_force = contract["status"] in ("active", "breached")
    return {
        **item,
        "vocabulary": "contract",
        "value": contract["status"],
        "url": reverse("contracts:contract", args=[capsule.urn, contract["version"]]),
        "sub": _("version %(v)s, promises: %(health)s") % said if in_force else _("version %(v)s") % said,
    }


def incidents(capsule, contract, unresolved, last):
    """Unresolved incidents; none can be open where nothing is promised."""
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    item = {"key": "incidents", "title": _("Open incidents"), "url": url}
    if unresolved:
        newest = unresolved[0]
        url = page_of("contracts:incident", newest["number"]) or url
        word = Incident.Status(newest["status"]).label.lower()
        sub = _("I-%(number)s, %(state)s") % {"number": newest["number"], "state": word}
        number = mark("siren", "critical", str(len(unresolved)), "bare")
        return {**item, "value": number, "sub": sub, "url": url}
    if not contract:
        return {**item, "value": None, "sub": _("nothing is promised")}
    if last:
        return {**item, "value": "0", "sub": _("last: I-%(number)s") % {"number": last["number"]}}
    return {**item, "value": "0", "sub": _("none so far")}


def updated(capsule, contract):
    """How old the data is, where somebody has seen it change."""
    at = datetime.fromisoformat(contract["updated"])
    return {
        "key": "freshness",
        "title": _("Freshness"),
        "value": duration(timezone.now() - at),
        "sub": when(at),
        "url": reverse("catalog:dimension", args=[capsule.urn, SLUG]),
    }


def notices(capsules, reader):
    """An announced end, with the successor where there is one."""
    found = {}
    for capsule, contract, _open, _last in of(capsules, reader):
        mine = found[capsule.pk] = []
        if not contract.get("ends") or contract["status"] in ("draft", "proposed", "superseded"):
            continue
        notice = {
            "hue": "caution",
            "icon": "calendar-clock",
            "title": _("Ends %(day)s.") % {"day": deadline(date.fromisoformat(contract["ends"]))},
            "text": _("Its contract announces that it will be taken out of use."),
        }
        if successor := contract.get("successor"):
            notice |= {"url": reverse("catalog:capsule", args=[successor]), "label": _("Open its successor")}
        mine.append(notice)
    return found


def overview(request, capsule):
    """Known consumers, at the side."""
    _capsule, contract, _open, _last = next(iter(of([capsule], request.reader)))
    found = consumers(capsule, contract)
    if not found:
        return {}
    more = max(len(found) - CONSUMERS_AT_SIDE, 0)
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    return {"consumers": found[:CONSUMERS_AT_SIDE], "total": len(found), "more": more, "url": url}


def panel(request, capsule):
    """The contract tab: the effective contract, what the source states, who uses it, what broke."""
    reader = request.reader
    found = list(
        effective(Contract.objects.visible_to(reader).filter(capsule=capsule)).select_related("owner")
    )
    contract = found[0] if found else None
    users = consumers(capsule, {"consumers": contract.known_consumers} if contract else {})
    for one in found:
        one.url = page_of("contracts:contract", capsule.urn, one.version)
    broken = Incident.objects.visible_to(reader).filter(capsule=capsule).order_by("-detected_at")[:10]
    return {
        "contract": contract,
        "contracts": found,
        "promises": promises(contract) if contract else [],
        "stated": stated(capsule),
        "may_write": may_write(reader, capsule),
        "enforced": ((stated(capsule).get("meta") or {}).get("dbt") or {}).get("enforced") is True,
        "consumers": users,
        "told": {key: any(one[key] for one in users) for key in ("kind", "team", "contact", "maturity")},
        "incidents": [{"one": one, "url": page_of("contracts:incident", one.number)} for one in broken],
    }


def promises(contract):
    """What the contract promises, as (title, promise); only what it says."""
    percent = _("%(value)s %%")
    said = [
        (_("Fresh within"), contract.freshness_sla and spans.in_words(contract.freshness_sla)),
        (_("Refreshed"), contract.freshness_schedule),
        (
            _("Complete"),
            contract.completeness_sla is not None
            and percent % {"value": f"{contract.completeness_sla.normalize():f}"},
        ),
        (
            _("Available"),
            contract.availability_sla is not None
            and percent % {"value": f"{contract.availability_sla.normalize():f}"},
        ),
        (
            _("Quality score"),
            contract.quality_score_sla is not None and f"{contract.quality_score_sla.normalize():f}",
        ),
        (_("Changes of structure"), contract.get_schema_change_policy_display()),
        (_("Notice of breaking changes"), _days(contract.breaking_change_notice_days)),
        (_("Support"), contract.get_support_level_display()),
        (_("Contact"), contract.support_contact or contract.support_slack_channel),
    ]
    return [(title, value) for title, value in said if value not in (None, "", False)]


def _days(number):
    return "" if number is None else ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Contract"),
        order=7,
        icon="handshake",
        template="contracts/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("contract",),
        panel=panel,
        facts=asked,
        state=state,
        gaps=gaps,
        strip=strip,
        notices=notices,
        overview=overview,
        rail_template="contracts/rail.html",
        reach=reach,
    )
)
