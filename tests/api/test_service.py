import pytest
import yaml
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from portal.api import docs, health

ROOT_OF_DOCS = "docs/openapi.yaml"


def test_the_committed_description_is_that_of_the_code():
    with open(ROOT_OF_DOCS, encoding="utf-8") as committed:
        assert yaml.safe_load(committed) == yaml.safe_load(docs.as_yaml()), (
            "The API has changed. Write docs/openapi.yaml again: manage.py describe_api"
        )


def test_anybody_may_read_the_description(anonymous):
    as_json, as_yaml = anonymous.get("/schema"), anonymous.get("/schema", Accept="application/yaml")

    assert as_json.body["openapi"].startswith("3.1")
    assert yaml.safe_load(as_yaml.content)["openapi"].startswith("3.1")


def test_every_route_has_an_example(anonymous):
    without = []
    for path, methods in anonymous.get("/schema").body["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            media = [content for body in bodies for content in body.get("content", {}).values()]
            if media and not any("examples" in content for content in media):
                without.append(f"{method} {path}")

    assert without == []


def test_the_pages_of_the_description_need_no_inline_script_and_no_internet(anonymous):
    page = anonymous.get("/docs")
    text = page.content.decode()

    assert page.status_code == 200
    assert "<style" not in text
    assert "style=" not in text
    assert "<script>" not in text
    assert "https://" not in text
    script = anonymous.get("/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema" in script.content


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_health_tells_strangers_nothing_but_that_all_is_well(anonymous, path):
    answer = anonymous.get(path)

    assert (answer.status_code, answer.body) == (200, {"status": "ok"})


def test_health_tells_details_to_those_who_signed_in(administrator):
    checks = administrator.get("/health/ready").body["checks"]

    assert checks["database"] is True
    assert checks["migrations"] is True


def test_a_portal_without_its_migrations_is_not_ready(anonymous, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, nodes: ["catalog.0002"])

    answer = anonymous.get("/health/ready")

    assert (answer.status_code, answer.body["code"]) == (503, "not_ready")
    assert "checks" not in answer.body
    assert anonymous.get("/health/live").status_code == 200


def test_a_job_that_nobody_takes_makes_the_portal_not_ready(anonymous, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', 'x', '{}', 'todo')"
        )
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '10 minutes'")

    assert anonymous.get("/health/ready").status_code == 503


def test_without_a_database_the_process_is_alive(anonymous, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("no connection")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", gone)
        live, ready = anonymous.get("/health/live"), anonymous.get("/health/ready")

    assert (live.status_code, ready.status_code) == (200, 503)


def test_whoever_is_signed_in_hears_that_the_database_does_not_answer(analyst, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("no connection")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", gone)
        answer = analyst.get("/capsules")

    assert (answer.status_code, answer.body["code"], answer["Retry-After"]) == (503, "unavailable", "5")
    assert "connection" not in answer.body["detail"]
