"""Who acts is what the portal signed, not what somebody who can run SQL says (trust.md, section 1.4)."""

import json

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from apps.audit.context import acting
from apps.dcs import keyring, signing
from apps.people.reader import Reader, system
from tests.factories.catalog import TagFactory
from tests.factories.people import UserFactory

ASKED = "SELECT dcs.actor(), dcs.clearance(), dcs.roles(), dcs.via()"
NOBODY = (None, 0, [], None)


def believed(value=None):
    """(who, how far, roles, how) that the database takes from a context, or from the one that is set."""
    with connection.cursor() as cursor:
        if value is not None:
            cursor.execute("SELECT set_config('dcs.ctx', %s, true)", [value])
        cursor.execute(ASKED)
        return cursor.fetchone()


def said(value):
    kid, rest = value.split("|", 1)
    return kid, json.loads(rest.rpartition("|")[0]), value[-64:]


@pytest.mark.django_db
def test_the_database_believes_what_the_portal_signed():
    reader = Reader(name="ana|ruiz é", roles=frozenset({"steward", "a, b"}), clearance=3, via="session")

    with acting(reader):
        found = believed()

    assert found == ("ana|ruiz é", 3, ["a, b", "steward"], "session")


@pytest.mark.django_db
def test_the_database_believes_nobody_who_changes_a_context_or_signs_it_otherwise():
    honest = signing.sign(person="ana", clearance=2, via="session")
    kid, told, signature = said(honest)
    raised = f"{kid}|{json.dumps(told | {'clearance': 5})}|{signature}"

    assert believed(honest) == ("ana", 2, [], "session")
    for forged in (
        "",
        "|",
        "ana|5|steward",
        raised,
        honest[:-1],
        honest[:-64] + "0" * 64,
        honest.upper(),
        f"other{honest}",
        honest.replace("|", "||", 1),
        f"{honest}|{signature}",
        "x" * 100_000,
    ):
        assert believed(forged) == NOBODY, forged[:200]


@pytest.mark.django_db
def test_a_context_signed_with_the_key_of_another_installation_counts_for_nothing(settings):
    settings.DCS_KEYS = keyring.fresh()

    assert believed(signing.sign(person="ana", clearance=5)) == NOBODY


@pytest.mark.django_db
def test_a_context_expires_and_a_transaction_that_began_before_goes_on(settings):
    settings.CONTEXT_SECONDS = -1
    late = signing.sign(person="ana", clearance=5)
    settings.CONTEXT_SECONDS = 60
    early = signing.sign(person="ana", clearance=5)

    assert believed(late) == NOBODY
    assert believed(early)[1] == 5


@pytest.mark.django_db
def test_the_portal_cannot_read_the_key_with_which_the_database_checks():
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM dcs.context_keys")


@pytest.mark.django_db
def test_a_person_that_somebody_sets_by_hand_is_not_named_in_the_log():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('dcs.actor', 'ana', true), set_config('dcs.via', 'session', true)")
    TagFactory(name="daily")

    with connection.cursor() as cursor:
        cursor.execute("SELECT changed_by FROM dcs.metadata_audit_log WHERE table_name = 'tags'")
        assert cursor.fetchall() == [("db:dcs_app",)]


def test_keys_are_told_to_the_database_and_retired_ones_are_taken_back(own_database, server, settings):
    ring = json.loads(keyring.fresh())
    older = keyring.new_key("context") | {"state": "verify-only"}
    retired = keyring.new_key("context") | {"state": "retired"}
    settings.DCS_KEYS = json.dumps({"keys": [retired, older, *ring["keys"]]})

    with psycopg.connect(server.connect(own_database).info.dsn) as owner, owner.cursor() as cursor:
        signing.tell(cursor)
        known = {kid for (kid,) in cursor.execute("SELECT kid FROM dcs.context_keys")}

    assert known == {key.kid for key in keyring.ring().usable("context")}
    assert retired["kid"] not in known
    with acting(system("test")):
        assert believed() == ("system:test", 5, [], "task")


@pytest.mark.django_db
def test_whoever_acts_again_inside_of_their_own_block_came_as_before():
    ana = UserFactory(username="ana")

    with acting(Reader(user=ana, name="ana", clearance=1, via="token")), acting(ana):
        assert believed()[3] == "token"
