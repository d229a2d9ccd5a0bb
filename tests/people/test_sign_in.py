"""Signing in: what it opens, what it refuses, and that guessing is slow."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from apps.people import lockout
from apps.people.models import SignInAttempt
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
NOT_RIGHT = "The name or the password is not right."


def sign_in(client, name, password=PASSWORD, address="192.0.2.1", **data):
    return client.post("/sign-in/", {"username": name, "password": password, **data}, REMOTE_ADDR=address)


def test_a_person_signs_in_and_comes_home(client):
    ana = UserFactory(role="steward")

    answer = sign_in(client, ana.username)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("discovery:home")
    assert client.session["_auth_user_id"] == str(ana.pk)


def test_signing_in_leads_back_to_the_page_that_asked_for_it(client):
    ana = UserFactory()

    answer = sign_in(client, ana.username, next="/people/me/?x=1")

    assert answer["Location"] == "/people/me/?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        " //evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(client, elsewhere):
    ana = UserFactory()

    answer = sign_in(client, ana.username, next=elsewhere)

    assert answer["Location"] == reverse("discovery:home")


@pytest.mark.parametrize("kind", ["unknown", "wrong password", "suspended"])
def test_every_failed_sign_in_gets_the_same_answer(client, kind):
    ana = UserFactory(username="ana.ruiz", is_active=kind != "suspended")
    name = "nobody" if kind == "unknown" else ana.username
    password = "wrong horse battery" if kind == "wrong password" else PASSWORD

    answer = sign_in(client, name, password)

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == [f"{NOT_RIGHT} 4 tries left."]
    assert "_auth_user_id" not in client.session


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(client, monkeypatch, real_hashes):
    from django.contrib.auth.hashers import Argon2PasswordHasher

    UserFactory(username="ana.ruiz")
    hashed = []
    encode = Argon2PasswordHasher.encode
    decode = Argon2PasswordHasher.verify
    monkeypatch.setattr(
        Argon2PasswordHasher, "encode", lambda *a, **k: hashed.append("encode") or encode(*a, **k)
    )
    monkeypatch.setattr(
        Argon2PasswordHasher, "verify", lambda *a, **k: hashed.append("verify") or decode(*a, **k)
    )

    sign_in(client, "nobody", "wrong horse battery")
    sign_in(client, "ana.ruiz", "wrong horse battery")

    assert hashed == ["encode", "verify"]


def test_the_page_says_what_is_missing_without_counting_a_try(client):
    answer = sign_in(client, "", "")

    assert answer.status_code == 422
    assert "Enter both your user name and your password." in answer.text
    assert not SignInAttempt.objects.exists()


def test_a_name_with_a_null_character_is_refused_like_any_other(client):
    answer = sign_in(client, "ana\x00", "whatever")

    assert answer.status_code == 422


def test_five_wrong_passwords_make_the_next_try_wait(client):
    ana = UserFactory()
    for _each in range(4):
        sign_in(client, ana.username, "wrong")

    fifth = sign_in(client, ana.username, "wrong")
    right_but_early = sign_in(client, ana.username)

    assert fifth.status_code == right_but_early.status_code == 429
    assert fifth.context["form"].non_field_errors() == [f"{NOT_RIGHT} Wait 1 minute, then try again."]
    assert 0 < int(right_but_early["Retry-After"]) <= 60
    assert "_auth_user_id" not in client.session


def test_waiting_is_over_after_a_minute_and_success_forgets_the_wrong_tries(client):
    ana = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _each in range(5):
            sign_in(client, ana.username, "wrong")
        clock.shift(61)

        answer = sign_in(client, ana.username)

    assert answer.status_code == 302
    assert not SignInAttempt.objects.exists()


def test_the_wait_doubles_up_to_fifteen_minutes_and_never_lasts_for_ever(client):
    ana = UserFactory()
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _each in range(12):
            answer = sign_in(client, ana.username, "wrong")
            waits.append(int(answer.get("Retry-After", 0)))
            clock.shift(waits[-1])
        answer = sign_in(client, ana.username)

    assert waits == [0, 0, 0, 0, 60, 120, 240, 480, 900, 900, 900, 900]
    assert answer.status_code == 302


def test_wrong_tries_from_one_address_do_not_lock_the_person_out_elsewhere(client):
    ana = UserFactory()
    for _each in range(20):
        sign_in(client, ana.username, "wrong", address="198.51.100.7")

    answer = sign_in(client, ana.username, address="192.0.2.1")

    assert answer.status_code == 302


def test_one_host_cannot_get_more_tries_by_roaming_its_own_network(client):
    ana = UserFactory()
    for number in range(5):
        sign_in(client, ana.username, "wrong", address=f"2001:db8:0:1::{number:x}")

    answer = sign_in(client, ana.username, address="2001:db8:0:1:ffff::1")

    assert answer.status_code == 429


def test_the_spelling_of_a_name_does_not_give_more_tries(client):
    for name in ("Ana.Ruiz", "ana.ruiz", "ANA.RUIZ", "ana.Ruiz", "ana.ruiZ"):
        sign_in(client, name, "wrong")

    assert sign_in(client, "Ana.ruiz", "wrong").status_code == 429


def test_what_people_type_into_the_name_field_is_not_stored(client):
    sign_in(client, "my secret password", "x")

    attempt = SignInAttempt.objects.get()
    assert "secret" not in attempt.name


def test_wrong_tries_are_forgotten_after_a_day(client):
    ana = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _each in range(4):
            sign_in(client, ana.username, "wrong")
        clock.shift(timedelta(days=1, seconds=1))
        sign_in(client, "somebody", "wrong")
        answer = sign_in(client, ana.username, "wrong")

    assert answer.context["form"].non_field_errors() == [f"{NOT_RIGHT} 4 tries left."]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_addresses_are_counted_by_network(address, counted_as):
    assert lockout.network(address) == counted_as


def test_signing_in_gives_the_session_a_new_id(client):
    ana = UserFactory()
    sign_in(client, ana.username)
    first = client.session.session_key

    sign_in(client, ana.username)

    assert client.session.session_key != first
    assert not Session.objects.filter(pk=first).exists()


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(client):
    ana = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client, ana.username)
        for _each in range(25):
            clock.shift(timedelta(minutes=28))
            assert client.get("/people/me/").status_code == 200
        clock.shift(timedelta(minutes=21))

        answer = client.get("/people/me/")

    assert answer.status_code == 302


def test_a_session_ends_after_half_an_hour_without_use(client):
    ana = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(client, ana.username)
        clock.shift(timedelta(minutes=29))
        assert client.get("/people/me/").status_code == 200
        clock.shift(timedelta(minutes=31))

        answer = client.get("/people/me/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_a_suspended_person_is_out_at_the_next_request(client):
    ana = UserFactory()
    sign_in(client, ana.username)

    ana.is_active = False
    ana.save()

    assert client.get("/people/me/").status_code == 302


def test_a_changed_password_ends_the_sessions_that_were_open(client):
    ana = UserFactory()
    sign_in(client, ana.username)

    ana.set_password("another horse battery")
    ana.save()

    assert client.get("/people/me/").status_code == 302


def test_a_removed_role_is_gone_at_the_next_request(client):
    ana = UserFactory(role="auditor")
    sign_in(client, ana.username)
    assert client.get("/audit/").status_code == 200

    ana.memberships.all().delete()

    assert client.get("/audit/").status_code == 403


def test_signing_out_needs_a_form_and_ends_the_session(client):
    ana = UserFactory()
    sign_in(client, ana.username)
    key = client.session.session_key

    assert client.get("/sign-out/").status_code == 405
    assert client.get("/people/me/").status_code == 200
    answer = client.post("/sign-out/")

    assert answer.status_code == 302
    assert not Session.objects.filter(pk=key).exists()
    assert client.get("/people/me/").status_code == 302


def test_a_part_of_a_page_that_lost_its_session_sends_the_whole_page_to_the_door(client):
    answer = client.get(
        "/sign-in/?next=/audit/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/audit/?actor=ana.ruiz"},
    )

    assert answer["HX-Redirect"] == "/sign-in/?next=/audit/%3Factor%3Dana.ruiz"


def test_forms_from_elsewhere_cannot_sign_anybody_in(settings):
    from django.test import Client

    ana = UserFactory()
    strict = Client(enforce_csrf_checks=True)

    answer = sign_in(strict, ana.username)

    assert answer.status_code == 403


def test_the_back_office_has_no_door_of_its_own(client):
    sam = UserFactory(role="administrator", is_staff=True)

    door = client.get("/admin/", follow=True)
    guess = client.post("/admin/login/", {"username": sam.username, "password": PASSWORD})
    sign_in(client, sam.username)

    assert door.redirect_chain[-1] == ("/sign-in/?next=/admin/", 302)
    assert guess["Location"] == "/sign-in/?next=/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/")["Location"] == "/admin/"


def test_those_without_a_place_in_the_back_office_are_told_so(client):
    client.force_login(UserFactory(role="analyst"))

    door = client.get("/admin/", follow=True)

    assert "this page needs another role" in door.text


def test_the_demo_names_its_people_at_the_door(client, tmp_path, monkeypatch):
    (tmp_path / "demo_password").write_text("the walk of ten minutes\n")
    monkeypatch.setattr("apps.people.views.DEMO_PASSWORD", tmp_path / "demo_password")
    UserFactory(username="ana.ruiz", roles=["steward", "auditor"])
    UserFactory(username="mia.olsen", role="analyst", is_active=False)

    page = client.get("/sign-in/").text

    assert "ana.ruiz" in page
    assert "Steward, Auditor" in page
    assert "the walk of ten minutes" in page
    assert "mia.olsen" not in page


@pytest.mark.parametrize("reason", ["no demo", "not this machine alone"])
def test_elsewhere_the_door_names_nobody(client, tmp_path, monkeypatch, settings, reason):
    monkeypatch.setattr("apps.people.views.DEMO_PASSWORD", tmp_path / "demo_password")
    if reason == "not this machine alone":
        (tmp_path / "demo_password").write_text("the walk of ten minutes")
        settings.LOOPBACK = False
    UserFactory(username="ana.ruiz", role="steward")

    assert "ana.ruiz" not in client.get("/sign-in/").text
