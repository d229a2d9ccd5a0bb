"""A look at data shows each reader what they may see, reads nothing else, and says what hides the rest."""

import datetime
from decimal import Decimal

import duckdb
import pytest
from django.db import connection
from django.urls import reverse

from apps.catalog.models import SourceSystem
from apps.payload import maskers, previews
from apps.payload.maskers import Mask, Shown
from apps.payload.sources import Unreadable
from apps.people.reader import reader_of
from tests.factories import CapsuleFactory, ColumnFactory
from tests.factories.people import UserFactory
from tests.factories.policy import MaskingRuleFactory, PolicyFactory

pytestmark = pytest.mark.django_db
MARKER = "ana.secret@example.com"
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
SEEING = ("steward", "producer", "policy_admin", "contract_owner", "auditor")


@pytest.fixture
def root(tmp_path, settings):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path)], str(tmp_path / "work")
    return tmp_path


@pytest.fixture
def orders(root):
    duckdb.sql(
        f"SELECT range AS id, '{MARKER}' AS email, (range / 4)::DECIMAL(10,2) AS amount FROM range(30)"
    ).write_parquet(str(root / "orders.parquet"))
    capsule = CapsuleFactory(name="orders", storage_location="orders.parquet", source_system=None)
    for name in ("id", "email", "amount"):
        ColumnFactory(capsule=capsule, name=name)
    return capsule


def reader(role="steward"):
    return reader_of(UserFactory(role=role))


def seen(capsule, by):
    return previews.look(previews.asked(capsule, by))


def withheld(shown):
    return {heading.name: heading.withheld for heading in shown.headings if heading.withheld}


def masked(shown):
    return {heading.name: heading.masked for heading in shown.headings if heading.masked}


def values(shown, name):
    place = [heading.name for heading in shown.headings].index(name)
    return [row[place].text for row in shown.rows]


def test_the_first_rows_and_what_the_data_says_of_itself_are_shown(orders, root):
    shown = seen(orders, reader())

    assert len(shown.rows) == previews.ROWS
    assert shown.more_rows
    assert values(shown, "amount")[:3] == ["0.00", "0.25", "0.50"]
    assert (shown.row_count, shown.files) == (30, 1)
    assert shown.bytes == (root / "orders.parquet").stat().st_size
    assert abs(shown.changed_at.timestamp() - (root / "orders.parquet").stat().st_mtime) < 0.001
    assert withheld(shown) == {}


@pytest.mark.parametrize(
    ("hide", "says"),
    [
        (lambda email: PolicyFactory(capsule=email.capsule, denied_roles=["steward"], active=True), "P-"),
        (lambda email: PolicyFactory(column=email, allowed_roles=["auditor"], active=True), "P-"),
        (
            lambda email: PolicyFactory(column=email, sensitivity_level="restricted", active=True),
            "restricted",
        ),
    ],
    ids=["role denied", "other roles", "level"],
)
def test_a_value_that_a_policy_withholds_is_not_shown_and_the_heading_says_what_hides_it(orders, hide, says):
    hide(orders.columns.get(name="email"))

    shown = seen(orders, reader())

    assert says in withheld(shown)["email"]
    assert MARKER not in repr(shown)


def test_a_rule_that_is_off_or_for_other_roles_and_a_policy_not_in_force_hide_nothing(orders):
    email = orders.columns.get(name="email")
    MaskingRuleFactory(column=email, enabled=False, exempt_roles=[])
    MaskingRuleFactory(column=email, applies_to_roles=["analyst"], exempt_roles=[])
    PolicyFactory(column=email, requires_masking=True)

    assert values(seen(orders, reader()), "email")[0] == MARKER


def test_what_hides_a_value_is_not_named_to_who_may_not_know_of_it(orders):
    rule = MaskingRuleFactory(column=orders.columns.get(name="email"), name="witness_list", exempt_roles=[])
    type(rule).objects.filter(pk=rule.pk).update(visibility_rank=5)

    assert masked(seen(orders, reader()))["email"] == "a masking rule"


def test_below_the_clearance_for_values_no_value_is_read(orders, monkeypatch):
    read = []
    monkeypatch.setattr(previews, "cell", read.append)
    orders.columns.filter(name="email").update(pii_type="email")

    shown = seen(orders, reader("analyst"))

    assert withheld(shown) == {
        "id": "values need the clearance confidential",
        "email": "personal data",
        "amount": "values need the clearance confidential",
    }
    assert read == shown.rows == []
    assert shown.row_count == 30


