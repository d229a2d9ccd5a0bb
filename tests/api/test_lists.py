from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CapsuleFactory,
    CapsuleTagFactory,
    ColumnFactory,
    ConstraintFactory,
    DataProductFactory,
    DomainFactory,
    IndexFactory,
    OwnerFactory,
    TagFactory,
)


def names(answer):
    assert answer.status_code == 200, answer.body
    return [row["name"] for row in answer.body["results"]]


def path_of(link):
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_a_list_tells_how_many_there_are_and_where_the_next_page_is(analyst):
    CapsuleFactory.create_batch(5)

    first = analyst.get("/capsules?limit=2")
    second = analyst.get(path_of(first.body["next"]))
    third = analyst.get(path_of(second.body["next"]))

    assert [answer.body["count"] for answer in (first, second, third)] == [5, 5, 5]
    assert first.body["previous"] is None
    assert third.body["next"] is None
    assert len(set(names(first) + names(second) + names(third))) == 5
    assert names(analyst.get(path_of(third.body["previous"]))) == names(second)


def test_an_offset_past_the_end_is_an_empty_page(analyst):
    CapsuleFactory()

    answer = analyst.get("/capsules?offset=100")

    assert (answer.status_code, answer.body["count"], answer.body["results"]) == (200, 1, [])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "offset=-1",
        "offset=x",
        "limit=٣",
        "offset=99999999999999999999",
    ],
)
def test_a_limit_or_offset_out_of_bounds_is_refused_never_clamped(analyst, query):
    answer = analyst.get(f"/capsules?{query}")

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [query.split("=")[0]]


@pytest.mark.parametrize(
    "query",
    [
        "layers=gold",
        "layer=platinum",
        "domain=Nowhere",
        "has_owner=maybe",
        "sensitivity=top",
        "ordering=shape",
        "ordering=--name",
        "fields=shape",
        "cursor=damaged",
        "count=about",
        "created_at__gte=yesterday",
        "capsule_urn=urn:dcs:a:b:c:nothing",
        "q=%00",
        "name=%00",
        "include_retired=perhaps",
    ],
)
def test_an_unknown_parameter_or_value_is_refused_by_name(analyst, query):
    answer = analyst.get(f"/capsules?{query}")

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [query.split("=")[0]]


def test_a_parameter_that_one_resource_does_not_know_is_refused_too(analyst):
    assert analyst.get(f"/capsules/{CapsuleFactory().pk}?field=name").status_code == 400


def test_filters_combine_and_a_repeated_one_means_one_of(analyst):
    CapsuleFactory(name="a", layer="gold", capsule_type="model")
    CapsuleFactory(name="b", layer="silver", capsule_type="model")
    CapsuleFactory(name="c", layer="gold", capsule_type="view")
    CapsuleFactory(name="d", layer="raw", capsule_type="model")

    assert names(analyst.get("/capsules?layer=gold&capsule_type=model")) == ["a"]
    assert names(analyst.get("/capsules?layer=gold&layer=silver")) == ["a", "b", "c"]
    assert names(analyst.get("/capsules?layer__in=gold,raw")) == ["a", "c", "d"]
    assert names(analyst.get("/capsules?layer=&capsule_type=view")) == ["c"]


def test_flags_filter_by_false_as_well(analyst):
    CapsuleFactory(name="owned", owner=OwnerFactory())
    CapsuleFactory(name="orphan", description="  ")
    CapsuleFactory(name="tracked", description=None, columns=["email"])
    ColumnFactory(capsule=CapsuleFactory(name="personal"), pii_type="email")

    assert names(analyst.get("/capsules?has_owner=true")) == ["owned"]
    assert names(analyst.get("/capsules?has_owner=false")) == ["orphan", "personal", "tracked"]
    assert names(analyst.get("/capsules?has_description=false")) == ["orphan", "tracked"]
    assert names(analyst.get("/capsules?has_columns=true")) == ["personal", "tracked"]
    assert names(analyst.get("/capsules?has_pii=true")) == ["personal"]
    assert names(analyst.get("/capsules?has_pii=false&has_columns=TRUE")) == ["tracked"]


