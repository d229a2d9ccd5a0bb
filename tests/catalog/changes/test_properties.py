import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.changes.classify import classify
from apps.catalog.changes.codes import CODES, DIMENSIONS
from apps.catalog.changes.hunks import hunks
from apps.catalog.documents.normal import again

from .documents import documents, orders

PAIRS = [
    "type_widened type_narrowed", "type_undetermined type_declared", "nullability_tightened nullability_loosened",
    "pk_added pk_removed", "unique_added unique_removed", "fk_added fk_removed", "check_added check_removed",
    "default_added default_removed", "unit_added unit_changed", "enum_extended enum_narrowed",
    "enum_dropped enum_narrowed", "range_loosened range_tightened", "pattern_added pattern_changed",
    "rule_added rule_removed", "rule_loosened rule_tightened", "sensitivity_raised sensitivity_lowered",
    "access_narrowed access_widened", "masking_added masking_removed", "region_narrowed region_widened",
    "retention_shorter retention_longer", "safeguard_added safeguard_removed", "sla_weaker sla_stronger",
    "support_lowered support_raised", "support_contact_removed support_contact_changed",
    "contract_weakened contract_strengthened", "deprecation_set deprecation_removed",
    "deprecation_earlier deprecation_later", "consumer_added consumer_removed", "contract_withdrawn contract_activated",
]  # fmt: skip
ITSELF = (
    "type_changed type_undetermined pk_changed pk_reordered fk_target check_changed default_changed column_reordered"
    " unit_changed value_domain_changed pattern_changed meaning_changed docs_changed rule_changed masking_changed"
    " lineage_changed schedule_changed support_contact_changed identity_changed other_metadata"
).split()
REVERSE = {code: {code} for code in ITSELF}
for pair in PAIRS:
    one, other = pair.split()
    REVERSE.setdefault(one, set()).add(other)
    REVERSE.setdefault(other, set()).add(one)

COLUMNS = ("order_id", "total", "status")
quick = settings(max_examples=100, deadline=None)


def told(changes):
    """Changes without their order and the places of things in lists."""
    return sorted(
        f"{each.code} {each.name} {each.consumer} {each.producer} {sorted(each.impact)} {each.undetermined}"
        for each in changes
    )


@given(documents())
@quick
def test_a_document_does_not_differ_from_itself(document):
    assert classify(document, copy.deepcopy(document)) == []
    assert classify(document, json.loads(json.dumps(document))) == []


@given(documents(COLUMNS), documents(COLUMNS))
@quick
def test_every_change_has_a_reverse(old, new):
    back = classify(new, old)
    one_contract = bool(old.get("contract")) is not bool(new.get("contract"))

    for change in classify(old, new):
        if change.dimension == "contract" and one_contract:
            continue  # a contract that is dropped is one change, one that is made is each promise
        # An unnamed key is called by its columns, so it may have another name the other way.
        kinds = {
            each.code for each in back if each.name == change.name or each.kind == change.kind != "column"
        }
        reverse = REVERSE[change.code] | ({change.code} if change.undetermined else set())
        assert reverse & kinds, (change, [each.code for each in back])


@given(documents(), documents())
@quick
def test_columns_that_come_one_way_go_the_other(old, new):
    there, back = classify(old, new), classify(new, old)

    added = {each.name for each in there if each.code.startswith("column_added")}
    assert added == {each.name for each in back if each.code == "column_removed"}


def shuffled(value, random):
    """The same document with its sets and the keys of its objects in another order."""
    if isinstance(value, dict):
        items = [(key, _list(key, inner, random)) for key, inner in value.items()]
        random.shuffle(items)
        return dict(items)
    return value


def _list(key, value, random):
    if not isinstance(value, list):
        return shuffled(value, random)
    inner = [shuffled(each, random) for each in value]
    if key in ("columns", "key"):  # the order of columns and of a key's parts means something
        return inner
    random.shuffle(inner)
    return inner


@given(documents(), documents(), st.randoms(use_true_random=False))
@quick
def test_the_order_of_sets_and_keys_makes_no_change(old, new, random):
    assert classify(old, shuffled(old, random)) == []
    assert told(classify(old, shuffled(new, random))) == told(classify(old, new))
    assert told(classify(shuffled(old, random), new)) == told(classify(old, new))


@given(documents(), documents())
@quick
def test_changes_are_ordered_and_can_be_shown_and_said(old, new):
    changes = classify(old, new)

    places = [DIMENSIONS.index(change.dimension) for change in changes]
    assert places == sorted(places)
    assert changes == classify(old, new)
    for change in changes:
        json.dumps(change.item())
        assert change.code in CODES
        assert str(change.why_consumer)
        assert str(change.why_producer)
    shown = hunks(changes)
    assert tuple(shown) == DIMENSIONS
    assert sum(map(len, shown.values())) == len(changes)


@given(documents())
@quick
def test_a_capsule_is_made_and_retired_whole(document):
    made, retired = classify(None, document), classify(document, None)

    assert made[0].code == "capsule_created"
    assert {change.action for change in made} == {"create"}
    assert [change.code for change in retired] == ["capsule_retired"]
    assert classify(None, None) == []


def test_a_hunk_shows_the_words_that_differ():
    new = orders()
    new["description"] = "Staged order payments from source system"

    (hunk,) = hunks(classify(orders(), new))["semantic"]

    (field,) = hunk.fields
    assert [(piece.kind, piece.text) for piece in field.now if piece.kind != "same"] == [("come", "payments")]


@given(documents())
@quick
def test_bringing_a_document_to_its_canonical_form_makes_no_change(document):
    assert classify(document, again(document)) == []


def test_the_example_to_compare_with_is_canonical():
    assert again(orders()) == orders()