def test_a_column_beyond_the_reader_s_level_is_withheld_and_one_they_do_not_know_of_is_not_there(orders):
    orders.columns.filter(name="email").update(sensitivity_rank=4)
    orders.columns.filter(name="amount").update(sensitivity_rank=5, visibility_rank=5)

    shown = seen(orders, reader())

    assert withheld(shown) == {"email": "its level is restricted"}
    assert [heading.name for heading in shown.headings] == ["id", "email"]
    assert "amount" not in repr(shown)


def test_a_column_that_the_catalogue_does_not_know_shows_nothing(orders):
    orders.columns.filter(name="email").delete()

    assert withheld(seen(orders, reader())) == {"email": "not in the catalogue"}


def test_without_any_masker_nothing_is_shown(orders, monkeypatch):
    monkeypatch.setattr(maskers, "_maskers", [])

    shown = seen(orders, reader("auditor"))

    assert set(withheld(shown)) == {"id", "email", "amount"}
    assert shown.rows == []


def test_a_mask_that_can_be_carried_out_shows_what_it_makes_of_the_value_and_withholding_is_stricter(
    orders, monkeypatch
):
    email = orders.columns.get(name="email")
    cut = Mask("initials", lambda values, rows: Shown([value[:1] + "…" for value in values]))
    monkeypatch.setattr(maskers, "_maskers", [*maskers._maskers, lambda reader, columns: {email.pk: cut}])

    shown = seen(orders, reader())
    assert values(shown, "email")[0] == "a…"
    assert next(one for one in shown.headings if one.name == "email").masked == "initials"

    PolicyFactory(column=email, allowed_roles=["auditor"], active=True)
    assert "P-" in withheld(seen(orders, reader()))["email"]


def test_an_empty_table_a_wide_one_and_long_values_are_shown_as_far_as_they_fit(root):
    duckdb.sql("SELECT 1 AS id LIMIT 0").write_parquet(str(root / "empty.parquet"))
    wide = ", ".join(f"{number} AS c{number}" for number in range(2000))
    duckdb.sql(f"SELECT {wide}").write_parquet(str(root / "wide.parquet"))
    empty = CapsuleFactory(name="empty", storage_location="empty.parquet", source_system=None)
    ColumnFactory(capsule=empty, name="id")

    shown = seen(empty, reader())
    assert (shown.rows, shown.row_count, shown.more_rows) == ([], 0, False)
    shown = seen(CapsuleFactory(name="wide", storage_location="wide.parquet", source_system=None), reader())
    assert (len(shown.headings), shown.more_columns) == (50, 1950)


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (None, "", "null"),
        (b"ab", "2", "bytes"),
        (Decimal("1.50"), "1.50", "number"),
        (float("nan"), "nan", "number"),
        (True, "true", "text"),
        (datetime.date(2026, 1, 31), "2026-01-31", "text"),
        ({"city": "Lyon", "tags": [None, 1]}, "{city: Lyon, tags: [null, 1]}", "text"),
    ],
)
def test_a_value_is_written_as_people_read_it(value, text, kind):
    assert (previews.cell(value).text, previews.cell(value).kind) == (text, kind)


def test_a_long_value_is_cut():
    found = previews.cell("x" * 5000)

    assert (len(found.text), found.is_cut) == (previews.LONGEST, True)


# ---------- page and API ----------


def url(capsule):
    return reverse("payload:preview", args=[capsule.urn])


def test_the_tab_offers_a_look_and_the_look_works_without_scripts(client, orders):
    client.force_login(UserFactory(role="steward"))

    tab = client.get(reverse("catalog:dimension", args=[orders.urn, "payload"])).content.decode()
    page = client.get(url(orders))

    assert url(orders) in tab
    assert MARKER not in tab
    assert "read_parquet" in tab
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert MARKER in page.content.decode()
    assert "30 rows" in page.content.decode()


def test_htmx_gets_the_rows_alone(client, orders):
    client.force_login(UserFactory(role="steward"))

    said = client.get(url(orders), headers={"HX-Request": "true", "HX-Target": "preview"}).content.decode()

    assert MARKER in said
    assert "<html" not in said


def test_a_capsule_without_a_source_says_what_is_missing(client, db):
    nowhere = CapsuleFactory(storage_location=None, source_system=None)
    client.force_login(UserFactory(role="steward"))

    tab = client.get(reverse("catalog:dimension", args=[nowhere.urn, "payload"])).content.decode()
    page = client.get(url(nowhere))
    answer = client.get(f"/api/v1/capsules/{nowhere.urn}/preview")

    assert "Nobody has named its location" in tab
    assert page.status_code == answer.status_code == 409
    assert "No source says where" in answer.json()["detail"]
    assert answer.json()["code"] == "no_data_source"


