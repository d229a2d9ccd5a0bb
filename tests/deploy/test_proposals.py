"""From a document to the rows of a form and back, without Django and database."""

from hypothesis import HealthCheck, given, settings

from apps.catalog import documents
from apps.deploy import proposals
from tests.factories.documents import capsule_documents

COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "DECIMAL(18,2)"}]


def said_of(document, **rows):
    """What the form of a document says when nobody has touched it."""
    tables = {
        "columns": proposals.columns_of(document),
        "keys": proposals.keys_of(document),
        "indexes": proposals.indexes_of(document),
    }
    return proposals.Said(proposals.about_of(document), **(tables | rows))


def proposed(document, said):
    return proposals.proposal(document, said, urn=document["urn"], name=document["name"])


def as_a_browser_sends(said):
    """Other ends of lines, and no blanks at the edges."""

    def sent(value):
        return value.replace("\n", "\r\n").strip() if isinstance(value, str) else value

    def row(each):
        # A field of one line keeps no ends of lines; only longer texts have them.
        return {key: sent(value) if key in ("description",) else value for key, value in each.items()}

    about = {key: sent(value) if key == "description" else value for key, value in said.about.items()}
    return proposals.Said(about, [row(each) for each in said.columns], said.keys, said.indexes)


@given(capsule_documents())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_form_that_nobody_touched_proposes_nothing(content):
    document = documents.canonical(content)

    untouched = proposed(document, said_of(document))
    sent = proposed(document, as_a_browser_sends(said_of(document)))

    assert untouched.capsule.keys() == {"urn", "name"}
    assert sent.capsule.keys() == {"urn", "name"}


@given(capsule_documents())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_new_column_is_all_that_a_new_row_brings(content):
    document = documents.canonical(content)
    columns = proposals.columns_of(document)
    row = {"was": "", "name": "brand_new", "data_type": "INT", "nullable": True, "description": ""}

    found = proposed(document, said_of(document, columns=[*columns, row])).capsule

    before = document.get("schema", {})
    assert found.keys() == {"urn", "name", "schema"}
    assert found["schema"]["columns"] == [
        *before.get("columns", ()),
        {"name": "brand_new", "data_type": "INT"},
    ]
    assert {**before, "columns": None} == {**found["schema"], "columns": None}


def test_a_problem_is_traced_to_the_row_and_field_that_it_comes_from():
    document = {"urn": "urn:dcs:dbt:model:shop:orders", "name": "orders", "schema": {"columns": COLUMNS}}
    key = {"was": "", "type": "check", "columns": "amount", "name": "", "says": "amount >", "on_delete": ""}

    found = proposed(document, said_of(document, keys=[None, key]))

    assert found.place("/data_capsule/schema/columns/1/data_type") == ("columns", 1, ["data_type"])
    assert found.place("/data_capsule/schema/columns/1/constraints/0/expression") == (
        "keys",
        1,
        ["expression"],
    )
    assert found.place("/data_capsule/location") == ("about", "location", [])
    assert found.place("/data_capsule/quality_rules/0") is None


def test_of_three_states_mine_is_laid_over_theirs():
    base = {"columns": COLUMNS, "indexes": [{"name": "a"}, {"name": "b"}]}
    mine = {
        "columns": [
            COLUMNS[0],
            {"name": "amount", "data_type": "DECIMAL(20,2)"},
            {"name": "mine", "data_type": "INT"},
        ],
        "indexes": [{"name": "b"}, {"name": "c"}],
    }
    theirs = {
        "columns": [
            {"name": "order_id", "data_type": "BIGINT"},
            COLUMNS[1],
            {"name": "theirs", "data_type": "INT"},
        ],
        "indexes": [{"name": "a"}, {"name": "b"}, {"name": "d"}],
    }

    found = proposals.merged(base, mine, theirs)

    assert [(each["name"], each["data_type"]) for each in found["columns"]] == [
        ("order_id", "BIGINT"),
        ("amount", "DECIMAL(20,2)"),
        ("mine", "INT"),
        ("theirs", "INT"),
    ]
    assert [each["name"] for each in found["indexes"]] == ["b", "d", "c"]


def test_a_column_that_a_colleague_retired_stays_retired_unless_i_changed_it():
    base = {"columns": COLUMNS}
    theirs = {"columns": COLUMNS[:1]}

    untouched = proposals.merged(base, {"columns": [*COLUMNS, {"name": "new", "data_type": "INT"}]}, theirs)

    assert [each["name"] for each in untouched["columns"]] == ["order_id", "new"]
