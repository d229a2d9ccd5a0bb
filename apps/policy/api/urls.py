"""Addresses of policy in the API."""

from django.urls import path

from .effective import EffectivePolicyOfCapsule, EffectivePolicyOfColumn
from .trace import ColumnTrace

OF_CAPSULE, OF_COLUMN = "capsules/<segment:urn>", "columns/<segment:urn>"

urlpatterns = [
    path(f"{OF_COLUMN}/pii-trace", ColumnTrace.as_view(), name="column-trace"),
    path(
        f"{OF_CAPSULE}/effective-policy", EffectivePolicyOfCapsule.as_view(), name="capsule-effective-policy"
    ),
    path(f"{OF_COLUMN}/effective-policy", EffectivePolicyOfColumn.as_view(), name="column-effective-policy"),
]
