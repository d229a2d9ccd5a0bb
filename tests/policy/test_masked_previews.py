"""What a reader sees of data is what rules and policies say: clear, masked by the rule that decides, or not at all."""

import json

import duckdb
import pytest
from django.test.utils import CaptureQueriesContext

from apps.dcs import keyring
from apps.payload import maskers, previews
from apps.people.reader import reader_of
from apps.policy import masking
from tests.factories import CapsuleFactory, ColumnFactory
from tests.factories.people import UserFactory
from tests.factories.policy import MaskingRuleFactory, PolicyFactory

pytestmark = pytest.mark.django_db
CLEAR = "ana.secret@example.com"
CARD = "4111111111111111"


@pytest.fixture
def people(tmp_path, settings):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path)], str(tmp_path / "work")
    rows = f"(1, '{CLEAR}', '{CARD}', 'DE'), (2, 'bo@example.com', '12', 'AT'), (3, NULL, '', NULL)"
    duckdb.sql(f"SELECT * FROM (VALUES {rows}) t(id, email, card, country)").write_parquet(
        str(tmp_path / "people.parquet")
    )
    capsule = CapsuleFactory(name="people", storage_location="people.parquet", source_system=None)
    ColumnFactory(capsule=capsule, name="id", data_type="INTEGER")
    for name in ("email", "card", "country"):
        ColumnFactory(capsule=capsule, name=name, data_type="VARCHAR")
    return capsule


def reader(role="steward", **about):
    return reader_of(UserFactory(role=role), **about)


def seen(capsule, by):
    return previews.look(previews.asked(capsule, by))


def values(shown, name):
    place = [heading.name for heading in shown.headings].index(name)
    return [row[place].text if row[place].kind != "withheld" else None for row in shown.rows]


def heading(shown, name):
    return next(one for one in shown.headings if one.name == name)


def hide(capsule, column="email", **about):
    return MaskingRuleFactory(column=capsule.columns.get(name=column), **{"exempt_roles": [], **about})


def test_a_rule_shows_masked_values_to_everybody_who_may_see_the_column(people):
    hide(people, name="hide_email")

    for role in ("steward", "auditor", "analyst"):
        shown = seen(people, reader(role))

        assert values(shown, "email") == ["a*********@example.com", "b*@example.com", ""]
        assert heading(shown, "email").masked == "masking rule hide_email"
        assert heading(shown, "email").method == "partial_redaction"
        assert CLEAR not in repr(shown)


def test_the_lowest_priority_that_applies_decides_and_nothing_masks_twice(people):
    hide(people, name="later", method="redaction", config={}, priority=20)
    hide(people, name="first", method="data_masking", config={}, priority=10)

    shown = seen(people, reader())

    assert values(shown, "email")[0] == "xxx.xxxxxx@xxxxxxx.xxx"
    assert heading(shown, "email").masked == "masking rule first"


def test_an_exempt_role_sees_the_value_unless_a_policy_denies_it_and_a_token_never_does(people):
    hide(people, exempt_roles=["steward"], applies_to_roles=["analyst"])

    assert values(seen(people, reader("steward")), "email")[0] == CLEAR
    assert values(seen(people, reader("steward", via="token")), "email")[0] != CLEAR
    assert values(seen(people, reader("analyst")), "email")[0] == "a*********@example.com"

    PolicyFactory(column=people.columns.get(name="email"), denied_roles=["steward"], active=True)
    assert values(seen(people, reader("steward")), "email")[0] == "a*********@example.com"


def test_an_exemption_does_not_lift_the_level(people):
    hide(people, exempt_roles=["steward", "auditor"])
    PolicyFactory(
        column=people.columns.get(name="email"),
        sensitivity_level="restricted",
        requires_masking=True,
        active=True,
    )

    assert heading(seen(people, reader("steward")), "email").withheld
    assert values(seen(people, reader("auditor")), "email")[0] == CLEAR


def test_a_condition_masks_some_rows_and_what_is_unknown_counts_as_true(people):
    hide(people, condition="country = 'DE'", method="redaction", config={})

    shown = seen(people, reader())

    assert values(shown, "email") == ["********", "bo@example.com", ""]
    assert heading(shown, "email").masked.endswith("for some rows")


