from django.urls import path

from apps.people.rest.routes import Key  # noqa: F401 - registers the converter

from .views import ChangeViewSet

urlpatterns = [
    path("audit", ChangeViewSet.as_view({"get": "list"}, basename="change"), name="change-list"),
    path(
        "audit/<key:pk>", ChangeViewSet.as_view({"get": "retrieve"}, basename="change"), name="change-detail"
    ),
]
