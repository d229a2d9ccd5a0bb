"""Addresses of policy in the API."""

from django.urls import path

from .trace import ColumnTrace

urlpatterns = [path("columns/<segment:urn>/pii-trace", ColumnTrace.as_view(), name="column-trace")]
