"""A file of SQL comes in by page, by command and over the API, and becomes a plan."""

import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from apps.catalog.models import Capsule, Column, Constraint, IngestionJob
from apps.deploy.models import Plan
from apps.deploy.tasks import ingest
from tests.api.conftest import Caller
from tests.factories.people import UserFactory

FOLDER = Path(__file__).parent.parent / "fixtures" / "ddl"
# Without its rows, which no test needs twice.
CHINOOK = re.sub(rb"^INSERT INTO [\s\S]*", b"", (FOLDER / "Chinook_PostgreSql.sql").read_bytes(), flags=re.M)
BROKEN = b"CREATE TABLE a (id int);\n\nCREATE TABLE b (id int,\n;"
pytestmark = pytest.mark.django_db


def file(content=CHINOOK, name="chinook.sql"):
    return SimpleUploadedFile(name, content, "application/sql")


@pytest.fixture
def producer():
    return UserFactory(role="producer")


class TestByPage:
    def upload(self, client, **fields):
        given = {"file": file(), "source": "shop", "dialect": "postgres", "database": "chinook"}
        return client.post(reverse("deploy:read", args=["ddl"]), given | fields)

    def test_an_upload_becomes_a_job_and_a_plan(self, client, producer):
        client.force_login(producer)

        response = self.upload(client)
        ingest(job_id=str(IngestionJob.objects.get().pk))
        page = client.get(response.url).content.decode()

        made = Plan.objects.get()
        assert f"PL-{made.number}" in page
        assert "11 capsules would change." in page
        assert "urn:dcs:shop:table:chinook.public:album" in page.replace("<wbr>", "")
        assert not Capsule.objects.exists()

    def test_the_page_offers_what_can_be_read(self, client, producer):
        client.force_login(producer)

        page = client.get(reverse("deploy:ingestion"), {"read": "ddl"}).content.decode()

        assert 'name="dialect"' in page
        assert reverse("deploy:read", args=["ddl"]) in page

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("source", "", "This field is required."),
            ("source", "a:b", "the name stands in addresses"),
            ("dialect", "cobol", "Select a valid choice"),
            ("schema", "a.b", "Write one name"),
            ("file", "", "Choose a file with SQL."),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, client, producer, field, value, said):
        client.force_login(producer)

        response = self.upload(client, **{field: value})

        assert response.status_code == 422
        assert said in response.content.decode()
        assert not IngestionJob.objects.exists()

    def test_a_file_over_the_limit_is_an_error_beside_the_field(self, client, producer, settings):
        settings.SCHEMA_UPLOAD_MAX_BYTES = 1000
        client.force_login(producer)

        response = self.upload(client)

        assert response.status_code == 422
        assert "larger than" in response.content.decode()

    def test_nobody_reads_what_there_is_no_reader_for(self, client, producer):
        client.force_login(producer)

        assert client.post(reverse("deploy:read", args=["cobol"]), {}).status_code == 404

    @pytest.mark.parametrize("role", ["analyst", "auditor", "policy_admin", "contract_owner"])
    def test_who_may_not_ingest_is_told_who_may(self, client, role):
        client.force_login(UserFactory(role=role))

        response = self.upload(client)

        assert response.status_code == 403
        assert not IngestionJob.objects.exists()

    def test_strangers_are_sent_to_the_door(self, client):
        assert self.upload(client).url.startswith("/sign-in/")


