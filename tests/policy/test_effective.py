from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.dcs.periods import Period
from apps.policy.effective import (
    ACCESS_LEVELS,
    CAPSULE,
    COLUMN,
    ENCRYPTIONS,
    FACETS,
    LEVELS,
    UPSTREAM,
    Keeping,
    Stated,
    Upstream,
    effective,
    strictest,
)
from apps.policy.levels import Level, levels, relevel

TODAY = date(2026, 11, 24)
ROLES = ("analyst", "steward", "support")
REGIONS = ("EU", "US", "ch", "multi_region")
words = lambda among: st.lists(st.sampled_from(among), max_size=3)  # noqa: E731
periods = st.builds(Period, st.integers(0, 120), st.integers(0, 800), st.just(0))
texts = st.fixed_dictionaries(
    {"sensitivity_level": st.sampled_from(LEVELS)},
    optional={
        "min_access_level": st.sampled_from([None, *ACCESS_LEVELS]),
        "allowed_roles": words(ROLES),
        "denied_roles": words(ROLES),
        "approved_purposes": words(("analytics", "reporting")),
        "prohibited_purposes": words(("marketing", "profiling")),
        "retention_period": st.none() | periods,
        "retention_start": st.sampled_from([None, "ingestion", "business_date"]),
        "deletion_action": st.sampled_from([None, "hard_delete", "anonymize", "archive"]),
        "legal_hold": st.booleans(),
        "allowed_regions": words(REGIONS),
        "restricted_regions": words(REGIONS),
        "data_residency": st.sampled_from([None, *REGIONS]),
        "cross_border_transfer": st.booleans(),
        "requires_masking": st.booleans(),
        "masking_method": st.sampled_from([None, "redaction", "hashing", "custom"]),
        "masking_conditions": st.sampled_from([None, {"country": "DE"}, {"country": "FR"}]),
        "encryption_required": st.booleans(),
        "encryption_in_transit": st.booleans(),
        "encryption_method": st.sampled_from([None, *ENCRYPTIONS]),
        "compliance_frameworks": words(("gdpr", "GDPR", "pci", "HIPAA")),
        "consent_required": st.booleans(),
        "audit_retention_period": st.none() | periods,
    },
)


def stated(key, values, place=CAPSULE, **given):
    return Stated(str(key), f"P-{key}", place, "orders" if place == CAPSULE else "email", values, **given)


@st.composite
def several(draw):
    found = draw(st.lists(texts, max_size=4))
    return [stated(n, values, draw(st.sampled_from([COLUMN, CAPSULE]))) for n, values in enumerate(found)]


