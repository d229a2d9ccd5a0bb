"""Decisions in words: why a value is not shown as it is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.vocabularies import Sensitivity

SENTENCES = {
    "rule": gettext_lazy("masking rule %(rule)s"),
    "token": gettext_lazy("tokens are never exempt"),
    "denied_exempt": gettext_lazy("a policy denies it to your role, which no exemption lifts"),
    "exempt": gettext_lazy("masking rule %(rule)s exempts your role"),
    "policy_masks": gettext_lazy("%(policy)s asks for masking"),
    "level": gettext_lazy("%(policy)s makes it %(level)s"),
    "own_level": gettext_lazy("its level is %(level)s"),
    "values": gettext_lazy("values need the clearance %(level)s"),
    "denied": gettext_lazy("%(policy)s denies it to your role"),
    "not_allowed": gettext_lazy("%(policy)s allows other roles"),
    "access": gettext_lazy("%(policy)s asks for more access"),
    "prohibited": gettext_lazy("%(policy)s prohibits this purpose"),
    "not_approved": gettext_lazy("%(policy)s approves other purposes"),
    "restricted_region": gettext_lazy("%(policy)s closes it to this region"),
    "other_region": gettext_lazy("%(policy)s opens it to other regions"),
    "unmasked": gettext_lazy("nothing masks it"),
    "nothing": gettext_lazy("nothing says who may see it"),
}


def sentence(reasons, known):
    """The chain of a decision in words; rules and policies whose keys are not `known` are not named."""
    return ", ".join(
        _said(reason, known) for reason in reasons if reason.code != "exempt" or len(reasons) == 1
    )


def _said(reason, known):
    values = dict(reason.values)
    code = reason.code
    if code == "level" and not values.get("key"):
        code = "own_level"
    if code == "rule" and values.get("key") not in known:
        return _("a masking rule")
    if not values.get("policy") or values.get("key") not in known:
        values["policy"] = _("a policy")
    if "level" in values and values["level"] in Sensitivity.values:
        values["level"] = str(Sensitivity(values["level"]).label).lower()
    return SENTENCES[code] % values