def test_no_transaction_waits_for_the_data(client, orders, monkeypatch):
    held, look, here = [], previews.look, len(connection.savepoint_ids)
    monkeypatch.setattr(
        previews, "look", lambda asked: held.append(len(connection.savepoint_ids)) or look(asked)
    )
    client.force_login(UserFactory(role="steward"))

    client.get(url(orders))
    client.get(f"/api/v1/capsules/{orders.urn}/preview")

    assert held == [here, here]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_page_and_api_and_sees_values_from_its_clearance_on(client, orders, role):
    client.force_login(UserFactory(role=role))

    page, answer = client.get(url(orders)), client.get(f"/api/v1/capsules/{orders.urn}/preview")

    assert page.status_code == answer.status_code == 200
    assert (MARKER in page.content.decode()) == (role in SEEING)
    assert (MARKER in answer.content.decode()) == (role in SEEING)


def test_strangers_and_those_who_may_not_know_of_it_reach_nothing(client, orders):
    assert client.get(url(orders)).url.startswith("/sign-in/")
    assert client.get(f"/api/v1/capsules/{orders.urn}/preview").status_code == 401
    type(orders).objects.filter(pk=orders.pk).update(visibility_rank=5, sensitivity_rank=5)
    client.force_login(UserFactory(role="steward"))

    assert client.get(url(orders)).status_code == 404
    assert client.get(f"/api/v1/capsules/{orders.urn}/preview").status_code == 404
    assert client.post(url(orders)).status_code == 405


def test_the_api_tells_values_as_texts_and_what_masks_the_others(client, orders):
    MaskingRuleFactory(column=orders.columns.get(name="email"), name="hide_email", exempt_roles=[])
    client.force_login(UserFactory(role="steward"))

    answer = client.get(f"/api/v1/capsules/{orders.urn}/preview").json()

    assert answer["capsule_urn"] == orders.urn
    assert answer["columns"][1] == {
        "name": "email",
        "data_type": "VARCHAR",
        "withheld": None,
        "masked": "masking rule hide_email",
        "method": "partial_redaction",
        "failed": 0,
    }
    assert answer["rows"][2] == ["2", "a*********@example.com", "0.50"]
    assert answer["row_count"] == 30


def test_where_a_server_stands_is_told_to_those_alone_who_may_know_and_never_a_secret(client, db):
    facts = {
        "engine": "postgres",
        "host": "warehouse.example.org",
        "port": 5432,
        "database": "shop",
        "user": "reader",
        "password": "env:SHOP_PASSWORD",
    }
    system = SourceSystem.objects.create(name="warehouse", kind="postgres", connection=facts)
    capsule = CapsuleFactory(name="orders", schema_name="public", storage_location=None, source_system=system)

    said = {}
    for role in ("analyst", "steward"):
        client.force_login(UserFactory(role=role))
        said[role] = client.get(reverse("catalog:dimension", args=[capsule.urn, "payload"])).content.decode()

    assert "host=warehouse.example.org" in said["steward"]
    assert "warehouse.example.org" not in said["analyst"]
    assert "SHOP_PASSWORD" not in said["analyst"] + said["steward"]


def test_data_that_does_not_answer_in_time_is_told_in_a_sentence(orders, monkeypatch):
    monkeypatch.setattr(previews, "DEADLINE_S", 0)

    with pytest.raises(Unreadable):
        seen(orders, reader())


def test_a_table_of_a_server_and_a_text_file_are_looked_at_alike(warehouse, root):
    facts, owner = warehouse
    owner.execute(
        "CREATE TABLE orders (id int, placed timestamptz, tags text[], body bytea); GRANT SELECT ON orders TO shop_reader;"
        " INSERT INTO orders VALUES (1, '2026-01-31 12:00+02', '{new,late}', 'abc'), (2, NULL, NULL, NULL)"
    )
    (root / "orders.csv").write_text("id,placed\n1,2026-01-31\n2,soon\n")
    served = CapsuleFactory(name="orders", schema_name="public", storage_location=None)
    served.source_system = SourceSystem(name="shop", connection=facts)
    filed = CapsuleFactory(name="sent", storage_location="orders.csv", source_system=None)
    for name in ("id", "placed", "tags", "body"):
        ColumnFactory(capsule=served, name=name)
    ColumnFactory(capsule=filed, name="id", data_type="bigint")
    ColumnFactory(capsule=filed, name="placed", data_type="date")

    shown = seen(served, reader())
    assert [cell.text for cell in shown.rows[0]] == ["1", "2026-01-31 10:00:00+00:00", "[new, late]", "3"]
    assert (shown.row_count, shown.bytes, shown.changed_at) == (2, None, None)
    shown = seen(filed, reader())
    assert [[cell.text for cell in row] for row in shown.rows] == [["1", "2026-01-31"], ["2", ""]]
    assert (shown.row_count, shown.bytes) == (2, (root / "orders.csv").stat().st_size)
    assert shown.unreadable == {"placed": 1}
