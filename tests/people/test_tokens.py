"""API tokens: shown once, stored as a digest, never more than their owner may, gone when revoked."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.people import tokens
from apps.people.models import Token, User
from tests.factories.people import TokenFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def issued(user=None, *, scopes=("read",), days=30, name="dbt in CI"):
    return tokens.issue(user or UserFactory(role="producer"), name=name, scopes=scopes, days=days)


def test_a_token_opens_the_door_for_its_owner():
    producer = UserFactory(role="producer")
    row, secret = issued(producer, scopes=["read", "ingest"])

    found, problem = tokens.authenticate(f"Bearer {secret}")

    assert (found, problem) == (row, "")
    assert found.user == producer
    assert found.scopes == ["ingest", "read"]


def test_only_a_digest_of_a_token_is_stored():
    row, secret = issued()

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM dcs.api_tokens t WHERE id = %s", [row.pk])
        (stored,) = cursor.fetchone()

    assert secret not in stored
    assert secret[tokens.KEY_LENGTH :] not in stored


@pytest.mark.parametrize("word", ["bearer", "BEARER", "Bearer"])
def test_the_word_before_a_token_may_be_written_in_any_case(word):
    _row, secret = issued()

    assert tokens.authenticate(f"{word}   {secret} ")[0] is not None


def test_an_expired_token_opens_nothing():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        _row, secret = issued(days=1)
        clock.shift(timedelta(days=1, seconds=1))

        found, problem = tokens.authenticate(f"Bearer {secret}")

    assert found is None
    assert problem == "The token is unknown, expired or revoked."


def test_a_revoked_token_opens_nothing():
    row, secret = issued()

    row.delete()

    assert tokens.authenticate(f"Bearer {secret}")[0] is None


def test_the_tokens_of_a_suspended_person_open_nothing():
    producer = UserFactory(role="producer")
    _row, secret = issued(producer)

    producer.is_active = False
    producer.save()

    assert tokens.authenticate(f"Bearer {secret}")[0] is None


def test_a_new_password_ends_the_tokens_whoever_sets_it():
    producer = UserFactory(role="producer")
    _row, secret = issued(producer)

    producer.set_password("another horse battery")
    producer.save()

    assert tokens.authenticate(f"Bearer {secret}")[0] is None
    assert not producer.tokens.exists()


def test_renewing_the_hash_of_a_password_keeps_the_tokens(real_hashes):
    producer = UserFactory(role="producer")
    _row, secret = issued(producer)
    older = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=producer.pk).update(password=older)
    producer.refresh_from_db()

    assert producer.check_password(PASSWORD)

    producer.refresh_from_db()
    assert producer.password.startswith("argon2")
    assert tokens.authenticate(f"Bearer {secret}")[0] is not None


def test_a_token_of_one_person_with_the_digest_of_another_is_refused():
    _row, secret = issued()
    TokenFactory(token_key=secret[: tokens.KEY_LENGTH], digest="0" * 128)

    changed = secret[:-1] + ("0" if secret[-1] != "0" else "1")

    assert tokens.authenticate(f"Bearer {secret}")[0] is not None
    assert tokens.authenticate(f"Bearer {changed}")[0] is None


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(st.text(max_size=120) | st.binary(max_size=120).map(lambda raw: raw.decode("latin-1")))
@example("Bearer dcs_" + "0" * 64)
@example("Bearer dcs_" + "0" * 63 + "\x00")
@example("Bearer \ud800")
@example("Bearer " + "dcs_" * 10_000)
@example("Bearer")
@example("")
def test_any_text_in_the_header_is_answered_and_never_raises(header):
    found, problem = tokens.authenticate(header)

    assert found is None
    assert problem


def test_using_a_token_is_noted_once_a_minute():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row, secret = issued()
        tokens.authenticate(f"Bearer {secret}")
        first = Token.objects.get(pk=row.pk).last_used_at
        clock.shift(30)
        tokens.authenticate(f"Bearer {secret}")
        second = Token.objects.get(pk=row.pk).last_used_at
        clock.shift(31)
        tokens.authenticate(f"Bearer {secret}")
        third = Token.objects.get(pk=row.pk).last_used_at

    assert first == second
    assert third - first == timedelta(seconds=61)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "decide"]])
def test_unknown_scopes_are_refused_with_the_known_ones(scopes):
    with pytest.raises(ValueError, match="read, write, execute, ingest, audit"):
        issued(scopes=scopes)


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_token_always_ends_within_a_year(days):
    with pytest.raises(ValueError, match="1 to 365 days"):
        issued(days=days)


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("analyst", ["read", "write"]),
        ("producer", ["read", "write", "execute", "ingest"]),
        ("steward", ["read", "write", "execute", "ingest"]),
        ("auditor", ["read", "write", "audit"]),
        ("administrator", ["read", "write", "execute", "ingest", "audit"]),
    ],
)
def test_a_person_can_give_away_only_what_they_may_do(role, scopes):
    assert tokens.scopes_for(UserFactory(role=role)) == scopes


def test_a_scope_beyond_the_owner_is_refused():
    with pytest.raises(PermissionDenied, match="audit"):
        issued(UserFactory(role="analyst"), scopes=["read", "audit"])


# ---------- the page ----------


@pytest.fixture
def producer(client):
    producer = UserFactory(role="producer")
    client.force_login(producer)
    return producer


def test_a_new_token_is_shown_once(client, producer):
    answer = client.post(
        "/people/me/tokens/", {"name": "dbt in CI", "scopes": ["read", "ingest"], "days": 30}
    )

    secret = answer.context["secret"]
    assert answer.status_code == 200
    assert answer.text.count(secret) == 2  # to read, and to copy
    assert secret not in client.get("/people/me/tokens/").text
    assert tokens.authenticate(f"Bearer {secret}")[0].name == "dbt in CI"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["audit"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": "soon"}, "days"),
    ],
)
def test_a_token_that_cannot_be_is_explained_at_its_field(client, producer, change, field):
    answer = client.post(
        "/people/me/tokens/", {"name": "dbt in CI", "scopes": ["read"], "days": 30, **change}
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Token.objects.exists()


def test_a_token_asks_for_the_password_once_the_sign_in_is_five_minutes_old(client):
    producer = UserFactory(role="producer")
    wanted = {"name": "dbt in CI", "scopes": ["read"], "days": 30}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(producer)
        clock.shift(301)

        without = client.post("/people/me/tokens/", wanted)
        wrong = client.post("/people/me/tokens/", {**wanted, "password": "wrong"})
        right = client.post("/people/me/tokens/", {**wanted, "password": PASSWORD})

    assert list(without.context["form"].errors) == ["password"]
    assert wrong.context["form"].errors["password"] == ["The password is not right. 4 tries left."]
    assert right.context["secret"]


def test_a_token_is_revoked_after_asking(client, producer):
    row, _secret = issued(producer)

    asked = client.get(f"/people/me/tokens/{row.pk}/revoke/")
    assert Token.objects.filter(pk=row.pk).exists()
    answer = client.post(f"/people/me/tokens/{row.pk}/revoke/")

    assert "Revoke dbt in CI" in asked.text
    assert answer.status_code == 302
    assert not Token.objects.filter(pk=row.pk).exists()


def test_the_tokens_of_others_do_not_exist(client, producer):
    other, _secret = issued(UserFactory(role="producer"))

    assert client.get(f"/people/me/tokens/{other.pk}/revoke/").status_code == 404
    assert client.post(f"/people/me/tokens/{other.pk}/revoke/").status_code == 404
    assert Token.objects.filter(pk=other.pk).exists()


def test_an_administrator_revokes_the_token_of_somebody_else(client):
    other, _secret = issued(UserFactory(role="producer"))
    client.force_login(UserFactory(role="administrator"))

    answer = client.post(f"/people/me/tokens/{other.pk}/revoke/")

    assert answer.status_code == 302
    assert not Token.objects.exists()


def test_a_token_does_not_open_pages(client):
    auditor = UserFactory(role="auditor")
    _row, secret = issued(auditor, scopes=["read", "write"])

    answer = client.get("/audit/", headers={"Authorization": f"Bearer {secret}"})
    post = client.post(
        "/people/me/tokens/",
        {"name": "more", "scopes": ["audit"], "days": 300},
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert answer.status_code == post.status_code == 302
    assert Token.objects.count() == 1


def test_the_list_costs_the_same_for_many_tokens(client, producer, django_assert_max_num_queries):
    TokenFactory.create_batch(2, user=producer)
    client.get("/people/me/tokens/")
    with django_assert_max_num_queries(20) as few:
        client.get("/people/me/tokens/")

    TokenFactory.create_batch(20, user=producer)

    with django_assert_max_num_queries(len(few)):
        client.get("/people/me/tokens/")


# ---------- the command ----------


def made_by_command(*arguments):
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_token_and_nothing_else():
    UserFactory(username="ben", role="producer")

    printed = made_by_command(
        "ben", "--scope", "read", "--scope", "ingest", "--days", "7", "--name", "nightly"
    )

    assert printed.endswith("\n")
    row, _problem = tokens.authenticate(f"Bearer {printed.strip()}")
    assert (row.user.username, row.name, row.scopes) == ("ben", "nightly", ["ingest", "read"])
    assert timedelta(days=6) < row.expiry - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "Nobody called nobody"),
        (["ben", "--days", "1000"], "1 to 365 days"),
        (["ben", "--scope", "audit"], "audit"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words):
    UserFactory(username="ben", role="producer")

    with pytest.raises(CommandError, match=words):
        made_by_command(*arguments)

    assert not Token.objects.exists()
