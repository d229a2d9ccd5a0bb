"""Whoever changes something is named in the log, with why and from where; nothing of it outlives its transaction."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import include, path

from apps.audit.context import KEYS, acting, current_reason
from apps.audit.models import Change
from apps.catalog.models import Tag
from apps.people.models import User
from apps.people.reader import Reader, reader_of, system
from tests.factories.catalog import TagFactory
from tests.factories.people import UserFactory


def returns_500(request):
    TagFactory(name="half done")
    return HttpResponse("failed", status=500)


def raises(request):
    TagFactory(name="half done")
    raise RuntimeError


def refuses(request):
    TagFactory(name="noted")
    return HttpResponse("no", status=409)


def changes_lazily(request):
    from django.template import engines
    from django.template.response import SimpleTemplateResponse

    page = engines["django"].from_string("{% for tag in tags %}{{ tag.name }} {% endfor %}{{ reason }}")
    return SimpleTemplateResponse(page, {"tags": Tag.objects.filter(name="lazy"), "reason": current_reason})


urlpatterns = [
    path("returns-500/", returns_500),
    path("raises/", raises),
    path("refuses/", refuses),
    path("changes-lazily/", changes_lazily),
    path("", include("apps.people.urls")),
]


def settings_now():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"coalesce(current_setting('dcs.{key}', true), '')" for key in KEYS)
        )
        return dict(zip(KEYS, cursor.fetchone(), strict=True))


def actor_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(dcs.actor(), '')")
        return cursor.fetchone()[0]


def fail_while_acting(user):
    with acting(user, reason="Agreed."):
        TagFactory(name="undone")
        raise RuntimeError


def last_change(table):
    return Change.objects.filter(table_name=table).latest("seq")


@pytest.mark.django_db
def test_a_change_names_who_why_and_from_where():
    ana = UserFactory(username="ana.ruiz", role="steward")
    reader = Reader(
        user=ana,
        name="ana.ruiz",
        session_id="a1b2c3d4",
        address="192.0.2.1",
        application="portal",
        request_id="request-1",
        via="session",
    )

    with acting(reader, reason="Agreed with Finance."):
        tag = TagFactory(name="daily")

    change = Change.objects.of(tag).get()
    assert change.operation == "INSERT"
    assert change.changed_by == "ana.ruiz"
    assert change.change_reason == "Agreed with Finance."
    assert change.session_id == "a1b2c3d4"
    assert change.ip_address == "192.0.2.1"
    assert change.application == "portal"
    assert change.request_id == "request-1"
    assert change.db_user == "dcs_app"
    assert change.new_values["tag_name" if "tag_name" in change.new_values else "name"] == "daily"


@pytest.mark.django_db
def test_a_user_or_a_task_may_act_as_well():
    ana = UserFactory(username="ana.ruiz")

    with acting(ana):
        TagFactory()
    by_person = last_change("tags").changed_by
    with acting(system("ingest")):
        TagFactory()

    assert by_person == "ana.ruiz"
    assert last_change("tags").changed_by == "system:ingest"


def test_a_change_that_nobody_claims_shows_as_the_databases_own(own_database):
    TagFactory()

    assert last_change("tags").changed_by == "db:dcs_app"


@pytest.mark.django_db
def test_leaving_an_inner_block_brings_the_outer_names_back():
    outer, inner = UserFactory(username="outer"), UserFactory(username="inner")

    with acting(outer, reason="first"):
        before = settings_now()
        with acting(inner, reason="second"):
            assert (actor_now(), current_reason()) == ("inner", "second")
        after = settings_now()
        TagFactory()

    assert before == after
    assert last_change("tags").changed_by == "outer"
    assert last_change("tags").change_reason == "first"


@pytest.mark.django_db
def test_an_inner_block_that_fails_brings_the_outer_names_back_too():
    outer, inner = UserFactory(username="outer"), UserFactory(username="inner")

    with acting(outer, reason="first"):
        with pytest.raises(RuntimeError):
            fail_while_acting(inner)
        TagFactory(name="kept")

    assert not Tag.objects.filter(name="undone").exists()
    assert (last_change("tags").changed_by, last_change("tags").change_reason) == ("outer", "first")


def test_nothing_is_left_on_the_connection_for_whoever_comes_next(own_database):
    ana = UserFactory(username="ana.ruiz")

    with acting(reader_of(ana, address="192.0.2.1"), reason="Agreed."):
        assert actor_now() == "ana.ruiz"

    assert set(settings_now().values()) == {""}
    TagFactory()
    change = last_change("tags")
    assert (change.changed_by, change.change_reason, change.ip_address) == ("db:dcs_app", None, None)


def test_a_block_that_fails_leaves_nothing_either(own_database):
    ana = UserFactory(username="ana.ruiz")

    with pytest.raises(RuntimeError):
        fail_while_acting(ana)

    assert set(settings_now().values()) == {""}
    assert not Tag.objects.exists()
    assert not Change.objects.filter(table_name="tags").exists()


def test_requests_on_one_connection_do_not_see_each_other(own_database, client):
    from django.test import Client

    ana, ben = UserFactory(username="ana"), UserFactory(username="ben")
    hers, his = Client(), Client()
    hers.force_login(ana)
    his.force_login(ben)

    for browser in (hers, his, hers, his):
        browser.post("/people/me/appearance/", {"theme": "dark"}, headers={"X-Change-Reason": "eyes"})
        browser.post("/people/me/appearance/", {"theme": "light"})

    said = Change.objects.filter(table_name="users", operation="UPDATE").order_by("seq")
    assert [(each.changed_by, each.new_values["username"], each.change_reason) for each in said] == [
        (name, name, reason) for name in ("ana", "ben", "ana", "ben") for reason in ("eyes", None)
    ]


def test_an_export_reads_as_its_reader_after_the_request_is_over(own_database):
    from django.test import Client

    browser = Client()
    browser.force_login(UserFactory(username="uma", role="auditor"))
    TagFactory.create_batch(3)

    answer = browser.get("/audit/?table=tags&format=csv")

    assert len(b"".join(answer.streaming_content).splitlines()) == 4
    assert set(settings_now().values()) == {""}


@pytest.mark.django_db
def test_a_request_is_attributed_to_its_reader(client):
    ana = UserFactory(username="ana.ruiz")
    client.force_login(ana)

    answer = client.post(
        "/people/me/appearance/",
        {"theme": "dark"},
        headers={"X-Change-Reason": "Tired eyes", "X-Request-ID": "abcd-1234"},
        REMOTE_ADDR="192.0.2.7",
    )

    change = last_change("users")
    assert answer["X-Request-ID"] == change.request_id == "abcd-1234"
    assert change.changed_by == "ana.ruiz"
    assert change.changed_fields == ["theme"]
    assert change.change_reason == "Tired eyes"
    assert change.ip_address == "192.0.2.7"
    assert change.application == "portal"
    assert change.session_id == client.session.session_key[:8]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_an_answer_of_500_undoes_everything(client):
    answer = client.get("/returns-500/")

    assert answer.status_code == 500
    assert not Tag.objects.exists()
    assert not Change.objects.filter(table_name="tags").exists()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_an_error_nobody_expected_undoes_everything(client):
    client.raise_request_exception = False

    answer = client.get("/raises/")

    assert answer.status_code == 500
    assert not Tag.objects.exists()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_refusal_keeps_what_was_written_with_it(client):
    assert client.get("/refuses/").status_code == 409
    assert Tag.objects.filter(name="noted").exists()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_page_is_rendered_inside_the_transaction(client):
    TagFactory(name="lazy")

    answer = client.get("/changes-lazily/", headers={"X-Change-Reason": "while rendering"})

    assert answer.text == "lazy while rendering"


@pytest.mark.django_db
def test_a_very_long_reason_is_cut_not_refused(client):
    client.force_login(UserFactory())

    client.post("/people/me/appearance/", {"theme": "dark"}, headers={"X-Change-Reason": "x" * 5000})

    assert last_change("users").change_reason == "x" * 1000


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "192.0.2.1", "2001:db8::1"])
def test_any_address_or_none_can_be_logged(address):
    with acting(Reader(name="ana", address=address)):
        TagFactory()

    assert last_change("tags").ip_address == (address or None)


@pytest.mark.django_db
def test_acting_opens_a_transaction_and_closes_it_on_success():
    with acting(system("test")):
        assert transaction.get_connection().in_atomic_block
        Group.objects.create(name="data club")

    assert Group.objects.filter(name="data club").exists()
    assert User.objects.count() == 0


def test_whoever_acts_first_is_named_in_one_statement_and_forgotten_with_the_transaction(
    own_database, django_assert_num_queries
):
    ana = UserFactory(username="ana")
    reader = reader_of(ana)

    with django_assert_num_queries(3), acting(reader):  # the transaction, the names, and its end
        pass
    with acting(reader):
        named = actor_now()

    assert named == "ana"
    assert set(settings_now().values()) == {""}
