"""Value domains: made, changed, removed and asked whether a value belongs. Pages and API come through here."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import acting
from apps.catalog import urns
from apps.catalog.models import Column, ValueDomain
from apps.dcs.refusals import Conflict

from . import access, proposals, validation

GOVERNED = {
    "name": "domain_name", "kind": "domain_type", "description": "description", "allowed_values": "allowed_values",
    "pattern": "pattern_regex", "pattern_description": "pattern_description", "min_value": "min_value",
    "max_value": "max_value", "reference_table_urn": "reference_table_urn",
    "reference_column_urn": "reference_column_urn", "is_extensible": "is_extensible",
}  # fmt: skip
MOST_VALUES = 1000


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
    exists = look_up(domain, reader) if domain.kind == ValueDomain.Kind.REFERENCE_DATA else None
    return [validation.check(domain, value, exists=exists) for value in values]


def look_up(domain, reader):
    """`exists(value)` for the column that holds the reference data, as far as its values are known here."""
    column = (
        Column.objects.visible_to(reader)
        .filter(urn__in=urns.spellings(domain.reference_column_urn or ""))
        .select_related("value_domain")
        .first()
    )
    if column is None:
        raise Unreachable(_("The column %s is not in the catalogue.") % domain.reference_column_urn)
    bound = column.value_domain
    listed = (
        bound.allowed_values
        if bound is not None and bound.kind == ValueDomain.Kind.ENUM
        else column.allowed_values
    )
    if listed:
        known = {validation.plain(code) for code in validation.codes(listed)}
        return lambda value: validation.plain(value) in known
    raise Unreachable(_("The values of %s cannot be read: no data source is connected.") % column.urn)
