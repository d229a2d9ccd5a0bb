"""Addresses of the glossary. Terms and value domains are found by name, in any case (errata row E27)."""

from django.urls import path

from .views import imports, suggestions, terms, values

app_name = "glossary"
urlpatterns = [
    path("glossary/", terms.terms, name="terms"),
    path("glossary/new/", terms.create, name="new"),
    path("glossary/hints/", terms.hints, name="hints"),
    path("glossary/domains/<uuid:pk>/", terms.branch, name="branch"),
    path("glossary/export.<slug:format>", imports.export, name="export"),
    path("glossary/import/", imports.upload, name="upload"),
    path("glossary/import/<uuid:pk>/", imports.plan, name="import"),
    path("glossary/suggestions/", suggestions.suggestions, name="suggestions"),
    path("glossary/suggestions/answer/", suggestions.answer, name="answer"),
    path("glossary/suggestions/draft/", suggestions.draft, name="draft"),
    path("glossary/values/", values.values, name="values"),
    path("glossary/values/new/", values.create, name="new_values"),
    path("glossary/values/<path:name>/edit/", values.edit, name="edit_values"),
    path("glossary/values/<path:name>/test/", values.test, name="test_values"),
    path("glossary/values/<path:name>/", values.value_domain, name="value_domain"),
    path("glossary/terms/<path:name>/edit/", terms.edit, name="edit"),
    path("glossary/terms/<path:name>/uses/", terms.uses, name="uses"),
    path("glossary/terms/<path:name>/delete/", terms.delete, name="delete"),
    path("glossary/terms/<path:name>/steps/<slug:step>/", terms.take, name="take"),
    path("glossary/terms/<path:name>/", terms.term, name="term"),
]
