import pytest

from apps.catalog.models import Capsule
from tests.factories import CapsuleFactory, ColumnEdgeFactory, ColumnFactory, MaskingRuleFactory


@pytest.fixture
def email():
    """raw → stg (masked) → mart, which is gold."""
    layers = {"raw": "raw", "stg": "silver", "mart": "gold"}
    columns = [
        ColumnFactory(capsule=CapsuleFactory(name=name, layer=layer), name="email", pii_type="email")
        for name, layer in layers.items()
    ]
    for up, down in zip(columns, columns[1:], strict=False):
        ColumnEdgeFactory(source=up, target=down)
    MaskingRuleFactory(column=columns[1])
    return columns


def test_a_trace_tells_where_values_stand_unmasked(analyst, email):
    raw, stg, mart = email
    answer = analyst.get(f"/columns/{raw.urn}/pii-trace")

    assert answer.status_code == 200
    assert answer.body["totals"] == {"upstream": 0, "downstream": 2, "exposed": 1, "consumed": 1}
    assert [(row["urn"], row["masking"], row["exposed"]) for row in answer.body["downstream"]] == [
        (mart.urn, "none", True),
        (stg.urn, "rule", False),
    ]


def test_origins_stand_upstream(analyst, email):
    answer = analyst.get(f"/columns/{email[2].pk}/pii-trace?limit=1")

    assert [(row["steps"], row["origin"]) for row in answer.body["upstream"]] == [(2, True)]
    assert answer.body["totals"]["upstream"] == 2


@pytest.mark.parametrize("query", ["depth=0", "depth=11", "limit=501", "deep=1"])
def test_bad_bounds_are_named(analyst, email, query):
    answer = analyst.get(f"/columns/{email[0].pk}/pii-trace?{query}")

    assert (answer.status_code, list(answer.body["fields"])) == (400, [query.split("=")[0]])


def test_a_hidden_column_has_no_trace(analyst, email):
    Capsule.objects.filter(pk=email[0].capsule_id).update(visibility_rank=5)

    assert analyst.get(f"/columns/{email[0].urn}/pii-trace").status_code == 404
    assert analyst.get(f"/columns/{email[1].urn}/pii-trace").body["totals"]["upstream"] == 0
