from django.urls import path

from apps.people.rest.routes import Key  # noqa: F401 - registers the converter

from .views import Me, TokenViewSet

LIST_AND_ADD = {"get": "list", "post": "create"}
READ_AND_END = {"get": "retrieve", "delete": "destroy"}

urlpatterns = [
    path("me", Me.as_view(), name="me"),
    path("tokens", TokenViewSet.as_view(LIST_AND_ADD, basename="token"), name="token-list"),
    path("tokens/<key:pk>", TokenViewSet.as_view(READ_AND_END, basename="token"), name="token-detail"),
]
