"""Source systems by page: who sees where they lead, how they are written down, tried, and removed."""

import logging
import os
import sqlite3

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from apps.audit.models import Change
from apps.catalog.models import IngestionJob, SourceSystem
from apps.dcs.models import JobProgress
from apps.deploy import sources
from apps.deploy.models import Plan
from apps.deploy.tasks import ingest
from apps.people.reader import reader_of
from tests.databases import refusing
from tests.factories import CapsuleFactory, IngestionJobFactory, SourceSystemFactory, UserFactory

pytestmark = pytest.mark.django_db
MARKER = "Tr0ub4dor-and-3-markers-that-nobody-sees"
POSTGRES = {
    "engine": "postgres",
    "name": "warehouse",
    "kind": "postgres",
    "host": "warehouse.example",
    "port": "5432",
    "database": "shop",
    "user": "reader",
    "password": "env:SHOP_PASSWORD",
    "sslmode": "require",
    "schemas": "public, sales",
}


def signed_in(client, role):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def text(response):
    """The page, without the places where a long word may break."""
    return response.content.decode().replace("<wbr>", "")


# ---------- lists and pages ----------


def test_a_source_tells_what_came_from_it_and_how_its_last_run_went(client):
    signed_in(client, "analyst")
    shop = SourceSystemFactory(name="shop/till", kind="dbt")
    CapsuleFactory.create_batch(2, source_system=shop)
    CapsuleFactory(source_system=shop, visibility_rank=5)
    IngestionJobFactory(source_name="shop/till", status="failed", error_message="The manifest has no nodes.")

    found = text(client.get(reverse("deploy:sources")))
    page = text(client.get(reverse("deploy:source", args=["shop/till"])))

    assert "shop/till" in found
    assert "2 capsules" in page
    assert "source=shop%2Ftill" in page
    assert "The manifest has no nodes." in page
    assert "Failed" in page


def test_connection_facts_are_absent_for_those_who_neither_run_nor_administer(client):
    facts = {
        "engine": "postgres",
        "host": "warehouse.example",
        "user": "reader",
        "password_env": "SHOP_PASSWORD",
    }
    SourceSystemFactory(name="warehouse", kind="postgres", connection={**facts, "database": "shop"})
    url = reverse("deploy:source", args=["warehouse"])
    seen = {}

    for role in (
        "analyst",
        "auditor",
        "policy_admin",
        "contract_owner",
        "steward",
        "producer",
        "administrator",
    ):
        signed_in(client, role)
        page = text(client.get(url))
        seen[role] = "warehouse.example" in page
        assert ("SHOP_PASSWORD" in page) is seen[role]
        assert (reverse("deploy:edit_source", args=["warehouse"]) in page) is (role == "administrator")

    assert {role for role, sees in seen.items() if sees} == {"steward", "producer", "administrator"}


def test_the_list_costs_the_same_for_one_source_and_for_many(client):
    signed_in(client, "analyst")
    SourceSystemFactory()
    url = reverse("deploy:sources")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for system in SourceSystemFactory.create_batch(12, description="x" * 3000):
        CapsuleFactory(source_system=system)
        IngestionJobFactory(source_name=system.name)
    with CaptureQueriesContext(connection) as many:
        page = text(client.get(url))

    assert len(many) == len(one)
    assert page.count("data-row") == 13


def test_an_empty_list_and_a_filter_without_result_say_what_to_do(client):
    signed_in(client, "analyst")
    assert "No source system yet" in text(client.get(reverse("deploy:sources")))
    SourceSystemFactory(name="shop")
    assert "No source system has such a name" in text(client.get(reverse("deploy:sources") + "?q=nothing"))
    assert client.get(reverse("deploy:source", args=["nothing"])).status_code == 404


def test_a_capsule_and_the_ingestion_page_lead_to_the_source(client):
    signed_in(client, "analyst")
    capsule = CapsuleFactory(source_system=SourceSystemFactory(name="shop"))

    assert reverse("deploy:source", args=["shop"]) in text(client.get(capsule.get_absolute_url()))
    assert reverse("deploy:sources") in text(client.get(reverse("deploy:ingestion")))


# ---------- writing ----------


def test_a_database_is_registered_by_its_facts_and_the_name_of_its_secret(client):
    signed_in(client, "administrator")

    response = client.post(reverse("deploy:new_source"), POSTGRES)

    made = SourceSystem.objects.get(name="warehouse")
    assert response.url == reverse("deploy:source", args=["warehouse"])
    assert made.connection == {
        "engine": "postgres",
        "host": "warehouse.example",
        "port": 5432,
        "database": "shop",
        "user": "reader",
        "sslmode": "require",
        "schemas": ["public", "sales"],
        "secrets": {"password": "env:SHOP_PASSWORD"},
    }


