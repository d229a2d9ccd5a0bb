"""What protects each type of personal data unless people decide otherwise: drafts of a policy and of a masking rule."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.catalog.models import PIIType
from apps.catalog.vocabularies import Sensitivity

from .models import MaskingMethod, MaskingRule, Policy


@dataclass(frozen=True)
class Template:
    """How a type of personal data is usually handled."""

    sensitivity: str
    method: str
    config: dict = field(default_factory=dict)
    frameworks: tuple = ("GDPR",)


CONFIDENTIAL, RESTRICTED = Sensitivity.CONFIDENTIAL, Sensitivity.RESTRICTED
TEMPLATES = {
    PIIType.EMAIL: Template(
        CONFIDENTIAL, MaskingMethod.PARTIAL_REDACTION, {"preserve_prefix": 1, "preserve_domain": True}
    ),
    PIIType.PHONE: Template(CONFIDENTIAL, MaskingMethod.PARTIAL_REDACTION, {"preserve_suffix": 2}),
    PIIType.ADDRESS: Template(CONFIDENTIAL, MaskingMethod.REDACTION),
    PIIType.NAME: Template(CONFIDENTIAL, MaskingMethod.PSEUDONYMIZATION),
    PIIType.DATE_OF_BIRTH: Template(CONFIDENTIAL, MaskingMethod.GENERALIZATION, {"unit": "year"}),
    PIIType.IP_ADDRESS: Template(CONFIDENTIAL, MaskingMethod.PSEUDONYMIZATION),
    PIIType.DEVICE_ID: Template(CONFIDENTIAL, MaskingMethod.PSEUDONYMIZATION),
    PIIType.SSN: Template(RESTRICTED, MaskingMethod.REDACTION),
    PIIType.DIRECT_IDENTIFIER: Template(RESTRICTED, MaskingMethod.PSEUDONYMIZATION),
    PIIType.BANK_ACCOUNT: Template(RESTRICTED, MaskingMethod.PARTIAL_REDACTION, {"preserve_suffix": 4}),
    PIIType.CREDIT_CARD: Template(
        RESTRICTED, MaskingMethod.PARTIAL_REDACTION, {"preserve_suffix": 4}, ("GDPR", "PCI-DSS")
    ),
    PIIType.HEALTH: Template(RESTRICTED, MaskingMethod.REDACTION, {}, ("GDPR", "HIPAA")),
    PIIType.BIOMETRIC: Template(RESTRICTED, MaskingMethod.REDACTION),
}


def draft(column, pii_type, *, by):
    """Draft what the type asks for: [policy, masking rule], without what the column has already.

    Both hold nothing until somebody else has agreed: the policy is a draft, the rule is switched off.
    """
    template = TEMPLATES[pii_type]
    made = []
    if not column.policies.exclude(status=Policy.Status.DEPRECATED).exists():
        policy = Policy(
            column=column,
            sensitivity_level=template.sensitivity,
            classification_tags=["pii", str(pii_type)],
            compliance_frameworks=list(template.frameworks),
            requires_masking=True,
            masking_method=template.method,
            author=by.user,
            visibility_rank=column.visibility_rank,
        )
        policy.save(force_insert=True)
        policy.refresh_from_db()
        made.append(policy)
    if not column.masking_rules.exists():
        rule = MaskingRule(
            column=column,
            name=f"mask_{pii_type}",
            method=template.method,
            config=dict(template.config),
            description=_("Drafted when personal data was accepted."),
            is_enabled=False,
            visibility_rank=column.visibility_rank,
        )
        rule.save(force_insert=True)
        made.append(rule)
    return made
