"""Source systems in the API: settled facts, secrets by name, and a trial that gives nothing of the network away."""

import sqlite3

import pytest

from apps.catalog.models import SourceSystem
from apps.deploy.tasks import ingest
from tests.factories import SourceSystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(settings, tmp_path):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    with sqlite3.connect(tmp_path / "till.sqlite") as made:
        made.execute("CREATE TABLE orders (id INTEGER)")
    made.close()
    return SourceSystemFactory(
        name="till", kind="sqlite", connection={"engine": "sqlite", "path": "till.sqlite"}
    )


def test_a_connection_is_stored_in_one_spelling(administrator):
    body = {"name": "warehouse", "source_type": "postgres"}
    address = {"url": "postgresql://reader@warehouse.example/shop", "password_env": "SHOP_PASSWORD"}

    made = administrator.post("/source-systems", {**body, "connection_info": address})

    assert made.status_code == 201
    assert made.body["connection_info"] == {
        "engine": "postgres",
        "host": "warehouse.example",
        "port": 5432,
        "database": "shop",
        "user": "reader",
        "password_env": "SHOP_PASSWORD",
    }
    again = administrator.put(f"/source-systems/{made.body['id']}", made.body)
    assert (again.status_code, again.body["connection_info"]) == (200, made.body["connection_info"])


@pytest.mark.parametrize(
    ("connection", "field"),
    [
        ({"url": "postgresql://reader:hunter2@h/shop"}, "connection_info.url"),
        ({"host": "/tmp", "database": "d", "user": "u"}, "connection_info.host"),
        ({"host": "h", "database": "d", "user": "u", "service": "x"}, "connection_info.service"),
        ({"host": "h", "database": "d"}, "connection_info.user"),
    ],
)
def test_facts_that_lead_elsewhere_are_refused_by_name(administrator, connection, field):
    body = {"name": "warehouse", "source_type": "postgres", "connection_info": connection}

    answer = administrator.post("/source-systems", body)

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [field]
    assert b"hunter2" not in answer.raw
    assert not SourceSystem.objects.exists()


def test_a_trial_is_200_whether_it_opens_or_not(producer, till):
    path = f"/source-systems/{till.pk}/test"

    opened = producer.post(path)
    SourceSystem.objects.update(connection={"engine": "sqlite", "path": "gone.sqlite"})
    refused = producer.post(path, Idempotency_Key="twice")

    assert (opened.status_code, opened.body["ok"]) == (200, True)
    assert opened.body["engine"].startswith("SQLite")
    assert (refused.status_code, refused.body["ok"]) == (200, False)
    assert "No file of this name" in refused.body["detail"]
    assert set(opened.body) == {"ok", "detail", "engine", "notes", "took_ms"}


def test_a_trial_is_for_those_who_run(producer, steward, administrator, analyst, anonymous, till):
    path = f"/source-systems/{till.pk}/test"

    codes = [
        caller.post(path).status_code for caller in (producer, steward, administrator, analyst, anonymous)
    ]

    assert codes == [200, 200, 200, 403, 401]
    assert producer.post("/source-systems/0198c0de-0000-7000-8000-000000000001/test").status_code == 404
    without = SourceSystemFactory()
    assert producer.post(f"/source-systems/{without.pk}/test").status_code == 409


def test_a_source_is_read_in_the_background(producer, administrator, analyst, till):
    path = f"/source-systems/{till.pk}/read"

    answer = producer.post(path)

    assert (answer.status_code, answer.body["status"], answer.body["source_type"]) == (
        202,
        "pending",
        "sqlite",
    )
    assert answer["Location"].endswith(answer.body["id"])
    ingest(job_id=answer.body["id"])
    done = producer.get(answer["Location"]).body
    assert done["status"] == "completed"
    plan = producer.get(f"/plans/{done['stats']['plan']['id']}").body
    assert [each["action"] for each in plan["capsules"]] == ["create"]
    assert [caller.post(path).status_code for caller in (administrator, analyst)] == [403, 403]
    assert producer.post(f"/source-systems/{SourceSystemFactory().pk}/read").status_code == 409


def test_a_schedule_is_set_read_and_taken_off(producer, analyst, administrator, till):
    path = f"/source-systems/{till.pk}/schedule"
    assert producer.get(path).status_code == 404

    made = producer.put(path, {"cron": "0 6 * * *", "zone": "Europe/Berlin"})

    assert (made.status_code, made.body["applies"], made.body["is_on"]) == (200, False, True)
    assert made.body["next_due"].endswith("Z")
    assert analyst.get(path).body == made.body
    assert producer.put(path, made.body | {"next_due": None}).status_code == 200
    refused = [
        producer.put(path, {"cron": "soon"}),
        producer.put(path, {"cron": "0 6 * * *", "zone": "Mars"}),
    ]
    assert [(each.status_code, *each.body["fields"]) for each in refused] == [(400, "cron"), (400, "zone")]
    codes = [caller.put(path, {"cron": "0 6 * * *"}).status_code for caller in (analyst, administrator)]
    assert codes == [403, 403]
    assert [analyst.delete(path).status_code, producer.delete(path).status_code] == [403, 204]
    assert producer.get(path).status_code == 404
    assert (
        producer.put(
            f"/source-systems/{SourceSystemFactory().pk}/schedule", {"cron": "0 6 * * *"}
        ).status_code
        == 409
    )