upstreams = st.lists(
    st.builds(
        lambda key, level, steps, masks: Upstream(f"u{key}", f"raw.{key}", level, masks=masks, steps=steps),
        st.integers(0, 9),
        st.sampled_from([None, *LEVELS]),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda each: each.key,
)


def no_looser(now, before):
    """True if of every facet that `before` states `now` is as strict or stricter."""
    return all(
        now[facet.name].stated
        and facet.join(now[facet.name].value, before[facet.name].value) == now[facet.name].value
        for facet in FACETS
        if before[facet.name].stated
    )


@settings(max_examples=25)
@given(several(), upstreams, st.randoms(use_true_random=False))
def test_the_order_of_policies_does_not_matter(policies, upstream, chance):
    shuffled, above = list(policies), list(upstream)
    chance.shuffle(shuffled)
    chance.shuffle(above)

    assert effective(shuffled, on=TODAY, upstream=above) == effective(policies, on=TODAY, upstream=upstream)


@settings(max_examples=25)
@given(several(), upstreams)
def test_saying_the_same_twice_changes_nothing(policies, upstream):
    once = effective(policies, on=TODAY, upstream=upstream)

    assert effective([*policies, *policies], on=TODAY, upstream=upstream) == once


@settings(max_examples=25)
@given(several(), upstreams, texts, st.sampled_from([COLUMN, CAPSULE]))
def test_another_policy_never_loosens_what_others_state(policies, upstream, values, place):
    before = effective(policies, on=TODAY, upstream=upstream)

    after = effective([*policies, stated(99, values, place)], on=TODAY, upstream=upstream)

    assert no_looser(after, before)


@settings(max_examples=25)
@given(several(), upstreams, st.sampled_from(LEVELS))
def test_another_column_upstream_never_loosens_either(policies, upstream, level):
    before = effective(policies, on=TODAY, upstream=upstream)

    after = effective(policies, on=TODAY, upstream=[*upstream, Upstream("z", "raw.z", level)])

    assert no_looser(after, before)


@settings(max_examples=25)
@given(texts, texts, texts)
def test_the_stricter_of_two_is_the_same_however_three_are_grouped(one, two, three):
    for facet in FACETS:
        said = [value for each in (one, two, three) if (value := facet.read(each)) is not None]
        if len(said) == 3:
            assert facet.join(facet.join(said[0], said[1]), said[2]) == facet.join(
                said[0], facet.join(said[1], said[2])
            )
        for value in said:
            assert facet.join(value, value) == value
        assert strictest(facet, said) == strictest(facet, reversed(said))


@settings(max_examples=25)
@given(several(), upstreams)
def test_every_stated_facet_names_who_says_so_and_only_others_lose(policies, upstream):
    for held in effective(policies, on=TODAY, upstream=upstream).facets:
        assert held.stated == bool(held.origins)
        assert not {source.key for source in held.origins} & {source.key for source in held.beaten}
        assert all(source.value != held.value for source in held.beaten)


def test_the_strictest_level_wins_and_the_page_can_say_what_it_beat():
    policies = [
        stated(1, {"sensitivity_level": "public"}),
        stated(2, {"sensitivity_level": "confidential"}, COLUMN),
    ]
    upstream = [Upstream("c", "crm.contacts.email", "restricted", "P-9", steps=2)]

    held = effective(policies, on=TODAY, upstream=upstream)["sensitivity"]

    assert (held.value, held.origins[0].place, held.origins[0].steps) == ("restricted", UPSTREAM, 2)
    assert [(source.label, source.value) for source in held.beaten] == [
        ("P-2", "confidential"),
        ("P-1", "public"),
    ]


def test_upstream_hands_on_its_level_and_only_suggests_the_rest():
    above = stated(9, {"sensitivity_level": "secret", "legal_hold": True, "allowed_regions": ["eu"]}, COLUMN)
    upstream = [Upstream("c", "crm.contacts.email", "secret", "P-9", policies=(above,))]

    found = effective([stated(1, {"sensitivity_level": "public"})], on=TODAY, upstream=upstream)

    assert found.value("sensitivity") == "secret"
    assert (found.value("legal_hold"), found.value("allowed_regions")) == (False, None)
    assert {each.facet: each.value for each in found.suggestions} == {
        "legal_hold": True,
        "allowed_regions": ("EU",),
    }


def test_an_edge_that_masks_hands_on_nothing():
    above = stated(9, {"sensitivity_level": "secret", "legal_hold": True}, COLUMN)
    upstream = [Upstream("c", "crm.contacts.email", "secret", masks=True, policies=(above,))]

    found = effective([], on=TODAY, upstream=upstream)

    assert found["sensitivity"].stated is False
    assert (found.value("sensitivity"), found.suggestions) == ("internal", ())


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ({"starts": TODAY}, True),
        ({"ends": TODAY}, True),
        ({"starts": TODAY + timedelta(1)}, False),
        ({"ends": TODAY - timedelta(1)}, False),
        ({"active": False}, False),
    ],
)
def test_a_policy_holds_on_its_first_and_last_day_and_only_while_active(given, holds):
    policy = stated(1, {"sensitivity_level": "secret"}, **given)

    assert effective([policy], on=TODAY)["sensitivity"].stated is holds


def test_lists_with_nothing_in_common_let_nobody_in_and_no_list_lets_in_everybody():
    apart = [stated(1, {"allowed_roles": ["analyst"]}), stated(2, {"allowed_roles": ["steward"]})]

    assert effective(apart, on=TODAY).value("allowed_roles") == ()
    assert effective(apart, on=TODAY).admits({"analyst", "steward"}) is False
    assert effective([], on=TODAY).admits({"analyst"}) is True


def test_a_denied_role_is_kept_out_though_another_of_theirs_is_allowed():
    found = effective([stated(1, {"allowed_roles": ["analyst"], "denied_roles": ["support"]})], on=TODAY)

    assert found.admits({"analyst"}) is True
    assert found.admits({"analyst", "support"}) is False


