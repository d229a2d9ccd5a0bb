"""The plan of the reversed change is the reverse: what came goes, and old and new have changed places."""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.catalog import snapshots
from apps.catalog.models import Capsule
from apps.deploy import applying, plan
from apps.people.reader import system

pytestmark = pytest.mark.django_db
URN = "urn:dcs:dbt:model:shop:orders"
UPSTREAM = [f"urn:dcs:dbt:model:shop:raw_{name}" for name in ("orders", "payments")]
TURNED = {"create": "retire", "retire": "create", "change": "change"}
RULES = [
    {"rule": "not_null", "column": "order_id", "severity": "error"},
    {"rule": "freshness", "capsule_level": True, "threshold": "PT4H"},
    {"rule": "unique", "column": "order_id"},
]


def some(values):
    """A part of a list, in its order."""
    return st.sets(st.sampled_from(range(len(values)))).map(
        lambda places: [values[n] for n in sorted(places)]
    )


def column(name):
    return st.fixed_dictionaries(
        {"name": st.just(name), "data_type": st.sampled_from(["INT", "BIGINT", "TEXT", "DECIMAL(18,2)"])},
        optional={"is_nullable": st.just(False), "description": st.sampled_from(["In euros.", "As paid."])},
    )


@st.composite
def documents(draw):
    """A document that says something about every section, so that one of them replaces another whole."""
    columns = [draw(column("order_id"))] + [draw(column(name)) for name in draw(some(["amount", "status"]))]
    units = {each["name"]: draw(st.sampled_from(["EUR", "USD"])) for each in columns if draw(st.booleans())}
    retention = draw(st.sampled_from([None, "P1Y", "P7Y"]))
    policies = {"sensitivity_level": draw(st.sampled_from(["public", "internal", "confidential"]))}
    fresh = draw(st.sampled_from(["PT1H", "PT4H", "P1D"]))
    return {
        "urn": URN,
        "name": "orders",
        "description": draw(st.sampled_from(["", "Orders.", "Orders of the shop."])),
        "layer": draw(st.sampled_from(["", "silver", "gold"])),
        "tags": draw(some(["finance", "daily", "shop"])),
        "schema": {"columns": columns},
        "columns": {name: {"unit_of_measure": unit} for name, unit in units.items()},
        "quality_rules": draw(some(RULES)),
        "policies": policies | ({"retention": {"period": retention}} if retention else {}),
        "lineage": {"upstream": draw(some(UPSTREAM))},
        "contract": {"version": "1.0", "slas": {"freshness": {"target": fresh}}},
    }


def planned(document):
    return plan.make(json.dumps({"data_capsule": document}).encode(), system("deploy"))


def items(found, *, turned=False):
    """What a plan says, each as (dimension, action, kind, name, old, new); turned as the way back would say it.

    A column that goes is one change, whatever was said of it (breaking-changes.md, section 1): so is one that comes.
    """
    said = Counter()
    for capsule in found.answer["capsules"]:
        for dimension, part in capsule["dimensions"].items():
            for each in part["items"]:
                action, pair = each["action"], [json.dumps(each[side]) for side in ("old", "new")]
                if turned:
                    action, pair = TURNED[action], pair[::-1]
                said[dimension, action, each["kind"], each["name"], *pair] += 1
    columns = [key for key in said if (key[0], key[2]) == ("structural", "column")]
    moved = {name for _dimension, action, _kind, name, *_pair in columns if action != "change"}
    return Counter(
        {key: number for key, number in said.items() if key[0] == "structural" or key[3] not in moved}
    )


def state():
    return next(iter(snapshots.states(Capsule.objects.filter(urn=URN).values_list("pk", flat=True)).values()))


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking asks the database for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents(), documents())
def test_the_plan_of_the_reversed_change_is_the_reverse(one, other):
    applying.apply(planned(one), reader=system("deploy"))
    before = state()

    there = applying.apply(planned(other), reader=system("deploy"))
    back = applying.apply(planned(one), reader=system("deploy"))

    assert items(back) == items(there, turned=True)
    assert state() == before
    assert planned(one).result["result"] == "no_change"
