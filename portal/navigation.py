"""What every page shows around its content: where one can go, who one is, how it should look."""

from functools import lru_cache

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.translation import gettext_lazy as _

from apps.workflow import inbox

# (address name, word, icon, permission that its readers need or ""); an address that does not exist yet is absent.
PLACES = (
    ("discovery:home", _("Home"), "house", ""),
    ("discovery:catalog", _("Catalog"), "library-big", ""),
    ("glossary:terms", _("Glossary"), "book-open-text", ""),
    ("quality:dashboard", _("Quality"), "gauge", ""),
    ("policy:policies", _("Policies"), "shield-check", ""),
    ("contracts:contracts", _("Contracts"), "handshake", ""),
    ("workflow:reviews", _("Reviews"), "inbox", ""),
)
FURTHER = (
    ("provenance:lineage", _("Lineage"), "workflow", ""),
    ("discovery:products", _("Data products"), "package", ""),
    ("contracts:incidents", _("Incidents"), "siren", ""),
    ("policy:suggestions", _("Personal data"), "search", "catalog.edit_capsule"),
    ("deploy:ingestion", _("Ingestion"), "download", ""),
    ("deploy:changes", _("Changes"), "pencil", ""),
    ("conformance:conformance", _("Conformance"), "clipboard-check", ""),
    ("discovery:reports", _("Reports"), "chart-column-big", ""),
    ("audit:log", _("Audit"), "fingerprint-pattern", "audit.view_change"),
)
NEW = (
    ("deploy:new_capsule", _("Capsule"), "database", "catalog.add_capsule"),
    ("deploy:new_change", _("Change plan"), "file-code", "catalog.edit_capsule"),
)
PERSONAL = (
    ("people:me", _("Settings"), "settings", ""),
    ("people:tokens", _("API tokens"), "key-round", ""),
    ("password_change", _("Change password"), "lock", ""),
)


def places(request, entries, counts=None):
    """The entries this reader may open, as dicts of title, url, icon, current and what waits there."""
    found = []
    for name, title, icon, permission in entries:
        if permission and not request.reader.may(permission):
            continue
        url = _address(name, get_script_prefix(), get_urlconf())
        if not url:
            continue
        current = request.path == url or (url != "/" and request.path.startswith(url))
        found.append(
            {"title": title, "url": url, "icon": icon, "current": current, "count": (counts or {}).get(name)}
        )
    return found


@lru_cache(maxsize=256)
def _address(name, prefix, urlconf):
    """The address of a page without arguments; empty where this portal has none. The same twenty stand on every page."""
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return ""


def page_context(request):
    """Context of every page: navigation, reader, theme and density."""
    reader = getattr(request, "reader", None)
    if reader is None or not reader.is_authenticated:
        return {"reader": reader, "theme": "auto", "density": "comfortable", "nav": [], "nav_more": []}
    return {
        "reader": reader,
        "theme": reader.user.theme,
        "density": reader.user.density,
        "nav": places(request, PLACES, inbox.counts(reader)),
        "nav_more": places(request, FURTHER),
        "nav_new": places(request, NEW),
        "nav_person": places(request, PERSONAL),
        "reader_line": reader.words,
        "as_of": None,
    }
