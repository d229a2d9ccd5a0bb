"""Callers of the API: people of each role, programs with a token, nobody; over HTTP, as dcs_app."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from apps.people import tokens
from tests.factories import StewardshipFactory, TeamMembershipFactory, UserFactory
from tests.quality.shop_fixtures import folder as folder
from tests.quality.shop_fixtures import orders as orders

BASE = "/api/v1"


class Caller:
    """Somebody who calls the API: `caller.get("/capsules")` gives the answer, its body in `.body`."""

    def __init__(self, user=None, *, scopes=None):
        self.user, self.client, self.headers = user, Client(raise_request_exception=False), {}
        if scopes is not None:
            _row, secret = tokens.issue(user, name="a test", scopes=scopes, days=1)
            self.headers["Authorization"] = f"Bearer {secret}"
        elif user is not None:
            self.client.force_login(user)

    def call(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        options = {}
        if body is not None:
            options = {
                "data": body if isinstance(body, bytes | str) else json.dumps(body),
                "content_type": "application/json",
            }
        url = path if path.startswith(("/api", "http")) else BASE + path
        answer = self.client.generic(method, url, headers={**self.headers, **headers}, **options)
        content = answer.getvalue()
        answer.raw = content
        answer.body = json.loads(content) if content and "json" in answer["Content-Type"] else None
        return answer

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, {} if body is None else body, **headers)

    def put(self, path, body, **headers):
        return self.call("PUT", path, body, **headers)

    def patch(self, path, body, **headers):
        return self.call("PATCH", path, body, **headers)

    def delete(self, path, **headers):
        return self.call("DELETE", path, **headers)


@pytest.fixture(autouse=True)
def _nobody_has_called_before(request, settings):
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
    cache.clear()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # a slow one proves nothing here


@pytest.fixture
def as_user():
    """Makes the caller of a user; `as_user(user, scopes=["read"])` calls with a token of theirs."""
    return Caller


@pytest.fixture
def anonymous():
    return Caller()


def caller(role, **kwargs):
    return Caller(UserFactory(role=role, **kwargs))


@pytest.fixture
def analyst():
    return caller("analyst")


@pytest.fixture
def auditor():
    return caller("auditor")


@pytest.fixture
def administrator():
    return caller("administrator")


@pytest.fixture
def steward():
    """A steward of some domain: `steward.user.stewardships` tells which."""
    return Caller(StewardshipFactory(user__role="steward").user)


@pytest.fixture
def producer():
    """A producer in some team: `producer.user.team_memberships` tells which."""
    return Caller(TeamMembershipFactory(user__role="producer").user)