class TestOverTheAPI:
    def post(self, user, **fields):
        caller = Caller(user)
        given = {"file": file(), "source": "shop", "database": "chinook"} | fields
        given = {name: value for name, value in given.items() if value is not None}
        return caller.client.post("/api/v1/ingest/ddl", given)

    def test_a_small_file_is_answered_with_its_plan_and_then_with_no_change(self, producer):
        caller = Caller(producer)

        made = self.post(producer)
        done = caller.post(f"/plans/{made.json()['plan_id']}/apply")
        again = self.post(producer)

        assert made.status_code == 201
        assert made["Location"].endswith(f"/plans/{made.json()['plan_id']}")
        assert len(made.json()["capsules"]) == 11
        assert done.status_code == 200
        assert (Capsule.objects.count(), Column.objects.count()) == (11, 64)
        assert (
            Constraint.objects.filter(kind="foreign_key", referenced_column_urn__isnull=False).count() == 11
        )
        assert again.status_code == 200
        assert again.json()["stats"]["plan"] is None

    def test_a_file_below_the_roots_is_read_by_a_worker(self, producer, settings, tmp_path):
        settings.PAYLOAD_ROOTS = [str(tmp_path)]
        (tmp_path / "chinook.sql").write_bytes(CHINOOK)

        answer = self.post(producer, file=None, location="chinook.sql")
        ingest(job_id=answer.json()["id"])

        assert answer.status_code == 202
        assert IngestionJob.objects.get().status == "completed"
        assert Plan.objects.get().reading["name"] == "chinook.sql"

    @pytest.mark.parametrize("location", ["../secret.sql", "/etc/passwd", "gone.sql", "s3://bucket/x.sql"])
    def test_nothing_outside_of_the_roots_is_read(self, producer, settings, tmp_path, location):
        settings.PAYLOAD_ROOTS = [str(tmp_path)]

        answer = self.post(producer, file=None, location=location)
        ingest(job_id=answer.json()["id"])

        job = IngestionJob.objects.get()
        assert (job.status, job.error_details["code"]) == ("failed", "no_data_source")
        assert not Plan.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"file": None}, "file"),
            ({"location": "both.sql"}, "file"),
            ({"source": None}, "source"),
            ({"dialect": "cobol"}, "dialect"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_is_wrong_is_said_by_field(self, producer, fields, named):
        answer = self.post(producer, **fields)

        assert answer.status_code == 400
        assert named in answer.json()["fields"]

    def test_a_text_that_is_no_sql_is_refused_with_its_first_line(self, producer):
        readme = file(b"# The shop\n\nTables of the shop; nothing else.\n", name="README.md")

        answer = self.post(producer, file=readme)

        assert (answer.status_code, answer.json()["code"]) == (400, "nothing_read")
        assert "from line 1 on: # The shop" in answer.json()["detail"]
        assert not Plan.objects.exists()

    @pytest.mark.parametrize("role", ["analyst", "auditor", "policy_admin", "contract_owner"])
    @pytest.mark.parametrize("route", ["ddl", "files"])
    def test_who_may_not_ingest_reads_nothing(self, role, route):
        answer = Caller(UserFactory(role=role)).post(
            f"/ingest/{route}", {"location": "a.sql", "source": "shop"}
        )

        assert answer.status_code == 403
        assert not IngestionJob.objects.exists()

    def test_nobody_at_all_reads_nothing(self):
        assert Caller().post("/ingest/ddl", {"location": "a.sql", "source": "shop"}).status_code == 401

    def test_what_is_no_sql_is_refused_with_its_job(self, producer):
        answer = self.post(producer, file=file(b"SELECT 1;"))

        assert (answer.status_code, answer.json()["code"]) == (400, "no_tables")
        assert IngestionJob.objects.get().number == answer.json()["job"]["number"]

    def test_a_partial_file_says_so(self, producer):
        body = self.post(producer, file=file(BROKEN)).json()

        assert body["partial"]
        assert body["reading"]["missed"][0]["line"] == 3


class TestByCommand:
    def ended(self, *arguments):
        out = io.StringIO()
        try:
            call_command(*map(str, arguments), stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        return 0, out.getvalue()

    def test_a_pipeline_plans_applies_and_has_nothing_more_to_do(self, tmp_path):
        path = tmp_path / "chinook.sql"
        path.write_bytes(CHINOOK)

        planned, said = self.ended("ingest", "ddl", path, "--source", "shop")
        applied, _said = self.ended("apply", Plan.objects.get().pk)
        again, words = self.ended("ingest", "ddl", path, "--source", "shop")

        assert (planned, applied, again) == (2, 0, 0)
        assert "11 create" in said
        assert "no changes" in words

    def test_what_is_missed_is_listed_with_its_line(self, tmp_path):
        path = tmp_path / "broken.sql"
        path.write_bytes(BROKEN)

        _code, said = self.ended("ingest", "ddl", path, "--source", "shop")

        assert "missed: line 3: CREATE TABLE b" in said

    def test_without_a_source_it_says_what_to_add(self, tmp_path):
        with pytest.raises(CommandError, match="--source"):
            call_command("ingest", "ddl", str(tmp_path))
