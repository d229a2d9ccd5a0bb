"""Addresses of contracts: below the URN of their capsule (errata row E27)."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name its converter

from . import announcement_views, incident_views, views, writing_views

ONE = "contracts/<urn:urn>/<path:version>"

app_name = "contracts"
urlpatterns = [
    path("contracts/", views.contracts, name="contracts"),
    path("contracts/calendar/", views.calendar, name="calendar"),
    path("contracts/<urn:urn>/", views.contract_of, name="contract_of"),
    path("capsules/<urn:urn>/contract/new/", writing_views.create, name="new"),
    path(f"{ONE}/edit/", writing_views.edit, name="edit"),
    path(f"{ONE}/delete/", writing_views.delete, name="delete"),
    path(f"{ONE}/end/", writing_views.end, name="end"),
    path(f"{ONE}/steps/<slug:step>/", writing_views.take, name="take"),
    path(f"{ONE}/measurements/", views.measurements, name="measurements"),
    path(f"{ONE}/evaluate/", views.evaluate, name="evaluate"),
    path("announcements/<int:number>/", announcement_views.announcement, name="announcement"),
    path("announcements/<int:number>/answer/", announcement_views.answer, name="answer"),
    path("incidents/", incident_views.incidents, name="incidents"),
    path("incidents/<uuid:key>/", incident_views.incident_by_key, name="incident_by_key"),
    path("incidents/<int:number>/", incident_views.incident, name="incident"),
    path("incidents/<int:number>/steps/<slug:step>/", incident_views.take_step, name="incident_step"),
    path(f"{ONE}/", views.contract, name="contract"),
]
