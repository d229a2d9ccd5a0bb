"""The API about oneself: who calls, and their tokens."""

import json

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.audit.models import Change
from apps.people import tokens
from apps.people.models import Token
from tests.factories.catalog import StewardshipFactory, TeamMembershipFactory
from tests.factories.people import TokenFactory, UserFactory

pytestmark = pytest.mark.django_db

NEW = {"name": "dbt in CI", "scopes": ["read", "ingest"], "days": 30}


def with_token(user, *scopes):
    _row, secret = tokens.issue(user, name="test", scopes=scopes, days=1)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def signed_in(user, **about):
    browser = Client(**about)
    browser.force_login(user)
    return browser


def post(caller, body, **headers):
    return caller.post("/api/v1/tokens", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def producer():
    return UserFactory(username="ben", first_name="Ben", last_name="Okri", role="producer")


# ---------- who calls ----------


def test_a_person_is_told_who_they_are_and_what_they_may(producer):
    team = TeamMembershipFactory(user=producer).owner
    domain = StewardshipFactory(user=producer).domain

    me = signed_in(producer).get("/api/v1/me").json()

    assert (me["username"], me["name"], me["via"], me["scopes"]) == ("ben", "Ben Okri", "session", [])
    assert me["roles"] == [{"name": "producer", "title": "Producer"}]
    assert (me["clearance"], me["clearance_rank"]) == ("confidential", 3)
    assert "catalog.edit_capsule" in me["permissions"]
    assert me["teams"] == [{"id": str(team.pk), "name": team.name}]
    assert me["domains"] == [{"id": str(domain.pk), "name": domain.name}]


def test_a_program_is_told_whom_it_acts_for_and_with_which_scopes(producer):
    me = with_token(producer, "read", "ingest").get("/api/v1/me").json()

    assert (me["username"], me["via"], me["scopes"]) == ("ben", "token", ["ingest", "read"])
    assert me["token_expires_at"]


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer dcs_" + "0" * 64, "Basic YTpi", "Token x", "Bearer", "\u00ff"]
)
def test_a_header_that_is_no_token_is_refused(header):
    answer = Client().get("/api/v1/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["detail"]
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_nobody_is_told_nothing():
    answer = Client().get("/api/v1/me")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("end", ["expired", "revoked", "suspended", "new password"])
def test_a_token_that_has_ended_is_refused_at_the_next_request(producer, end):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        caller = with_token(producer, "read")
        assert caller.get("/api/v1/me").status_code == 200
        if end == "expired":
            clock.shift(86_401)
        elif end == "revoked":
            Token.objects.all().delete()
        elif end == "suspended":
            producer.is_active = False
            producer.save()
        else:
            producer.set_password("another horse battery")
            producer.save()

        answer = caller.get("/api/v1/me")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_removed_role_narrows_the_token_at_the_next_request(producer):
    caller = with_token(producer, "read")

    producer.memberships.all().delete()

    me = caller.get("/api/v1/me").json()
    assert (me["permissions"], me["clearance_rank"]) == ([], 0)


# ---------- tokens ----------


def test_a_token_is_made_and_shown_once(producer):
    caller = signed_in(producer)

    answer = post(caller, NEW)

    made = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/tokens/{made['id']}"
    assert (made["name"], made["scopes"], made["username"]) == ("dbt in CI", ["ingest", "read"], "ben")
    assert caller.get(answer["Location"]).json() == {name: made[name] for name in made if name != "token"}
    assert str(tokens.authenticate(f"Bearer {made['token']}")[0].pk) == made["id"]


def test_the_list_never_holds_a_token_or_its_digest(producer):
    caller = signed_in(producer)
    secret = post(caller, NEW).json()["token"]

    text = caller.get("/api/v1/tokens").text

    assert secret not in text
    assert Token.objects.get().digest not in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": None}, "days"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": "soon"}, "days"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"user": "ana"}, "user"),
        ({"expiry": "2999-01-01"}, "expiry"),
    ],
)
def test_a_token_that_cannot_be_is_explained(producer, change, field):
    body = {name: value for name, value in {**NEW, **change}.items() if value is not None}

    answer = post(signed_in(producer), body)

    assert answer.status_code == 400
    assert any(name.split(".")[0] == field for name in answer.json()["fields"])
    assert not Token.objects.exists()


def test_a_scope_beyond_ones_own_is_refused():
    answer = post(signed_in(UserFactory(role="analyst")), {**NEW, "scopes": ["read", "audit"]})

    assert answer.status_code == 403
    assert "audit" in answer.json()["detail"]
    assert not Token.objects.exists()


def test_a_token_makes_and_ends_no_tokens(producer):
    caller = with_token(producer, "read", "write")
    own = Token.objects.get()

    made, ended = post(caller, NEW), caller.delete(f"/api/v1/tokens/{own.pk}")

    assert made.status_code == ended.status_code == 403
    assert list(Token.objects.all()) == [own]


def test_an_old_sign_in_makes_no_tokens(producer):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        caller = signed_in(producer)
        clock.shift(301)

        answer = post(caller, NEW)

    assert answer.status_code == 403
    assert "Sign in again" in answer.json()["detail"]


def test_a_foreign_page_makes_no_tokens(producer):
    answer = post(signed_in(producer, enforce_csrf_checks=True), NEW)

    assert answer.status_code == 403
    assert not Token.objects.exists()


def test_a_repeatable_request_for_a_token_is_refused_because_the_answer_may_not_be_kept(producer):
    answer = post(signed_in(producer), NEW, **{"Idempotency-Key": "once"})

    assert answer.status_code == 400
    assert not Token.objects.exists()


def test_people_see_and_end_their_own_tokens_alone(producer):
    own, other = TokenFactory(user=producer), TokenFactory()
    caller = signed_in(producer)

    listed = caller.get("/api/v1/tokens").json()["results"]

    assert [each["id"] for each in listed] == [str(own.pk)]
    assert caller.get(f"/api/v1/tokens/{other.pk}").status_code == 404
    assert caller.delete(f"/api/v1/tokens/{other.pk}").status_code == 404
    assert caller.delete(f"/api/v1/tokens/{own.pk}").status_code == 204
    assert list(Token.objects.all()) == [other]


def test_administrators_end_the_tokens_of_others(producer):
    other = TokenFactory(user=producer)
    caller = signed_in(UserFactory(username="sam", role="administrator"))

    listed = caller.get("/api/v1/tokens?username=ben").json()["results"]
    answer = caller.delete(f"/api/v1/tokens/{other.pk}", headers={"X-Change-Reason": "Left the company"})

    assert [each["username"] for each in listed] == ["ben"]
    assert answer.status_code == 204
    change = Change.objects.filter(table_name="api_tokens", operation="DELETE").get()
    assert (change.changed_by, change.change_reason, change.application) == ("sam", "Left the company", "api")


def test_a_token_cannot_be_changed(producer):
    own = TokenFactory(user=producer)

    answer = signed_in(producer).patch(f"/api/v1/tokens/{own.pk}", "{}", content_type="application/json")

    assert answer.status_code == 405


def test_the_list_costs_the_same_for_many_tokens(producer, django_assert_max_num_queries):
    caller = signed_in(producer)
    TokenFactory.create_batch(2, user=producer)
    caller.get("/api/v1/tokens")
    with django_assert_max_num_queries(20) as few:
        caller.get("/api/v1/tokens")

    TokenFactory.create_batch(30, user=producer)

    with django_assert_max_num_queries(len(few)):
        caller.get("/api/v1/tokens")
