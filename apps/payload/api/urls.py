"""Addresses of a capsule's data in the API."""

from django.urls import path

from .preview import preview

urlpatterns = [path("capsules/<segment:urn>/preview", preview, name="capsule-preview")]