def test_a_condition_that_cannot_be_read_masks_every_row(people):
    hide(people, condition="country = (SELECT 1)", method="redaction", config={})

    assert values(seen(people, reader()), "email")[:2] == ["********"] * 2


def test_a_condition_over_a_column_that_the_data_lacks_masks_every_row(people):
    ColumnFactory(capsule=people, name="consent", data_type="BOOLEAN")
    hide(people, condition="consent = FALSE", method="redaction", config={})

    assert values(seen(people, reader()), "email")[:2] == ["********"] * 2


def test_a_condition_shows_nothing_of_a_column_that_the_reader_may_not_see(people):
    hide(people, condition="card = '12'", method="redaction", config={})
    PolicyFactory(column=people.columns.get(name="card"), allowed_roles=["auditor"], active=True)

    shown = seen(people, reader())

    assert values(shown, "email") == [CLEAR, "********", ""]
    assert values(shown, "card") == [None] * 3
    assert CARD not in repr(shown)


def test_a_policy_that_asks_for_masking_masks_by_its_method_else_by_redaction(people):
    card, email = (people.columns.get(name=name) for name in ("card", "email"))
    PolicyFactory(column=email, requires_masking=True, masking_method="data_masking", active=True)
    PolicyFactory(column=card, requires_masking=True, active=True)

    shown = seen(people, reader())

    assert values(shown, "email")[0] == "xxx.xxxxxx@xxxxxxx.xxx"
    assert values(shown, "card") == ["********"] * 3
    assert "P-" in heading(shown, "card").masked


def test_a_value_that_cannot_be_masked_is_hidden_and_counted(people):
    hide(people, column="card", method="format_preserving_encryption", config={"alphabet": "digits"})

    shown = seen(people, reader())

    first, second, third = values(shown, "card")
    assert len(first) == 16
    assert first not in (CARD, "")
    assert (second, third) == ("********", "")
    assert heading(shown, "card").failed == 1


@pytest.mark.parametrize("state", ["missing", "retired"])
def test_without_its_key_a_rule_shows_nothing(people, settings, state):
    hide(people, method="hashing", config={}, meta={"kid": "masking-1"})
    ring = json.loads((settings.VAR_DIR / "keys.json").read_text())
    other = keyring.new_key("masking")
    lost = other | {"kid": "masking-1", "state": "retired"}
    kept = [key for key in ring["keys"] if key["purpose"] != "masking"]
    settings.DCS_KEYS = json.dumps({"keys": [*kept, lost if state == "retired" else other]})

    shown = seen(people, reader())

    assert values(shown, "email") == [""] * 3
    assert CLEAR not in repr(shown)
    assert heading(shown, "email").failed == 3


def test_a_method_that_breaks_down_hides_the_value_and_does_not_repeat_it(people, monkeypatch):
    hide(people, method="redaction", config={})

    def broken(rule, keys):
        def one(value):
            raise ValueError(f"cannot mask {value}")

        return one

    monkeypatch.setitem(
        masking.METHODS,
        "redaction",
        masking.METHODS["redaction"].__class__("redaction", masking.METHODS["redaction"].kinds, one=broken),
    )
    shown = seen(people, reader())

    assert values(shown, "email") == [""] * 3
    assert CLEAR not in repr(shown)
    assert heading(shown, "email").failed == 2


def test_masking_many_columns_takes_as_many_queries_as_masking_one(people, django_assert_max_num_queries):
    from django.db import connection

    columns = list(people.columns.all())
    hide(people, condition="country = 'DE'")
    by = reader()
    with CaptureQueriesContext(connection) as few:
        maskers.masks(by, columns)
    for number in range(15):
        columns.append(ColumnFactory(capsule=people, name=f"extra_{number}"))
        hide(people, column=f"extra_{number}", condition="country = 'DE'")

    with CaptureQueriesContext(connection) as many:
        found = maskers.masks(by, columns)

    assert len(found) == 16
    assert len(many) == len(few)
