from django.urls import path

from . import columns, help, homes, organisation, views

app_name = "discovery"
urlpatterns = [
    path("", homes.home, name="home"),
    path("capsules/", views.catalog, name="catalog"),
    path("capsules/values/<slug:slug>/", views.values, name="values"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("columns/", columns.columns, name="columns"),
    path("domains/", organisation.domains, name="domains"),
    path("domains/<path:name>/", organisation.domain, name="domain"),
    path("teams/<path:name>/", organisation.team, name="team"),
    path("help/keys/", help.key_map, name="keys"),
    path("accessibility/", help.accessibility, name="accessibility"),
]
