"""What the routes say about rights names things that exist: a misspelt scope would lock every token out."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import URLPattern, get_resolver

from apps.people.models import Token

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


def _routes(resolver=None):
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _routes(each)


def _views():
    """{view class: names of what it does}, of every route of the API."""
    found = {}
    for route in _routes():
        if view := getattr(route.callback, "cls", None):
            actions = getattr(route.callback, "actions", None)
            named = set(actions.values()) if actions else METHODS & set(dir(view))
            found.setdefault(view, set()).update(named)
    return found


def test_every_scope_that_a_route_names_exists():
    views = _views()
    assert len(views) > 30
    for view in views:
        assert set(getattr(view, "scopes", {}).values()) <= set(Token.Scope.values), view


def test_every_action_that_a_route_restricts_is_one_that_there_is():
    for view, actions in _views().items():
        named = {*getattr(view, "scopes", {}), *getattr(view, "permissions", {})}
        named |= set(getattr(view, "sessions_only", ()))
        # A view may leave out a verb of the class that it takes its rights from.
        assert named <= actions | METHODS | {"*"}, view


@pytest.mark.django_db
def test_every_permission_that_a_route_names_exists():
    known = {
        f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    }
    for view in _views():
        assert set(getattr(view, "permissions", {}).values()) <= known, view
