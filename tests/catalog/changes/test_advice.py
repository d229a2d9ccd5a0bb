import pytest

from apps.catalog.changes.advice import advise, concerned, suggestions
from apps.catalog.changes.classify import classify

from .documents import capsule, column, orders

DESCRIBED = classify(capsule(description="a"), capsule(description="b"))
ADDED = classify(capsule(column("id")), capsule(column("id"), column("note")))
NOTICED = classify(capsule(column("id", "INT")), capsule(column("id", "BIGINT")))
BROKEN = classify(capsule(column("id"), column("note")), capsule(column("id")))


@pytest.mark.parametrize(
    ("changes", "version", "part", "fitting"),
    [
        (BROKEN, "2.1.1", "major", "3.0.0"),
        (BROKEN, "2.9.0", "major", "3.0.0"),
        (NOTICED, "2.1.1", "minor", "2.2.0"),
        (ADDED, "2.1.0", "minor", "2.2.0"),
        (DESCRIBED, "2.1.0", "patch", "2.1.1"),
        (DESCRIBED, "2.0.9", "patch", "2.1.1"),
    ],
)
def test_a_version_that_moves_too_little_is_a_warning(changes, version, part, fitting):
    advice = advise(changes, "2.1.0", version)

    assert (advice.code, advice.part, advice.version) == ("W221", part, fitting)
    assert fitting in advice.message


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        (BROKEN, "2.1.0", "3.0.0"),
        (ADDED, "2.1.0", "2.2.0"),
        (DESCRIBED, "2.1.0", "2.1.1"),
        (DESCRIBED, "2.1.0", "3.0.0"),
        (BROKEN, "2.1", "2.2"),
        (BROKEN, None, "2.2.0"),
        (BROKEN, "spring", "summer"),
        ([], "2.1.0", "2.1.0"),
    ],
)
def test_no_advice_where_the_version_fits_or_cannot_be_read(changes, old, new):
    assert advise(changes, old, new) is None


def test_a_rename_is_suggested_only_where_one_column_left_and_one_came_alike():
    old = capsule(column("a"), column("b"))

    assert [each.new for each in suggestions(old, capsule(column("a"), column("c")))] == ["c"]
    assert suggestions(old, capsule(column("a"), column("c", "TEXT"))) == []
    assert suggestions(old, capsule(column("c"), column("a"))) == []
    assert suggestions(old, capsule(column("c"), column("d"))) == []
    assert suggestions(None, old) == []


def test_producers_are_told_with_the_pipelines_that_deliver():
    new = orders()
    new["schema"]["columns"].append(column("channel", "STRING", is_nullable=False))
    new["schema"]["columns"].append(column("region", "STRING", is_nullable=False))
    source = "urn:dcs:dbt:source:jaffle_shop.raw:raw_orders.channel"
    new["lineage"]["columns"] = {"channel": [source]}

    told = {each.change.name: each.upstream for each in concerned(classify(orders(), new), new)}

    assert told["channel"] == (source,)
    assert told["region"] == tuple(orders()["lineage"]["upstream"])


def test_a_sentence_can_be_read_in_another_language():
    (change,) = ADDED

    assert str(change.why_consumer) == "Readers gain note; nothing they use moves."
    german = {"Readers gain %(name)s; nothing they use moves.": "Neu: %(name)s."}
    assert change.why_consumer.read(german.__getitem__) == "Neu: note."
