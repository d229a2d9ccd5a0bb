"""Addresses of policy in the API."""

from django.urls import path

from apps.people.rest.routes import Router

from .effective import EffectivePolicyOfCapsule, EffectivePolicyOfColumn
from .effects import EffectOfPolicy
from .masking import MaskingMethods, MaskingRulesOfColumn, MaskingRuleViewSet
from .policies import PoliciesOfCapsule, PoliciesOfColumn, PolicyViewSet
from .simulation import AccessOfCapsule
from .trace import ColumnTrace

OF_CAPSULE, OF_COLUMN = "capsules/<segment:urn>", "columns/<segment:urn>"
ROWS = {"get": "list", "post": "create"}

router = Router()
router.register("masking-rules", MaskingRuleViewSet, "masking-rule")
router.register("policies", PolicyViewSet, "policy")

urlpatterns = [
    path("masking-rules/methods", MaskingMethods.as_view(), name="masking-methods"),
    path("policies/<uuid:pk>/effect", EffectOfPolicy.as_view(), name="policy-effect"),
    *router.urls,
    path(f"{OF_COLUMN}/masking-rules", MaskingRulesOfColumn.as_view(ROWS), name="column-masking-rules"),
    path(f"{OF_CAPSULE}/policies", PoliciesOfCapsule.as_view(ROWS), name="capsule-policies"),
    path(f"{OF_COLUMN}/policies", PoliciesOfColumn.as_view(ROWS), name="column-policies"),
    path(f"{OF_CAPSULE}/access", AccessOfCapsule.as_view(), name="capsule-access"),
    path(f"{OF_COLUMN}/pii-trace", ColumnTrace.as_view(), name="column-trace"),
    path(
        f"{OF_CAPSULE}/effective-policy", EffectivePolicyOfCapsule.as_view(), name="capsule-effective-policy"
    ),
    path(f"{OF_COLUMN}/effective-policy", EffectivePolicyOfColumn.as_view(), name="column-effective-policy"),
]
