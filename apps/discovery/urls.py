from django.urls import path

from . import columns, help, homes, organisation, people, products, reporting, saved, views

app_name = "discovery"
urlpatterns = [
    path("", homes.home, name="home"),
    path("capsules/", views.catalog, name="catalog"),
    path("capsules/values/<slug:slug>/", views.values, name="values"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("views/", saved.views, name="views"),
    path("views/save/", saved.save, name="save_view"),
    path("views/<uuid:pk>/", saved.change, name="view"),
    path("columns/", columns.columns, name="columns"),
    path("reports/", reporting.reports, name="reports"),
    path("reports/<slug:slug>/", reporting.report, name="report"),
    path("policies/compliance/", reporting.compliance, name="compliance"),
    path("domains/", organisation.domains, name="domains"),
    path("domains/<path:name>/", organisation.domain, name="domain"),
    path("products/", products.products, name="products"),
    path("products/new/", products.new, name="new_product"),
    path("products/<path:name>/edit/", products.edit, name="edit_product"),
    path("products/<path:name>/members/", products.members, name="product_members"),
    path("products/<path:name>/", products.product, name="product"),
    path("teams/", organisation.teams, name="teams"),
    path("teams/<path:name>/", organisation.team, name="team"),
    path("people/<str:username>/", people.person, name="person"),
    path("help/keys/", help.key_map, name="keys"),
    path("accessibility/", help.accessibility, name="accessibility"),
]
