"""Addresses of quality in the API."""

from django.urls import path

from .gate import GateOfCapsule

urlpatterns = [path("capsules/<segment:urn>/gate", GateOfCapsule.as_view(), name="capsule-gate")]
