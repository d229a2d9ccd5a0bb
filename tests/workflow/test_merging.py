"""Nothing of either side is lost when two changes meet, and a diff tells all of both texts."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflow.diff import Piece, changes, text, words
from apps.workflow.merging import merge

values = (
    st.none()
    | st.booleans()
    | st.integers(0, 3)
    | st.sampled_from(["net", "gross"])
    | st.lists(st.integers(0, 2), max_size=2)
)
contents = st.dictionaries(st.sampled_from(["definition", "category", "synonyms", "name"]), values)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_what_only_one_side_changed_is_taken_over():
    base = {"definition": "old", "category": "finance", "synonyms": []}

    merged = merge(base, {**base, "definition": "new"}, {**base, "category": "sales"})

    assert merged.content == {"definition": "new", "category": "sales", "synonyms": []}
    assert merged.clashes == ()


def test_what_both_changed_has_to_be_chosen():
    base = {"definition": "old"}

    merged = merge(base, {"definition": "mine"}, {"definition": "theirs"})

    (clash,) = merged.clashes
    assert (clash.field, clash.base, clash.yours, clash.theirs) == ("definition", "old", "mine", "theirs")
    assert merged.chosen({"definition": "yours"}) == {"definition": "mine"}
    assert merged.chosen({"definition": "theirs"}) == {"definition": "theirs"}


def test_the_same_change_on_both_sides_is_no_clash():
    assert merge({"a": 1}, {"a": 2}, {"a": 2}).clashes == ()


def test_a_field_that_one_side_removed_is_gone():
    assert merge({"a": 1, "b": 2}, {"b": 2}, {"a": 1, "b": 2}).content == {"b": 2}


@patient
@given(contents, contents)
def test_a_side_that_changed_nothing_leaves_the_other_as_it_is(base, other):
    assert merge(base, base, other).content == other
    assert merge(base, other, base).content == other


@patient
@given(contents, contents, contents)
def test_every_value_of_either_side_is_in_the_merge_or_among_the_clashes(base, yours, theirs):
    merged = merge(base, yours, theirs)
    clashing = {clash.field for clash in merged.clashes}

    for field, value in yours.items():
        if field not in clashing and (field not in base or base[field] != value):
            assert merged.content[field] == value
    assert {field for field in theirs if field not in merged.content} <= {
        field for field in base if field not in yours
    }


@patient
@given(contents, contents, contents)
def test_merging_is_the_same_from_either_side_where_nothing_clashes(base, yours, theirs):
    one, other = merge(base, yours, theirs), merge(base, theirs, yours)

    assert {clash.field for clash in one.clashes} == {clash.field for clash in other.clashes}
    if not one.clashes:
        assert one.content == other.content


@patient
@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_make_both_texts(before, after):
    pieces = words(before, after)

    assert "".join(piece.text for piece in pieces if piece.kind != "come") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after


def test_only_the_words_that_differ_are_marked():
    assert words("net of returns", "net of discounts") == [
        Piece("same", "net of "),
        Piece("gone", "returns"),
        Piece("come", "discounts"),
    ]


def test_a_very_long_text_is_shown_whole():
    before, after = "a " * 3000, "b " * 3000

    assert [piece.kind for piece in words(before, after)] == ["gone", "come"]


@patient
@given(contents, contents)
def test_changes_name_exactly_the_fields_that_differ(before, after):
    named = {change.field for change in changes(before, after)}

    assert all(
        before.get(field) != after.get(field) or type(before.get(field)) is not type(after.get(field))
        for field in named
    )
    assert all(before.get(field) == after.get(field) for field in {*before, *after} - named)


def test_values_read_as_people_write_them():
    assert text(["net", "gross"]) == "net, gross"
    assert text(None) == ""
    assert text({"b": 1, "a": [2]}) == '{"a": [2], "b": 1}'
