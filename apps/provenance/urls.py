"""Addresses of lineage."""

from django.urls import path

from . import views

app_name = "provenance"
urlpatterns = [path("lineage/", views.lineage, name="lineage")]
