from django.urls import path

from . import help

app_name = "discovery"
urlpatterns = [
    path("help/keys/", help.key_map, name="keys"),
    path("accessibility/", help.accessibility, name="accessibility"),
]
