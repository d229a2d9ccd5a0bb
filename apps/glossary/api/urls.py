"""Addresses of the glossary in the API. `{urn}` is one segment: a URN in any spelling, or the row's id."""

from django.urls import path

from apps.people.rest.routes import Router

from .imports import Applying, Exporting, Importing, Planned, Planning
from .links import (
    Answering,
    ColumnAnswering,
    ColumnLinking,
    ColumnSuggesting,
    Linking,
    Suggesting,
    TermsOfCapsule,
    TermsOfColumn,
)
from .terms import TermViewSet
from .values import ValueDomainViewSet

LIST = {"get": "list"}
OF_CAPSULE, OF_COLUMN = "capsules/<segment:urn>", "columns/<segment:urn>"

router = Router()
router.register("business-terms", TermViewSet, "business-term")
router.register("value-domains", ValueDomainViewSet, "value-domain")

urlpatterns = [
    path("business-terms/export.<slug:suffix>", Exporting.as_view(), name="term-export"),
    *router.urls,
    path(f"{OF_CAPSULE}/business-terms", TermsOfCapsule.as_view(LIST), name="capsule-terms"),
    path(f"{OF_CAPSULE}/business-terms/<key:term>", Linking.as_view(), name="capsule-term"),
    path(f"{OF_CAPSULE}/term-suggestions", Suggesting.as_view(), name="capsule-term-suggestions"),
    path(f"{OF_CAPSULE}/term-suggestions/<key:term>", Answering.as_view(), name="capsule-term-answer"),
    path(f"{OF_COLUMN}/business-terms", TermsOfColumn.as_view(LIST), name="column-terms"),
    path(f"{OF_COLUMN}/business-terms/<key:term>", ColumnLinking.as_view(), name="column-term"),
    path(f"{OF_COLUMN}/term-suggestions", ColumnSuggesting.as_view(), name="column-term-suggestions"),
    path(f"{OF_COLUMN}/term-suggestions/<key:term>", ColumnAnswering.as_view(), name="column-term-answer"),
    path("import/glossary", Importing.as_view(), name="import-glossary"),
    path("import/glossary/<key:pk>", Planned.as_view(), name="import-glossary-plan"),
    path("import/glossary/<key:pk>/plan", Planning.as_view(), name="import-glossary-again"),
    path("import/glossary/<key:pk>/apply", Applying.as_view(), name="import-glossary-apply"),
]
