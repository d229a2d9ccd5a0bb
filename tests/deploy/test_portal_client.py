"""The client for pipelines: a file of its own, run by a Python that has nothing else, against a portal that answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import Capsule, CapsuleVersion
from apps.people import tokens
from apps.people.reader import system
from tests.factories import QualityCheckFactory, QualityRuleFactory
from tests.factories.people import UserFactory

SCRIPT = Path(__file__).parent.parent.parent / "portal_client.py"
URN = "urn:dcs:dbt:model:shop:orders"
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
ORDERS = {"urn": URN, "name": "orders", "schema": {"columns": COLUMNS}}


@pytest.fixture
def run(address, tmp_path):
    with acting(system("test")):
        _row, secret = tokens.issue(
            UserFactory(role="producer"), name="pipeline", scopes=["read", "write"], days=1
        )

    def run(*arguments, token=secret, url=address):
        environment = {"PORTAL_URL": url, "PORTAL_TOKEN": token, "PATH": os.environ["PATH"]}
        # -I -S: no installed package, no working directory on the path.
        command = [sys.executable, "-I", "-S", SCRIPT, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60
        )
        assert secret not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def file(tmp_path):
    def write(name="orders.yaml", **parts):
        path = tmp_path / name
        path.write_text(documents.write(documents.canonical({**ORDERS, **parts})), encoding="utf-8")
        return str(path)

    return write


def test_a_pipeline_plans_applies_and_has_nothing_more_to_do(run, file, tmp_path):
    path, kept = file(), tmp_path / "plan.json"

    code, said, _error = run("plan", path, "--out", kept)
    assert (code, f"+ {URN}: create" in said) == (2, True)
    assert run("apply", kept)[0] == 0
    assert Capsule.objects.get().urn == URN
    assert run("plan", path)[0] == 0
    # applied once: the second time is refused with a reason
    code, said, _error = run("apply", kept)
    assert (code, "is applied already" in said) == (3, True)


def test_a_faulty_file_is_refused_with_every_place(run, tmp_path):
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("data_capsule:\n  urn: nothing\n  nam: orders\n")

    code, said, _error = run("plan", faulty)
    assert code == 3
    assert ":2:" in said
    assert ":3:" in said
    code, said, _error = run("plan", faulty, "--json")
    assert json.loads(said)["code"] == "document_invalid"


def test_a_document_that_drops_a_column_is_applied_directly_only_with_its_hash(run, file):
    run("apply", "--direct", "--urn", URN, file())
    smaller = file(schema={"columns": COLUMNS[:1]})

    code, said, _error = run("apply", "--direct", "--urn", URN, smaller, "--json")
    assert (code, json.loads(said)["code"]) == (3, "acceptance_needed")
    accept = json.loads(run("plan", smaller, "--json")[1])["document_hash"]
    assert run("apply", "--direct", "--urn", URN, smaller, "--accept", accept)[0] == 0
    assert run("diff", URN, "1")[:2] == (
        2,
        "− Column amount removed: Queries that name amount fail: the column is gone.\n",
    )
    assert run("diff", URN, "2", "live")[0] == 0


def test_what_is_exported_is_planned_without_a_change(run, file, tmp_path):
    run("apply", "--direct", "--urn", URN, file())
    out = tmp_path / "all.yaml"

    assert run("export", "--out", out)[0] == 0
    assert run("plan", out)[0] == 0
    code, said, _error = run("export", URN, "--json")
    assert [one["data_capsule"]["urn"] for one in json.loads(said)] == [URN]
    assert run("export", "urn:dcs:dbt:model:shop:gone")[0] == 1


def test_the_gate_stops_the_pipeline_while_a_blocking_rule_fails(run, file):
    run("apply", "--direct", "--urn", URN, file())
    assert run("gate", URN)[:2] == (0, "Open.\n")
    with acting(system("test")):
        rule = QualityRuleFactory(
            capsule=Capsule.objects.get(), column=None, name="rows there", blocking=True
        )
        QualityCheckFactory(rule=rule, status="failed")
    assert run("gate", URN)[:2] == (3, "Closed.\n  rows there: failed\n")


def test_without_a_portal_or_a_token_nothing_is_tried_and_the_next_step_is_told(run, file):
    path = file()
    assert run("plan", path, url="")[::2] == (1, "Set PORTAL_URL and PORTAL_TOKEN.\n")
    code, _said, error = run("plan", path, url="http://127.0.0.1:9")
    assert (code, "does not answer" in error) == (1, True)
    code, _said, error = run("plan", path, url="file:///etc/passwd")
    assert (code, "begins with https://" in error) == (1, True)
    assert run("plan", path, token="dcs_" + "0" * 64)[0] == 1
    assert not CapsuleVersion.objects.exists()