def test_references_are_named_or_given_by_id_and_a_domain_takes_in_what_lies_in_it(analyst):
    sales = DomainFactory(name="Sales")
    CapsuleFactory(name="a", domain=sales)
    CapsuleFactory(
        name="b", domain=DomainFactory(name="Orders", parent=sales), owner=OwnerFactory(name="Shop")
    )
    CapsuleFactory(name="c", domain=DomainFactory(name="Risk"))

    assert names(analyst.get("/capsules?domain=Sales")) == ["a", "b"]
    assert names(analyst.get(f"/capsules?domain={sales.pk}&owner=Shop")) == ["b"]
    assert names(analyst.get("/capsules?domain=Orders&domain=Risk")) == ["b", "c"]


def test_tags_are_found_by_name_and_id_whether_linked_or_written(analyst):
    tag = TagFactory(name="daily")
    CapsuleTagFactory(capsule=CapsuleFactory(name="linked"), tag=tag)
    CapsuleFactory(name="written", tags=["daily"])
    CapsuleFactory(name="neither")

    assert names(analyst.get("/capsules?tag=daily")) == ["linked", "written"]
    assert names(analyst.get(f"/capsules?tag={tag.pk}")) == ["linked"]


def test_text_dates_and_addresses_filter(analyst):
    orders = CapsuleFactory(name="orders", description="What was sold.")
    CapsuleFactory(name="customers", description="Who bought.")

    assert names(analyst.get("/capsules?q=SOLD")) == ["orders"]
    assert names(analyst.get(f"/capsules?capsule_urn={orders.urn}")) == ["orders"]
    assert names(analyst.get("/capsules?created_at__gte=2020-01-01T00:00:00Z")) == ["customers", "orders"]
    assert names(analyst.get("/capsules?created_at__lt=2020-01-01T00:00:00Z")) == []


def test_retired_rows_are_left_out_unless_asked_for(analyst, steward):
    capsule = CapsuleFactory(name="old", columns=["id"])
    CapsuleFactory(name="new")
    steward.delete(f"/capsules/{capsule.pk}")

    assert names(analyst.get("/capsules")) == ["new"]
    assert names(analyst.get("/capsules?include_retired=true")) == ["new", "old"]
    assert analyst.get("/columns").body["count"] == 0
    assert analyst.get("/columns?include_retired=true").body["count"] == 1
    assert analyst.get(f"/capsules/{capsule.pk}").body["retired_at"] is not None
    assert analyst.get(f"/capsules/{capsule.pk}/columns").body["count"] == 1


def test_layers_and_sensitivity_order_by_rank_and_unknown_words_come_last(analyst):
    for layer in ("gold", "raw", "platinum", "silver"):
        CapsuleFactory(name=layer, layer=layer)
    assert names(analyst.get("/capsules?ordering=layer")) == ["raw", "silver", "gold", "platinum"]
    assert names(analyst.get("/capsules?ordering=-layer"))[:3] == ["gold", "silver", "raw"]

    CapsuleFactory(name="public", sensitivity_rank=1, layer="raw")
    assert names(analyst.get("/capsules?ordering=sensitivity"))[0] == "public"


def test_columns_are_filtered_by_key_personal_data_and_capsule(analyst):
    orders = CapsuleFactory(name="orders", domain=DomainFactory(name="Sales"))
    key = ColumnFactory(capsule=orders, name="order_id", semantic_type="surrogate_key")
    ConstraintFactory(column=key, kind="primary_key")
    ColumnFactory(capsule=orders, name="email", pii_type="email", is_nullable=False)
    ColumnFactory(name="elsewhere")

    assert names(analyst.get("/columns?key=primary_key")) == ["order_id"]
    assert names(analyst.get("/columns?has_pii=true")) == ["email"]
    assert names(analyst.get("/columns?pii_type=email&is_nullable=false")) == ["email"]
    assert names(analyst.get("/columns?domain=Sales&ordering=name")) == ["email", "order_id"]
    assert names(analyst.get(f"/columns?capsule_urn={orders.pk}&semantic_type=surrogate_key")) == ["order_id"]
    assert names(analyst.get(f"/columns?column_urn={key.urn}")) == ["order_id"]


