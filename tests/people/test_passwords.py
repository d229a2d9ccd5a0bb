"""Passwords: which are good enough, how they are replaced, and the first one of all."""

import io

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.people import passwords
from apps.people.models import User
from tests.factories.people import UserFactory

PASSWORD = "correct horse battery"
NEW = "quiet rivers run deep"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "zwölf Zeichen",
        "            twelve blanks count",
        "jmnhgzbtqvxd",
        "7" + "3948576102846",
        "x1" * 64,
    ],
)
def test_long_passwords_are_good_whatever_they_are_made_of(password):
    validate_password(password, User(username="ana.ruiz"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("elevenchars", "password_too_short"),
        ("x1" * 64 + "y", "password_too_long"),
        ("administrator", "password_too_common"),
        ("capsuleportal", "password_of_context"),
        ("StewardPortal1", "password_of_context"),
        ("ana.ruiz.2026", "password_too_similar"),
    ],
)
def test_passwords_that_are_easily_guessed_are_refused(password, code):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="ana.ruiz"))

    assert code in [error.code for error in refused.value.error_list]


def test_passwords_are_stored_with_argon2id(real_hashes):
    user = User(username="ana")
    user.set_password(PASSWORD)

    assert user.password.startswith("argon2$argon2id$")


def test_one_time_passwords_are_good_and_all_different():
    made = {passwords.one_time() for _each in range(200)}

    assert len(made) == 200
    for password in made:
        validate_password(password, User(username="sam.otieno"))


# ---------- changing one's own ----------


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post(
        "/people/me/password/", {"old_password": old, "new_password1": new, "new_password2": again or new}
    )


@pytest.fixture
def ana(db, client):
    ana = UserFactory(username="ana.ruiz", role="steward")
    client.force_login(ana)
    return ana


def test_a_new_password_counts_at_once_and_this_browser_stays_signed_in(client, ana):
    key = client.session.session_key

    answer = change(client)

    assert answer.status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(NEW)
    assert client.get(answer["Location"]).status_code == 200
    assert client.session.session_key != key


def test_a_new_password_signs_all_other_browsers_out(client, ana):
    from django.test import Client

    other = Client()
    other.force_login(ana)
    assert other.get("/people/me/").status_code == 200

    change(client)

    assert other.get("/people/me/").status_code == 302


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"old": "wrong"}, "old_password", "This is not your present password."),
        ({"new": "short"}, "new_password2", "at least 12 characters"),
        ({"again": "something else entirely"}, "new_password2", "The two are not the same."),
        ({"new": PASSWORD}, "new_password1", "Choose one that differs from the present one."),
    ],
)
def test_a_password_that_cannot_be_is_explained_at_its_field(client, ana, values, field, words):
    answer = change(client, **values)

    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_guessing_the_present_password_has_to_wait_as_well(client, ana):
    for _each in range(5):
        change(client, old="wrong")

    answer = change(client)

    assert answer.status_code == 429
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


# ---------- the first administrator ----------


def test_the_first_administrator_gets_a_one_time_password(db, client):
    out, err = io.StringIO(), io.StringIO()

    call_command(
        "create_admin", "sam.otieno", "--first-name", "Sam", "--last-name", "Otieno", stdout=out, stderr=err
    )

    sam = User.objects.get(username="sam.otieno")
    assert sam.check_password(out.getvalue().strip())
    assert (str(sam), sam.is_staff, sam.is_superuser, sam.must_change_password) == (
        "Sam Otieno",
        True,
        False,
        True,
    )
    assert [group.name for group in sam.groups.all()] == ["administrator"]
    assert out.getvalue().strip() not in err.getvalue()


def test_a_one_time_password_opens_nothing_but_its_own_replacement(db, client):
    sam = UserFactory(role="administrator", must_change_password=True)
    client.force_login(sam)

    page, api = client.get("/audit/"), client.get("/api/v1/me")

    assert (page.status_code, page["Location"]) == (302, "/people/me/password/")
    assert (api.status_code, api.json()["code"]) == (403, "password_change_required")
    assert client.get("/people/me/password/").status_code == 200
    assert change(client).status_code == 302
    assert client.get("/audit/").status_code == 200


def test_the_same_one_time_password_again_does_not_replace_it(db, client):
    sam = UserFactory(role="administrator", must_change_password=True)
    client.force_login(sam)

    assert change(client, new=PASSWORD).status_code == 422
    assert client.get("/audit/").status_code == 302


def test_the_password_of_the_first_administrator_may_come_from_standard_input(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))
    out = io.StringIO()

    call_command("create_admin", "sam", "--password-stdin", stdout=out, stderr=io.StringIO())

    sam = User.objects.get(username="sam")
    assert sam.check_password(NEW)
    assert not sam.must_change_password
    assert out.getvalue() == ""


@pytest.mark.parametrize("given", ["short\n", "", "capsuleportal\n"])
def test_a_bad_password_from_standard_input_makes_nobody(db, monkeypatch, given):
    monkeypatch.setattr("sys.stdin", io.StringIO(given))

    with pytest.raises(CommandError):
        call_command("create_admin", "sam", "--password-stdin", stdout=io.StringIO(), stderr=io.StringIO())

    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["ana", "with blank", "me/too", ""])
def test_a_name_that_is_taken_or_cannot_be_makes_nobody(db, name):
    UserFactory(username="ana")

    with pytest.raises(CommandError):
        call_command("create_admin", name, stdout=io.StringIO(), stderr=io.StringIO())

    assert User.objects.count() == 1
