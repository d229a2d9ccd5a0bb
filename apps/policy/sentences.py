"""Facets of policies as people read them: a title for each, a word for each value, a sentence for each rule."""

from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog.templatetags.catalog import span
from apps.catalog.vocabularies import Sensitivity
from apps.dcs.periods import Period

from .effective import ANYWHERE, FACETS, Keeping
from .models import MaskingMethod, Policy

TITLES = {
    "sensitivity": gettext_lazy("Sensitivity"),
    "classification_tags": gettext_lazy("Tags"),
    "min_access_level": gettext_lazy("Access"),
    "allowed_roles": gettext_lazy("Roles let in"),
    "denied_roles": gettext_lazy("Roles kept out"),
    "approved_purposes": gettext_lazy("Approved purposes"),
    "prohibited_purposes": gettext_lazy("Forbidden purposes"),
    "retention_min": gettext_lazy("Kept at least"),
    "retention_max": gettext_lazy("Kept at most"),
    "legal_hold": gettext_lazy("Legal hold"),
    "allowed_regions": gettext_lazy("Regions"),
    "restricted_regions": gettext_lazy("Forbidden regions"),
    "data_residency": gettext_lazy("Residency"),
    "cross_border_transfer": gettext_lazy("Across borders"),
    "requires_masking": gettext_lazy("Masking"),
    "masking_method": gettext_lazy("Masked by"),
    "masking_conditions": gettext_lazy("Masked when"),
    "encryption_required": gettext_lazy("Encryption"),
    "encryption_at_rest": gettext_lazy("Encrypted at rest"),
    "encryption_in_transit": gettext_lazy("Encrypted in transit"),
    "encryption_method": gettext_lazy("Encrypted by"),
    "compliance_frameworks": gettext_lazy("Frameworks"),
    "consent_required": gettext_lazy("Consent"),
    "right_to_erasure": gettext_lazy("Erasure"),
    "audit_log_required": gettext_lazy("Audit log"),
    "audit_retention": gettext_lazy("Audit log kept"),
}
CHOICES = {
    "sensitivity": Sensitivity,
    "min_access_level": Policy.AccessLevel,
    "masking_method": MaskingMethod,
    "encryption_method": Policy.EncryptionMethod,
}
NOBODY = {
    "allowed_roles": gettext_lazy("nobody: the lists have nothing in common"),
    "approved_purposes": gettext_lazy("no purpose: the lists have nothing in common"),
    "allowed_regions": gettext_lazy("nowhere: the lists have nothing in common"),
}
YES = {
    "legal_hold": gettext_lazy("stands: nothing is deleted"),
    "requires_masking": gettext_lazy("required"),
    "consent_required": gettext_lazy("needed"),
    "right_to_erasure": gettext_lazy("on request"),
}
# The sentence of a policy about one facet; `%(value)s` are its words.
SAYS = {
    "sensitivity": gettext_lazy("The data is %(value)s."),
    "min_access_level": gettext_lazy("Readers need at least the access level “%(value)s”."),
    "allowed_roles": gettext_lazy("Only these roles are let in: %(value)s."),
    "denied_roles": gettext_lazy("These roles are kept out, whatever else they hold: %(value)s."),
    "approved_purposes": gettext_lazy("It may be used for: %(value)s."),
    "prohibited_purposes": gettext_lazy("It may not be used for: %(value)s."),
    "retention_min": gettext_lazy("It is kept at least %(value)s."),
    "retention_max": gettext_lazy("It is kept at most %(value)s."),
    "legal_hold": gettext_lazy("A legal hold stands: nothing of it is deleted."),
    "allowed_regions": gettext_lazy("It may lie in: %(value)s."),
    "restricted_regions": gettext_lazy("It may not lie in: %(value)s."),
    "data_residency": gettext_lazy("It stays in: %(value)s."),
    "cross_border_transfer": gettext_lazy("It does not cross borders."),
    "requires_masking": gettext_lazy("Its values are masked."),
    "masking_method": gettext_lazy("Values are masked by %(value)s."),
    "masking_conditions": gettext_lazy("Values are masked when %(value)s."),
    "encryption_required": gettext_lazy("It is encrypted."),
    "encryption_at_rest": gettext_lazy("It is encrypted where it lies."),
    "encryption_in_transit": gettext_lazy("It is encrypted on its way."),
    "encryption_method": gettext_lazy("It is encrypted by %(value)s."),
    "compliance_frameworks": gettext_lazy("It falls under %(value)s."),
    "consent_required": gettext_lazy("The people it is about have to consent."),
    "right_to_erasure": gettext_lazy("It is erased when the people it is about ask for it."),
    "audit_log_required": gettext_lazy("Every access is logged."),
    "audit_retention": gettext_lazy("The log of accesses is kept %(value)s."),
    "classification_tags": gettext_lazy("It is tagged %(value)s."),
}