def test_fields_narrow_what_is_told_and_never_the_entity_tag(analyst):
    capsule = CapsuleFactory(columns=["id"])

    whole = analyst.get(f"/capsules/{capsule.pk}")
    narrow = analyst.get(f"/capsules/{capsule.pk}?fields=name,column_count")

    assert narrow.body == {"id": str(capsule.pk), "name": capsule.name, "column_count": 1}
    assert narrow["ETag"] == whole["ETag"]
    assert list(analyst.get("/capsules?fields=layer").body["results"][0]) == ["id", "layer"]


def test_a_cursor_neither_repeats_nor_skips_while_rows_are_added(analyst):
    capsule = CapsuleFactory()
    for position, name in enumerate("bdfhj", start=1):
        ColumnFactory(capsule=capsule, name=name, ordinal_position=position)

    first = analyst.get("/columns?cursor=&limit=2&ordering=name")
    ColumnFactory(capsule=capsule, name="a")
    ColumnFactory(capsule=capsule, name="e")
    second = analyst.get(path_of(first.body["next"]))
    third = analyst.get(path_of(second.body["next"]))

    assert names(first) + names(second) + names(third) == ["b", "d", "e", "f", "h", "j"]
    assert third.body["next"] is None
    assert first.body["count"] is None
    assert analyst.get("/columns?cursor=&count=exact").body["count"] == 7


def test_a_cursor_goes_through_unknown_values_and_ties(analyst):
    for count in (None, 3, 3, None, 5, 3, None):
        CapsuleFactory(row_count=count)

    for ordering in ("row_count", "-row_count", "layer,-row_count"):
        path, seen = f"/capsules?cursor=&limit=2&ordering={ordering}", []
        while path:
            answer = analyst.get(path)
            seen += names(answer)
            path = answer.body["next"] and path_of(answer.body["next"])
        assert len(seen) == len(set(seen)) == 7, ordering


def test_a_cursor_of_another_ordering_is_refused(analyst):
    CapsuleFactory.create_batch(3)
    link = path_of(analyst.get("/capsules?cursor=&limit=1&ordering=name").body["next"])

    assert analyst.get(link.replace("ordering=name", "ordering=urn")).status_code == 400
    assert analyst.get(f"{link}&offset=1").status_code == 400


@pytest.mark.parametrize(
    "path", ["/capsules", "/columns", "/constraints", "/indexes", "/domains", "/data-products", "/tags"]
)
def test_a_list_costs_no_more_queries_for_more_rows(analyst, path):
    def make():
        ConstraintFactory(column__capsule__complete=True)
        IndexFactory()
        DataProductFactory()
        CapsuleTagFactory()

    make()
    analyst.get(path)  # the first request of a session notes that it is used
    with CaptureQueriesContext(connection) as few:
        analyst.get(path)
    for _again in range(10):
        make()
    with CaptureQueriesContext(connection) as many:
        answer = analyst.get(path)

    assert answer.body["count"] > 1
    assert len(many) == len(few)
    # Three for the session, its person and roles, five for acting; the rest is for the rows.
    assert len(many) <= 12, [query["sql"][:100] for query in many]


def test_one_capsule_costs_a_handful_of_queries(analyst):
    capsule = CapsuleFactory(columns=["a", "b", "c"], complete=True)
    analyst.get("/capsules")
    with CaptureQueriesContext(connection) as queries:
        analyst.get(f"/capsules/{capsule.urn}")

    assert len(queries) <= 11, "\n".join(query["sql"][:150] for query in queries)
