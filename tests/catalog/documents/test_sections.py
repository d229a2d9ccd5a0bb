"""What a section that is left out means, and one that is empty; and the hashes that follow."""

from pathlib import Path

from apps.catalog import documents

from .test_canonical_form import COLUMNS, read, said


def test_a_section_that_is_emptied_is_not_a_section_that_is_left_out():
    left, emptied = (
        read("  status: new\n"),
        read("  status: new\n  tags: []\n  contract: {}\n  description: ''\n"),
    )

    assert left.canonical == emptied.canonical
    assert emptied.emptied == {"tags", "contract", "description"}
    assert left.hash != emptied.hash


def test_statistics_take_no_part_in_the_hash():
    assert read("  statistics: {row_count: 1}\n").hash == read("").hash


def test_what_a_document_leaves_out_is_left_alone():
    state = said(
        "  description: Orders\n  tags: [daily]\n  lineage: {upstream: ['urn:dcs:a:b:c:d'], transformation: {language: sql}}\n"
        + COLUMNS
    )
    document = read("  tags: []\n  lineage: {upstream: []}\n  owner: finance\n")

    wanted = document.over(state)

    assert wanted["description"] == "Orders"
    assert wanted["owner"] == "finance"
    assert "tags" not in wanted
    assert wanted["lineage"] == {"transformation": {"language": "sql"}}
    assert wanted["schema"] == state["schema"]


def test_a_document_over_its_own_state_changes_nothing():
    document = documents.read((Path(__file__).parent / "appendix_a.yaml").read_bytes()).documents[0]

    assert document.over(None) == document.canonical
    assert document.over(document.canonical) == document.canonical


def test_history_is_only_added_to():
    state = said("  version_history: [{version: '1.0', date: 2024-01-01}]\n")
    document = read("  version_history: [{version: '1.1'}]\n")

    assert [entry["version"] for entry in document.over(state)["version_history"]] == ["1.1", "1.0"]


def test_the_hashes_of_a_state():
    state = said(COLUMNS + "  statistics: {row_count: 1}\n  version_history: [{version: '1.0'}]\n")

    assert documents.state_hash(None, None) == "absent"
    assert documents.state_hash(state, 1) != documents.state_hash(state, 2)
    assert documents.version_hash(state) == documents.version_hash(said(COLUMNS))
    assert len(documents.version_hash(state)) == 64


def test_a_policy_without_an_end_may_begin_in_the_last_year_there_is():
    policies = {"sensitivity_level": "internal", "effective_from": "9999-12-31"}
    found = documents.canonical(
        {"urn": "urn:dcs:dbt:model:shop:orders", "name": "orders", "policies": policies}
    )

    assert found["policies"]["effective_from"] == "9999-12-31"
