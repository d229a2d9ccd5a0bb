"""One's own page, one's other browsers, and who others are."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.people import sessions
from tests.factories.catalog import StewardshipFactory, TeamMembershipFactory
from tests.factories.people import TokenFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
EDGE = f"{CHROME} Edg/140.0.0.0"


@pytest.fixture
def ana(client):
    ana = UserFactory(username="ana.ruiz", first_name="Ana", last_name="Ruiz", role="steward")
    client.force_login(ana)
    return ana


def signed_in(person, address="192.0.2.1", agent=FIREFOX):
    browser = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    browser.post("/sign-in/", {"username": person.username, "password": PASSWORD})
    return browser


def test_the_page_tells_a_person_who_they_are_to_the_portal(client, ana):
    stewardship = StewardshipFactory(user=ana)
    team = TeamMembershipFactory(user=ana)

    page = client.get("/people/me/")

    assert page.status_code == 200
    for words in ("Ana Ruiz", "Steward", "Confidential", stewardship.domain.name, team.owner.name):
        assert words in page.text


def test_the_menu_leads_to_settings_tokens_and_password(client, ana):
    menu = client.get("/people/ana.ruiz/").text.partition('id="me"')[2].partition("</div>")[0]

    assert "Ana Ruiz, Steward" in menu
    for address in (
        "/people/me/",
        "/people/me/tokens/",
        "/people/me/password/",
        "/people/me/appearance/",
        "/sign-out/",
    ):
        assert f'"{address}"' in menu


def test_only_those_who_signed_in_have_settings(client):
    answer = client.get("/people/me/")

    assert answer["Location"] == "/sign-in/?next=/people/me/"


def test_looks_and_keys_are_kept_with_the_person(client, ana):
    answer = client.post("/people/me/", {"theme": "dark", "density": "compact"})

    assert answer.status_code == 302
    ana.refresh_from_db()
    assert (ana.theme, ana.density, ana.single_keys) == ("dark", "compact", False)
    page = client.get("/people/me/").text
    assert 'data-theme="dark"' in page
    assert 'data-density="compact"' in page
    assert 'data-letters="off"' in page


def test_a_theme_that_does_not_exist_is_refused_and_the_page_keeps_its_own(client, ana):
    answer = client.post("/people/me/", {"theme": "plaid", "density": "compact"})

    assert answer.status_code == 422
    assert "data-theme" not in answer.text
    ana.refresh_from_db()
    assert (ana.theme, ana.density) == ("auto", "comfortable")


def test_one_press_switches_the_theme_and_stays_on_the_page(client, ana):
    answer = client.post("/people/me/appearance/", {"theme": "dark", "next": "/people/ana.ruiz/?a=1"})

    assert answer["Location"] == "/people/ana.ruiz/?a=1"
    ana.refresh_from_db()
    assert (ana.theme, ana.density) == ("dark", "comfortable")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
def test_switching_the_theme_never_leads_to_another_site(client, ana, elsewhere):
    answer = client.post("/people/me/appearance/", {"density": "compact", "next": elsewhere})

    assert answer["Location"] == "/people/me/"


def test_nobody_gives_themselves_rights_through_the_settings(client, ana):
    client.post(
        "/people/me/",
        {
            "theme": "dark",
            "density": "compact",
            "is_superuser": "on",
            "is_staff": "on",
            "clearance": 5,
            "username": "x",
        },
    )

    ana.refresh_from_db()
    assert (ana.username, ana.is_superuser, ana.is_staff, ana.clearance) == ("ana.ruiz", False, False, None)


# ---------- sessions ----------


def test_the_page_lists_the_browsers_this_one_first(client):
    ana = UserFactory(role="steward")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        here = signed_in(ana)
        clock.shift(timedelta(minutes=5))
        signed_in(ana, "198.51.100.7", SAFARI)
        signed_in(UserFactory(), "203.0.113.9", EDGE)

        listed = here.get("/people/me/").context["sessions"]

    assert [(each.browser, each.address, each.is_this_one) for each in listed] == [
        ("Firefox, Linux", "192.0.2.1", True),
        ("Safari, Mac", "198.51.100.7", False),
    ]


def test_the_page_does_not_give_session_keys_away():
    ana = UserFactory(role="steward")
    here, _there = signed_in(ana), signed_in(ana)

    page = here.get("/people/me/").text

    assert Session.objects.count() == 2
    for session in Session.objects.all():
        assert session.session_key not in page


def test_one_other_browser_can_be_signed_out():
    ana = UserFactory(role="steward")
    here, there, third = signed_in(ana), signed_in(ana, "198.51.100.7"), signed_in(ana, "203.0.113.9")

    here.post("/people/me/sessions/end/", {"session": sessions.handle_of(there.session.session_key)})

    assert here.get("/people/me/").status_code == 200
    assert third.get("/people/me/").status_code == 200
    assert there.get("/people/me/").status_code == 302


def test_all_other_browsers_can_be_signed_out_at_once():
    ana, ben = UserFactory(role="steward"), UserFactory(role="analyst")
    here, there, his = signed_in(ana), signed_in(ana), signed_in(ben)

    here.post("/people/me/sessions/end/")

    assert here.get("/people/me/").status_code == 200
    assert there.get("/people/me/").status_code == 302
    assert his.get("/people/me/").status_code == 200


def test_the_browsers_of_others_cannot_be_signed_out():
    ana, ben = UserFactory(role="steward"), UserFactory(role="analyst")
    hers, his = signed_in(ana), signed_in(ben)

    hers.post("/people/me/sessions/end/", {"session": sessions.handle_of(his.session.session_key)})

    assert his.get("/people/me/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Linux"),
        (SAFARI, "Safari, Mac"),
        (CHROME, "Chrome, Windows"),
        (EDGE, "Edge, Windows"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_browsers_are_named_in_two_words(agent, words):
    assert sessions.browser(agent) == words


# ---------- others ----------


def test_everybody_may_know_who_somebody_is(client, ana):
    ben = UserFactory(username="ben", first_name="Ben", last_name="Okri", roles=["analyst", "producer"])

    page = client.get("/people/ben/").text

    assert "Ben Okri" in page
    assert "Analyst" in page
    assert "Producer" in page
    assert ben.email not in page


def test_a_person_who_left_is_shown_as_such(client, ana):
    UserFactory(username="mia", is_active=False)

    assert "No longer signs in." in client.get("/people/mia/").text


def test_an_unknown_person_is_not_found(client, ana):
    assert client.get("/people/nobody/").status_code == 404


def test_strangers_learn_no_names(client):
    UserFactory(username="ben")

    known, unknown = client.get("/people/ben/"), client.get("/people/nobody/")

    assert known.status_code == unknown.status_code == 302


def test_the_page_of_a_person_costs_the_same_for_many_roles(client, ana, django_assert_max_num_queries):
    UserFactory(username="ben", roles=["analyst"])
    busy = UserFactory(username="busy", roles=["analyst", "producer", "steward", "auditor"])
    StewardshipFactory.create_batch(5, user=busy)
    TokenFactory.create_batch(3, user=busy)
    client.get("/people/ben/")

    with django_assert_max_num_queries(30) as few:
        client.get("/people/ben/")
    with django_assert_max_num_queries(len(few)):
        client.get("/people/busy/")


def test_names_are_text_and_never_markup(client, ana):
    UserFactory(username="eve", first_name="<script>alert(1)</script>", last_name="& Co")

    page = client.get("/people/eve/").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
