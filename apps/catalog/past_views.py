"""The capsule page at an earlier moment: read from the version then in force, and only read."""

from functools import wraps

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.activity import people_called

from . import dimensions, page
from .addresses import page_of
from .comparison import in_force, moment
from .disclosure import disclosed
from .models import CapsuleVersion
from .past import parts
from .version_views import between


def or_as_it_was(view):
    """Let `?as_of=` (a day, or a moment) show the tab from the version then in force; `view` is the tab as it is."""

    @wraps(view)
    def shown(request, capsule, **rest):
        at = moment(request.GET.get("as_of", ""))
        if at is None:
            return view(request, capsule, **rest)
        # A column is read among the others of its time: its own page tells more than a version keeps.
        tab = rest.get("slug") or ("structure" if "name" in rest else "overview")
        return as_it_was(request, capsule, tab, at)

    return shown


def as_it_was(request, capsule, tab, at):
    """The tab of the capsule as it was at the moment `at`."""
    version = in_force(capsule, at, request.reader)
    whole = _whole(version, _past(capsule, tab, at, request.reader)) if version else {}
    document = disclosed([whole], capsule, request.reader)[0] if version else {}
    asked = request.GET["as_of"]
    found = _tabs(capsule, tab, asked)
    people = people_called({version.deployed_by}) if version else {}
    context = {
        "capsule": capsule,
        "current": tab,
        "kind": page.kind(capsule),
        "crumbs": page.crumbs(capsule),
        "strip": [],
        "tabs": found,
        "tab_title": next((each["title"] for each in found if each["current"]), _("Overview")),
        "notices": [],
        "may_edit": False,
        "locked": "",
        "as_of": at,
        "as_of_compare_url": between(capsule, version.number, "live") if version else "",
        "version": version,
        "author": people.get(version.deployed_by, version.deployed_by) if version else "",
        "first": _first(capsule, request.reader) if version is None else None,
        "parts": parts(document, tab),
        "lineage_url": page_of("provenance:lineage", focus=capsule.urn, as_of=asked)
        if tab == "provenance"
        else "",
    }
    return page.answer(request, "catalog/past.html", context)


def _past(capsule, tab, at, reader):
    """What the tab's dimension knows of the moment from rows."""
    found = next((one for one in dimensions.everything() if one.slug == tab), None)
    return found.past(capsule, reader, at) if found else {}


def _whole(version, past):
    """The document, with what nobody declared but rows tell of the moment, such as neighbours that a run saw."""
    found = dict(version.snapshot)
    for section, lists in past.items():
        own = found.get(section) or {}
        found[section] = {
            **own,
            **{name: sorted({*(own.get(name) or ()), *urns}) for name, urns in lists.items()},
        }
    return found


def _first(capsule, reader):
    return CapsuleVersion.objects.visible_to(reader).kept().filter(capsule=capsule).order_by("number").first()


def _tabs(capsule, current, asked):
    """Overview, the dimensions, versions and activity, every link at the same moment."""
    suffix = f"?as_of={asked.replace('+', '%2B')}"
    found = [{"slug": "overview", "title": _("Overview"), "url": capsule.get_absolute_url() + suffix}]
    for dimension in dimensions.everything():
        url = reverse("catalog:dimension", args=[capsule.urn, dimension.slug])
        found.append({"slug": dimension.slug, "title": dimension.title, "url": url + suffix})
    for slug, title in (("versions", _("Versions")), ("activity", _("Activity"))):
        url = reverse(f"catalog:{slug}", args=[capsule.urn])
        found.append({"slug": slug, "title": title, "url": url + suffix})
    for tab in found:
        tab["current"] = tab["slug"] == current
    return found