def test_a_period_that_ends_in_deletion_is_the_longest_allowed_and_any_other_the_shortest():
    policies = [
        stated(1, {"retention_period": Period(months=84)}),
        stated(2, {"retention_period": Period(months=120), "deletion_action": "archive"}),
        stated(3, {"retention_period": Period(months=24), "deletion_action": "hard_delete"}),
        stated(4, {"retention_period": Period(months=36), "deletion_action": "anonymize"}),
    ]

    found = effective(policies, on=TODAY)

    assert found.value("retention_min").period == Period(months=120)
    assert found.value("retention_max") == Keeping(Period(months=24), None, "hard_delete")


def test_data_that_must_still_be_kept_is_not_deleted_early():
    keep = stated(1, {"retention_period": Period(months=84), "retention_start": "ingestion"})
    drop = stated(2, {"retention_period": Period(months=24), "deletion_action": "hard_delete"})

    found = effective([keep, drop], on=TODAY)

    assert found.ends_after == Keeping(Period(months=84), "ingestion", "hard_delete")


def test_a_legal_hold_stops_every_deletion():
    drop = stated(2, {"retention_period": Period(months=24), "deletion_action": "hard_delete"})

    assert effective([drop], on=TODAY).ends_after == Keeping(Period(months=24), None, "hard_delete")
    assert effective([drop, stated(1, {"legal_hold": True})], on=TODAY).ends_after is None


def test_frameworks_and_regions_have_one_spelling():
    found = effective(
        [stated(1, {"compliance_frameworks": ["pci", "PCI-DSS", "gdpr"], "allowed_regions": ["eu", "EU "]})],
        on=TODAY,
    )

    assert found.value("compliance_frameworks") == ("GDPR", "PCI-DSS")
    assert found.value("allowed_regions") == ("EU",)


def test_a_method_counts_only_where_masking_is_asked_for():
    assert effective([stated(1, {"masking_method": "hashing"})], on=TODAY).value("masking_method") is None
    asked = stated(2, {"masking_method": "noise_addition", "requires_masking": True})
    more = stated(3, {"masking_method": "hashing", "requires_masking": True})

    assert effective([asked, more], on=TODAY).value("masking_method") == "hashing"


def test_masking_without_a_condition_beats_masking_under_one():
    under = stated(1, {"requires_masking": True, "masking_conditions": {"country": "DE"}})
    always = stated(2, {"requires_masking": True})

    assert effective([under], on=TODAY).value("masking_conditions") == ('{"country": "DE"}',)
    assert effective([under, always], on=TODAY).value("masking_conditions") == ()


nodes = st.integers(0, 7)
lineage = st.lists(st.tuples(nodes, nodes).filter(lambda edge: edge[0] != edge[1]), max_size=16, unique=True)
ranks = st.dictionaries(nodes, st.integers(0, 5), max_size=8)


def oracle(own, edges):
    """{column: (rank, steps, origin)}: repeat until nothing changes."""
    best = {column: (rank, 0, str(column)) for column, rank in own.items() if rank}
    better = lambda one: (-one[0], one[1], one[2])  # noqa: E731
    for _round in range(10):
        for up, down in edges:
            if up in best:
                rank, steps, origin = best[up]
                offer = (rank, steps + 1, origin)
                best[down] = min(best.get(down, offer), offer, key=better)
    return best


def as_told(found):
    return {column: (level.rank, level.steps, str(level.origin)) for column, level in found.items()}


@settings(max_examples=25)
@given(ranks, lineage)
def test_levels_flow_along_every_edge_whatever_the_graph(own, edges):
    assert as_told(levels(own, edges)) == oracle(own, edges)


@settings(max_examples=25)
@given(ranks, lineage, lineage, ranks)
def test_levels_brought_up_to_date_are_those_worked_out_anew(own, edges, later, reranked):
    found = levels(own, edges)
    changed = {down for _up, down in set(edges) ^ set(later)}
    changed |= {column for column in range(8) if own.get(column, 0) != reranked.get(column, 0)}
    above, below = {}, {}
    for up, down in later:
        above.setdefault(down, []).append(up)
        below.setdefault(up, []).append(down)
    before = dict(found)

    moved = relevel(found, reranked, changed, above, below)

    assert found == levels(reranked, later)
    assert moved == {column for column in range(8) if found.get(column) != before.get(column)}


def test_a_loop_of_columns_ends():
    assert levels({"a": 4}, [("a", "b"), ("b", "c"), ("c", "a")]) == {
        "a": Level(4, "a", 0),
        "b": Level(4, "a", 1),
        "c": Level(4, "a", 2),
    }