def test_an_address_in_one_piece_is_taken_apart(client):
    signed_in(client, "administrator")
    fields = {"engine": "postgres", "name": "warehouse", "kind": "postgres", "sslmode": "verify-full"}

    client.post(
        reverse("deploy:new_source"),
        {**fields, "address": "postgresql://reader@db.example:6432/shop?sslmode=disable"},
    )

    made = SourceSystem.objects.get(name="warehouse").connection
    assert (made["host"], made["port"], made["database"], made["user"]) == (
        "db.example",
        6432,
        "shop",
        "reader",
    )
    assert made["sslmode"] == "verify-full"
    assert "url" not in made


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"password": MARKER}, "password", "never stored"),
        ({"password": "vault:kv/shop"}, "password", "No vault"),
        ({"address": f"postgresql://reader:{MARKER}@h/db"}, "address", "never stored"),
        ({"address": "postgresql://reader@h/db?options=-c%20x"}, "", "Options"),
        ({"host": "/var/run/postgresql"}, "host", "no path"),
        ({"host": ""}, "host", "no path"),
        ({"database": ""}, "database", "Name the database"),
        ({"user": ""}, "user", "Name the account"),
        ({"port": "99999"}, "port", "65535"),
        ({"sslmode": "allow"}, "sslmode", "Select a valid choice"),
        ({"name": "new"}, "name", "Choose another name"),
        ({"name": "shop/Edit"}, "name", "Choose another name"),
        ({"name": ""}, "name", "required"),
    ],
)
def test_what_cannot_be_meant_is_an_error_beside_its_field_and_no_secret_comes_back(
    client, changed, field, words
):
    signed_in(client, "administrator")

    response = client.post(reverse("deploy:new_source"), {**POSTGRES, **changed})

    assert response.status_code == 422
    assert words in " ".join(map(str, response.context["form"].errors.get(field or "__all__", [])))
    assert words in text(response)
    assert MARKER not in text(response)
    assert not SourceSystem.objects.filter(kind="postgres").exists()


def test_a_name_is_taken_once(client):
    signed_in(client, "administrator")
    SourceSystemFactory(name="warehouse")

    response = client.post(reverse("deploy:new_source"), POSTGRES)

    assert response.status_code == 422
    assert "of this name exists" in text(response)


def test_an_edit_keeps_what_the_form_does_not_ask_and_renames_the_secret(client):
    signed_in(client, "administrator")
    stored = {
        "engine": "postgres",
        "host": "a",
        "port": 5432,
        "database": "d",
        "user": "u",
        "password_env": "OLD",
    }
    SourceSystemFactory(name="warehouse", kind="postgres", connection={**stored, "warehouse_size": "xl"})
    url = reverse("deploy:edit_source", args=["warehouse"])
    page = client.get(url)
    assert page.context["form"].initial["password"] == "env:OLD"

    client.post(
        url, {**POSTGRES, "seen": page.context["form"].initial["seen"], "password": "file:shop/password"}
    )

    connection = SourceSystem.objects.get(name="warehouse").connection
    assert connection["warehouse_size"] == "xl"
    assert connection["secrets"] == {"password": "file:shop/password"}
    assert "password_env" not in connection


def test_two_who_write_at_once_do_not_overwrite_each_other(client):
    signed_in(client, "administrator")
    system = SourceSystemFactory(name="warehouse", kind="postgres")
    url = reverse("deploy:edit_source", args=["warehouse"])
    seen = client.get(url + "?engine=postgres").context["form"].initial["seen"]
    SourceSystem.objects.filter(pk=system.pk).update(description="Somebody else was here.")

    response = client.post(url, {**POSTGRES, "seen": seen})

    assert response.status_code == 409
    assert "while you were writing" in text(response)
    assert SourceSystem.objects.get(pk=system.pk).connection == {}


def test_a_source_is_removed_when_nothing_came_from_it(client):
    signed_in(client, "administrator")
    SourceSystemFactory(name="empty")
    CapsuleFactory(source_system=SourceSystemFactory(name="used"), visibility_rank=5)

    assert client.post(reverse("deploy:remove_source", args=["empty"])).status_code == 302
    refused = client.post(reverse("deploy:remove_source", args=["used"]))

    assert refused.status_code == 409
    assert "Capsules come from used" in text(refused)
    assert set(SourceSystem.objects.values_list("name", flat=True)) == {"used"}


# ---------- trying ----------


@pytest.fixture
def till(settings, tmp_path):
    """A source that is a SQLite file."""
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    with sqlite3.connect(tmp_path / "till.sqlite") as made:
        made.execute("CREATE TABLE orders (id INTEGER)")
    made.close()
    return SourceSystemFactory(
        name="till", kind="sqlite", connection={"engine": "sqlite", "path": "till.sqlite"}
    )


def test_a_trial_says_what_answers_and_is_kept(client, till):
    signed_in(client, "producer")

    response = client.post(reverse("deploy:test_source", args=["till"]), follow=True)
    part = client.post(
        reverse("deploy:test_source", args=["till"]),
        headers={"HX-Request": "true", "HX-Target": "connection"},
    )

    for page in map(text, (response, part)):
        assert "Connected" in page
        assert "1 table or view can be read" in page
        assert "SQLite 3" in page
    assert "<html" not in text(part)
    assert JobProgress.objects.of(till).filter(kind=sources.TRIAL, state="completed").count() == 2


