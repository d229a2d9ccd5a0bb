"""Addresses of a capsule's data."""

from django.urls import path

from . import views

app_name = "payload"
urlpatterns = [path("capsules/<urn:urn>/payload/preview/", views.preview, name="preview")]
