"""Roles: one table makes the groups, the rights and the document."""

from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.urls import reverse

from apps.audit.models import Change
from apps.people import groups, permission_table, rights, roles
from apps.people.reader import NOBODY, reader_of, system
from tests.factories.people import UserFactory


def held(name):
    permissions = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def synced(*arguments):
    out = StringIO()
    call_command("sync_roles", *arguments, stdout=out)
    return out.getvalue()


def test_every_role_has_exactly_its_permissions(db):
    synced()

    for role in roles.ROLES.values():
        assert held(role.name) == role.permissions


def test_every_permission_that_a_role_names_exists(db):
    assert groups.sync().missing == {}


def test_running_it_again_changes_and_logs_nothing(db):
    synced()
    before = Change.objects.count()

    said = synced()

    assert said == "Every role has its permissions already.\n"
    assert Change.objects.count() == before


def test_what_somebody_added_or_took_away_by_hand_is_put_right(db):
    auditor = Group.objects.get(name="auditor")
    auditor.permissions.set([Permission.objects.get(codename="purge_capsule")])

    said = synced()

    assert held("auditor") == roles.ROLES["auditor"].permissions
    assert "auditor: given audit.view_change" in said
    assert "auditor: taken catalog.purge_capsule" in said


def test_a_role_that_is_missing_is_made_and_other_groups_are_left_alone(db):
    Group.objects.get(name="producer").delete()
    own = Group.objects.create(name="data club")
    own.permissions.add(Permission.objects.get(codename="edit_capsule"))

    said = synced()

    assert "producer: made" in said
    assert held("producer") == roles.ROLES["producer"].permissions
    assert held("data club") == {"catalog.edit_capsule"}


def test_a_permission_of_an_app_that_is_not_there_yet_is_reported_not_fatal(db, monkeypatch):
    seer = roles.Role("seer", "Seer", roles.PUBLIC, frozenset({"future.see_it"}), "Knows what will be.")
    monkeypatch.setitem(roles.ROLES, "seer", seer)

    said = synced()

    assert "future.see_it (for seer)" in said
    assert held("seer") == set()


def test_the_change_of_a_role_is_in_the_audit_log(db):
    Group.objects.get(name="producer").delete()

    synced()

    change = Change.objects.filter(table_name="auth_group", operation="INSERT").latest("seq")
    assert change.changed_by == "system:sync_roles"
    assert change.new_values["name"] == "producer"


def test_the_document_says_what_the_table_says():
    written = (settings.BASE_DIR / "docs" / "permissions.md").read_text()

    assert written == permission_table.as_markdown(), "run manage.py sync_roles --document"


# ---------- readers ----------


def test_a_reader_has_the_highest_clearance_of_their_roles(db):
    assert reader_of(UserFactory(roles=["analyst", "steward"])).clearance == roles.CONFIDENTIAL
    assert reader_of(UserFactory()).clearance == 0


def test_a_rank_set_on_the_person_wins_over_the_roles(db):
    assert reader_of(UserFactory(role="auditor", clearance=1)).clearance == 1
    assert reader_of(UserFactory(role="analyst", clearance=4)).clearance == 4


def test_a_suspended_person_is_nobody(db):
    reader = reader_of(UserFactory(role="administrator", is_active=False))

    assert not reader.is_authenticated
    assert (reader.clearance, reader.roles, reader.via) == (0, frozenset(), "none")
    assert not reader.may("audit.view_change")


def test_roles_are_read_in_order_and_in_words(db):
    reader = reader_of(UserFactory(roles=["producer", "analyst", "steward"]))

    assert reader.words == "Analyst, Steward, Producer"


def test_the_portal_itself_may_everything_and_nobody_nothing():
    assert system("ingest").may("catalog.purge_capsule")
    assert system("ingest").is_system
    assert not NOBODY.may("catalog.edit_capsule")
    assert not NOBODY.is_system


def test_an_administrator_of_accounts_sees_no_confidential_value_by_that():
    assert roles.ROLES["administrator"].clearance == roles.INTERNAL


def test_an_auditor_changes_nothing():
    assert all(".view_" in permission for permission in roles.ROLES["auditor"].permissions)


# ---------- refusing ----------


def test_a_refusal_names_who_can_and_whom_to_ask(db):
    UserFactory(first_name="Sam", last_name="Otieno", role="administrator")
    analyst = reader_of(UserFactory(role="analyst"))

    with pytest.raises(PermissionDenied) as refused:
        rights.require(analyst, "audit.view_change")

    assert str(refused.value) == (
        "Roles that can see this page: Auditor, Administrator. Ask Sam Otieno to grant one."
    )


def test_a_refusal_helps_even_if_nobody_can_grant_anything(db):
    analyst = reader_of(UserFactory(role="analyst"))

    with pytest.raises(PermissionDenied, match="An administrator can grant one"):
        rights.require(analyst, "audit.view_change")


def test_what_somebody_may_do_is_asked_once_for_roles_and_own_permissions(django_assert_num_queries):
    both = UserFactory(username="both", roles=["steward"], permissions=["audit.view_change"])
    nobody = UserFactory(username="nobody", roles=["steward"], is_active=False)

    with django_assert_num_queries(1):
        may = [
            both.has_perm(name) for name in ("glossary.review_term", "audit.view_change", "people.add_user")
        ]

    assert may == [True, True, False]
    assert not nobody.has_perm("glossary.review_term")


def test_a_right_that_is_taken_away_is_gone_at_the_next_request(client, db):
    auditor = UserFactory(role="auditor")
    client.force_login(auditor)
    assert client.get(reverse("audit:log")).status_code == 200

    auditor.groups.clear()

    assert client.get(reverse("audit:log")).status_code == 403


def test_a_permission_of_ones_own_counts_as_long_as_one_has_it(db):
    clerk = UserFactory()
    permission = Permission.objects.get(content_type__app_label="audit", codename="view_change")
    assert not reader_of(clerk).may("audit.view_change")

    clerk.user_permissions.add(permission)
    assert reader_of(clerk).may("audit.view_change")

    clerk.user_permissions.remove(permission)
    assert not reader_of(clerk).may("audit.view_change")
