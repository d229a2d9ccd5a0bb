"""Value domains: made, changed, removed and asked whether a value belongs. Pages and API come through here."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import acting
from apps.catalog import urns
from apps.catalog.models import Column, ValueDomain
from apps.dcs.refusals import Conflict
from apps.payload.sources import Unreadable, open_source

from . import access, proposals, validation

GOVERNED = {
    "name": "domain_name", "kind": "domain_type", "description": "description", "allowed_values": "allowed_values",
    "pattern": "pattern_regex", "pattern_description": "pattern_description", "min_value": "min_value",
    "max_value": "max_value", "reference_table_urn": "reference_table_urn",
    "reference_column_urn": "reference_column_urn", "is_extensible": "is_extensible",
}  # fmt: skip
MOST_VALUES = 1000
LOOK_UP_SECONDS = 10


class Unreachable(Conflict):
    """Reference data cannot be read now; pages and API answer 409."""

    def __init__(self, detail):
        super().__init__(detail, code="reference_data_unreachable")


def create(values, *, by, reason=""):
    """A new value domain; `values` has the names of the model's fields."""
    access.may_write_values(by).or_refuse()
    with acting(by, reason=reason or _("New value domain")):
        made = ValueDomain.objects.create(**values)
        made.refresh_from_db()
    return made


def is_bound(domain):
    """True if a column relies on the domain: it then changes by review (errata row E22)."""
    return Column._base_manager.filter(value_domain=domain).exists()


def change(domain, values, *, by, reason="", seen=None):
    """Set fields of a value domain; once a column is bound they are proposed. Returns the review, or None."""
    access.may_write_values(by, domain).or_refuse()
    with acting(by, reason=reason or _("Edited")):
        stored = ValueDomain.objects.select_for_update(no_key=True).get(pk=domain.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
        wanted = {name: value for name, value in values.items() if getattr(stored, name) != value}
        proposed = (
            {name: wanted.pop(name) for name in list(wanted) if name in GOVERNED} if is_bound(stored) else {}
        )
        for name, value in wanted.items():
            setattr(stored, name, value)
        if wanted:
            stored.save(update_fields=list(wanted))
        if not proposed:
            return None
        content = {GOVERNED[name]: _plain(value) for name, value in proposed.items()}
        return proposals.propose(stored, content, by=by, reason=reason)


def _plain(value):
    return value if value is None or isinstance(value, bool | str | list | dict) else str(value)


def remove(domain, *, by, reason=""):
    """Delete a value domain that no column is bound to. Raises `Conflict` otherwise."""
    access.may_write_values(by, domain).or_refuse()
    bound = Column._base_manager.filter(value_domain=domain).count()
    if bound:
        said = ngettext(
            "%(n)s column uses %(name)s, so it cannot be deleted.",
            "%(n)s columns use %(name)s, so it cannot be deleted.",
            bound,
        )
        raise Conflict(said % {"n": f"{bound:,}", "name": domain}, code="in_use")
    with acting(by, reason=reason or _("Deleted")):
        domain.delete()


def judge(domain, values, reader):
    """The verdicts on values, in their order. Raises `Unreachable` if reference data cannot be read."""
    exists = None
    if domain.kind == ValueDomain.Kind.REFERENCE_DATA:
        known = referenced(domain, values, reader)
        exists = lambda value: validation.plain(value) in known  # noqa: E731 - the question, not a verb of its own
    return [validation.check(domain, value, exists=exists) for value in values]


def referenced(domain, values, reader):
    """Those of `values` that the reference data of `domain` holds, spelled as `validation.plain` does, as a set.

    The rows of the table decide; where no source is connected, the list that its column is bound to.
    """
    column = (
        Column.objects.visible_to(reader)
        .filter(urn__in=urns.spellings(domain.reference_column_urn or ""))
        .select_related("value_domain", "capsule__source_system")
        .first()
    )
    if column is None:
        raise Unreachable(_("The column %s is not in the catalogue.") % domain.reference_column_urn)
    if column.sensitivity_rank > reader.clearance:
        # To ask for values one by one is to read them.
        raise Unreachable(_("You may not read the values of %s.") % column.urn)
    wanted = {validation.plain(value) for value in values if not isinstance(value, list | dict | None)}
    try:
        with open_source(column.capsule, deadline_s=LOOK_UP_SECONDS) as source:
            return source.held(column.name, sorted(wanted))
    except Unreadable as refusal:
        listed = _listed(column)
        if listed is None:
            said = _("The values of %(column)s cannot be read. %(why)s")
            raise Unreachable(said % {"column": column.urn, "why": refusal.detail}) from None
        return wanted & listed


def _listed(column):
    """The codes that the catalogue gives a column, or None."""
    bound = column.value_domain
    enum = bound is not None and bound.kind == ValueDomain.Kind.ENUM
    listed = bound.allowed_values if enum else column.allowed_values
    return {validation.plain(code) for code in validation.codes(listed)} if listed else None
