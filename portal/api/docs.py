"""The description of the API, as JSON and YAML, and pages that show it without the internet."""

from functools import cache

import yaml
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from apps.people.rest.rendering import encode

from .schema import COMPONENTS


@cache
def document():
    """The whole description as a dict."""
    with translation.override("en"):
        described = SchemaGenerator(urlconf="portal.urls").get_schema(request=None, public=True)
    for kind, components in COMPONENTS.items():
        described["components"].setdefault(kind, {}).update(components)
    return described


@cache
def as_json():
    return encode(document())


@cache
def as_yaml():
    return yaml.dump(document(), allow_unicode=True, sort_keys=False, width=110, Dumper=_Dumper).encode()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and never an anchor."""

    def ignore_aliases(self, data):
        return True


_Dumper.add_multi_representer(str, lambda dumper, text: dumper.represent_str(str(text)))


def schema(request):
    """OpenAPI 3.1, as JSON, or as YAML for those who ask for it by `Accept`."""
    if "yaml" in request.headers.get("Accept", "") or request.GET.get("format") == "yaml":
        return HttpResponse(as_yaml(), content_type="application/yaml; charset=utf-8")
    return HttpResponse(as_json(), content_type="application/json")


schema.without_database = True


class Docs(SpectacularSwaggerSplitView):
    """Pages of the description; style and script are files of this portal, so that the content policy holds."""

    permission_classes = [AllowAny]
    authentication_classes = []
    throttle_classes = []
    url_name = "api:schema"
    template_name = "api/docs.html"


docs = Docs.as_view()
docs.without_database = True