def test_a_source_without_connection_cannot_be_tried(client):
    signed_in(client, "producer")
    SourceSystemFactory(name="files", kind="files")

    response = client.post(reverse("deploy:test_source", args=["files"]))

    assert response.status_code == 409
    assert "has no connection yet" in text(response)
    assert "Test connection" not in text(response)


def test_a_secret_is_nowhere_after_a_trial_that_failed(client, settings, monkeypatch, caplog):
    """The server is hostile: it repeats what it was told."""
    listener = refusing("28P01", f"password authentication failed for {MARKER}")
    settings.CONNECT_INTERNAL, settings.CONNECT_PORTS = ["127.0.0.1"], [listener.port]
    monkeypatch.setenv("SHOP_PASSWORD", MARKER)
    admin = signed_in(client, "administrator")
    caplog.set_level(logging.DEBUG)
    changed = {"host": "127.0.0.1", "port": listener.port, "sslmode": "disable"}
    client.post(reverse("deploy:new_source"), {**POSTGRES, **changed})
    system = SourceSystem.objects.get(name="warehouse")

    pages = [
        client.post(reverse("deploy:test_source", args=["warehouse"]), follow=True),
        client.get(reverse("deploy:edit_source", args=["warehouse"])),
        client.get(f"/api/v1/source-systems/{system.pk}"),
        client.post(f"/api/v1/source-systems/{system.pk}/test"),
    ]
    signed_in(client, "producer")
    job_page = client.post(reverse("deploy:read_source", args=["warehouse"])).url
    ingest(job_id=str(IngestionJob.objects.get().pk))
    pages += [client.get(job_page), client.get(reverse("deploy:source", args=["warehouse"]))]
    listener.close()

    assert "The server refused the sign-in" in text(pages[0])
    assert os.environ["SHOP_PASSWORD"] == MARKER
    changes = Change.objects.visible_to(reader_of(UserFactory(role="auditor", clearance=5)))
    kept = (JobProgress.objects.values(), IngestionJob.objects.values(), changes.values())
    rows = [str(row) for found in kept for row in found]
    assert "refused the sign-in" in text(pages[4])
    assert any("warehouse" in row for row in rows)
    for found in (*map(text, pages), *rows, caplog.text, str(admin)):
        assert MARKER not in found
        assert escape(MARKER) not in found


def test_a_source_is_read_by_a_button_and_the_job_leads_to_its_plan(client, till):
    signed_in(client, "producer")
    url = reverse("deploy:source", args=["till"])
    assert "Read now" in text(client.get(url))

    response = client.post(reverse("deploy:read_source", args=["till"]))
    ingest(job_id=str(IngestionJob.objects.get().pk))
    page = text(client.get(response.url))

    made = Plan.objects.get()
    assert reverse("deploy:change", args=[made.number]) in page
    assert "orders" in page
    assert f"J-{IngestionJob.objects.get().number}" in text(client.get(url))


# ---------- who ----------

ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
EVERYBODY = (200,) * 7
MATRIX = [
    ("sources", (), "get", EVERYBODY),
    ("source", ("till",), "get", EVERYBODY),
    ("new_source", (), "get", (403, 403, 403, 403, 403, 403, 200)),
    ("new_source", (), "post", (403, 403, 403, 403, 403, 403, 422)),
    ("edit_source", ("till",), "get", (403, 403, 403, 403, 403, 403, 200)),
    ("edit_source", ("till",), "post", (403, 403, 403, 403, 403, 403, 422)),
    ("read_source", ("till",), "get", (302,) * 7),
    ("read_source", ("till",), "post", (403, 302, 302, 403, 403, 403, 403)),
    ("schedule_source", ("till",), "get", (302,) * 7),
    ("schedule_source", ("till",), "post", (403, 422, 422, 403, 403, 403, 403)),
    ("remove_source", ("till",), "get", (403, 403, 403, 403, 403, 403, 200)),
    ("remove_source", ("till",), "post", (403, 403, 403, 403, 403, 403, 302)),
    ("test_source", ("till",), "get", (302,) * 7),
    ("test_source", ("till",), "post", (403, 302, 302, 403, 403, 403, 302)),
]


@pytest.mark.parametrize(("name", "args", "method", "codes"), MATRIX)
def test_a_role_reaches_what_it_may_and_nothing_else(client, till, name, args, method, codes):
    url = reverse(f"deploy:{name}", args=args)
    assert getattr(client, method)(url).url.startswith("/sign-in/")
    for role, code in zip(ROLES, codes, strict=True):
        signed_in(client, role)
        assert getattr(client, method)(url).status_code == code, role


def test_every_address_of_sources_is_in_the_table():
    from apps.deploy.urls import urlpatterns

    names = {pattern.name for pattern in urlpatterns if "source" in (pattern.name or "")}

    assert names == {name for name, *_rest in MATRIX}