def say(facet, value):
    """The value of a facet in words; empty where nothing is said."""
    if value is None:
        return ""
    if facet in CHOICES:
        return str(CHOICES[facet](value).label)
    if isinstance(value, bool):
        if facet == "cross_border_transfer":
            return _("not allowed") if not value else _("allowed")
        return str(YES.get(facet, lazystr(_("yes")))) if value else _("no")
    if isinstance(value, Keeping):
        return _kept(value)
    if isinstance(value, Period):
        return str(span(value))
    if facet == "masking_conditions":
        return " · ".join(value) if value else _("always")
    if value == () and facet in NOBODY:
        return str(NOBODY[facet])
    return ", ".join(_("several regions") if word == ANYWHERE else word for word in value)


def _kept(keeping):
    said = [str(span(keeping.period))]
    if keeping.start:
        said.append(_("from %(start)s") % {"start": _lower(Policy.RetentionStart(keeping.start).label)})
    if keeping.action:
        said.append(_("then %(action)s") % {"action": _lower(Policy.DeletionAction(keeping.action).label)})
    return ", ".join(said)


def _lower(word):
    word = str(word)
    return word[:1].lower() + word[1:]


def of_policy(values, clearance):
    """[(title, sentence)] of what a policy says, facet by facet; `values` are its fields by name."""
    found = []
    for facet in FACETS:
        value = facet.read(values)
        if value is None or (facet.name == "masking_conditions" and (value == () or clearance < 3)):
            continue
        said = say(facet.name, value)
        if facet.name in ("sensitivity", "min_access_level", "masking_method", "encryption_method"):
            said = _lower(said) if facet.name != "encryption_method" else said
        found.append((TITLES[facet.name], SAYS[facet.name] % {"value": said}))
    return found


def origin(source):
    """Who states a value, as a phrase beside the policy's number."""
    if source.place == "upstream":
        if not source.subject:
            return _("inherited from a column that you may not see")
        steps = ngettext("%(n)s step upstream", "%(n)s steps upstream", source.steps) % {"n": source.steps}
        return _("inherited from %(name)s, %(steps)s") % {
            "name": source.origin or source.subject,
            "steps": steps,
        }
    if source.place == "capsule":
        return _("of the capsule")
    return _("of the column")


def shown(found, clearance):
    """The facets of an `Effective` that somebody states, for a table: title, value, who says so, what it beat."""
    rows = []
    for held in found.facets:
        if not held.stated and held.facet != "sensitivity":
            continue
        if held.facet == "masking_conditions" and (clearance < 3 or held.value == ()):
            continue
        rows.append(
            {
                "facet": held.facet,
                "title": TITLES[held.facet],
                "value": held.value if held.facet == "sensitivity" else say(held.facet, held.value),
                "stated": held.stated,
                "origins": [_told(held.facet, source) for source in held.origins],
                "beaten": [_told(held.facet, source) for source in held.beaten],
            }
        )
    return rows


def _told(facet, source):
    number = source.label.removeprefix("P-")
    return {
        "label": source.label,
        "number": number,
        "origin": origin(source),
        "value": say(facet, source.value),
    }
