import pytest

from apps.catalog import connections
from apps.catalog.models import Domain
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleVersionFactory,
    DataProductFactory,
    DomainFactory,
    OwnerFactory,
    SourceSystemFactory,
    TagFactory,
    TransformationCodeFactory,
)


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        ("/domains", {"name": "Sales"}, {"description": "What is sold."}),
        ("/owners", {"name": "Shop"}, {"email": "shop@example.org"}),
        ("/tags", {"name": "daily"}, {"color": "#ff0000"}),
        ("/data-products", {"name": "Orders"}, {"status": "active"}),
    ],
)
def test_reference_data_is_added_read_changed_and_removed(steward, path, body, change):
    made = steward.post(path, body)
    one = f"{path}/{made.body['id']}"

    assert made.status_code == 201
    assert made["Location"] == f"/api/v1{one}"
    assert steward.post(path, body).status_code == 409
    assert steward.patch(one, change).body == {**steward.get(one).body, **change}
    assert steward.get(f"{path}?name={body['name']}").body["count"] == 1
    assert steward.delete(one).status_code == 204
    assert steward.get(one).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/owners", {"name": "Shop", "owner_type": "robot"}, "owner_type"),
        ("/owners", {"name": "Shop", "email": "nobody"}, "email"),
        ("/tags", {"name": "daily", "color": "red"}, "color"),
        ("/tags", {"name": ""}, "name"),
        ("/domains", {}, "name"),
        ("/domains", {"name": "x" * 101}, "name"),
        ("/data-products", {"name": "Orders", "status": "sold"}, "status"),
        ("/data-products", {"name": "Orders", "slo_freshness_hours": -1}, "slo_freshness_hours"),
    ],
)
def test_bad_input_is_named_by_its_field(steward, path, body, field):
    answer = steward.post(path, body)

    assert (answer.status_code, list(answer.body["fields"])) == (400, [field])


def test_a_tag_without_category_exists_once(steward):
    assert [steward.post("/tags", {"name": "daily"}).status_code for _each in range(2)] == [201, 409]
    assert steward.post("/tags", {"name": "daily", "category": "cadence"}).status_code == 201


def test_a_domain_cannot_lie_in_itself_however_far_around(steward):
    outer = DomainFactory()
    middle = DomainFactory(parent=outer)
    inner = DomainFactory(parent=middle)

    for parent in (outer, middle, inner):
        answer = steward.patch(f"/domains/{outer.pk}", {"parent_id": str(parent.pk)})
        assert (answer.status_code, list(answer.body["fields"])) == (400, ["parent_id"])
    assert steward.patch(f"/domains/{inner.pk}", {"parent_id": str(outer.pk)}).status_code == 200
    assert Domain.objects.get(pk=outer.pk).parent_id is None


def test_deleting_tells_what_loses_it(steward):
    domain = DomainFactory()
    CapsuleFactory.create_batch(2, domain=domain)
    DomainFactory(parent=domain)

    dry = steward.delete(f"/domains/{domain.pk}?dry_run=true")
    assert (dry.status_code, dry.body) == (200, {"loses": {"domains": 1, "capsules": 2}})
    assert steward.get(f"/domains/{domain.pk}").status_code == 200
    assert steward.delete(f"/domains/{domain.pk}?dry_run=yes").status_code == 400

    done = steward.delete(f"/domains/{domain.pk}")
    assert (done.status_code, done["X-Loses"]) == (204, "domains=1, capsules=2")
    assert steward.get("/capsules?has_domain=false").body["count"] == 2


@pytest.mark.parametrize(
    ("connection", "path"),
    [
        ({"password": "hunter2"}, "password"),
        ({"host": "db", "options": {"api_key": "abc"}}, "options.api_key"),
        ({"url": "postgresql://app:hunter2@db/jaffle"}, "url"),
        ({"url": "https://lake.example.org/?sig=abcdef"}, "url"),
        ({"note": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}, "note"),
        ({"note": "-----BEGIN PRIVATE KEY-----"}, "note"),
        ({"note": "kX9vQ2mZ7tR4wB8nL3pJ6hF1dS5gA0yC"}, "note"),
        ({"hosts": ["db1", "postgres://a:b@db2"]}, "hosts.1"),
        ({"password_env": "hunter 2"}, "password_env"),
        ({"passwords": {"token": "x"}}, "passwords.token"),
    ],
)
def test_a_secret_in_clear_is_refused_where_it_stands(administrator, connection, path):
    answer = administrator.post(
        "/source-systems", {"name": "warehouse", "source_type": "postgres", "connection_info": connection}
    )

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [f"connection_info.{path}"]
    assert "hunter" not in answer.content.decode()


def test_facts_and_names_of_variables_are_taken(administrator):
    connection = {
        "host": "warehouse.eu-central-1.example.org",
        "port": 5432,
        "database": "jaffle_shop_production_reporting",
        "user": "reader",
        "password_env": "WAREHOUSE_PASSWORD",
        "private_key": "env:WAREHOUSE_KEY",
        "sslmode": "verify-full",
        "options": {"statement_timeout": "30s", "read_only": True, "role": None},
    }

    answer = administrator.post(
        "/source-systems", {"name": "warehouse", "source_type": "postgres", "connection_info": connection}
    )

    stored = {**connection, "engine": "postgres"}
    assert (answer.status_code, answer.body["connection_info"]) == (201, stored)
    assert connections.problems({}) == {}


def test_a_product_is_not_called_as_the_page_that_makes_one(producer):
    answer = producer.post("/data-products", {"name": "new"})

    assert answer.status_code == 400
    assert answer.body["fields"]["name"] == ["This word is taken: it makes new products."]


def test_a_capsule_is_put_into_a_product_changed_there_and_taken_out(producer):
    product, capsule = DataProductFactory(), CapsuleFactory()
    path = f"/data-products/{product.pk}/capsules/{capsule.urn}"

    put = producer.put(path, {})
    changed = producer.put(path, {"role": "output"})

    assert (put.status_code, put.body["role"]) == (200, "member")
    assert changed.body["id"] == put.body["id"]
    shown = producer.get(f"/data-products/{product.pk}").body["capsules"]
    assert shown == [{"id": str(capsule.pk), "urn": capsule.urn, "name": capsule.name, "role": "output"}]
    assert producer.get("/capsules?product=" + product.name).body["count"] == 1
    assert producer.put(path, {"role": "star"}).status_code == 400
    assert [producer.delete(path).status_code for _each in range(2)] == [204, 404]


def test_versions_are_listed_newest_first_and_found_by_number_and_name(analyst):
    capsule = CapsuleFactory()
    assert analyst.get(f"/capsules/{capsule.pk}/versions").body["results"] == []
    CapsuleVersionFactory(capsule=capsule, number=1, name="2.0", change_type="created")
    CapsuleVersionFactory(
        capsule=capsule, number=2, name="2.1", change_type="schema_change", breaking_change=True
    )
    CapsuleVersionFactory(capsule=capsule, number=3, name="2.1", is_current=True)
    path = f"/capsules/{capsule.urn}/versions"

    assert [row["version_number"] for row in analyst.get(path).body["results"]] == [3, 2, 1]
    assert analyst.get(f"{path}?breaking=true").body["count"] == 1
    assert analyst.get(f"{path}?current=true&change_type=metadata_change").body["count"] == 1
    assert analyst.get(f"{path}/2").body["version_name"] == "2.1"
    assert analyst.get(f"{path}/2.1").body["version_number"] == 3
    assert "schema_snapshot" in analyst.get(f"{path}/1").body
    assert "schema_snapshot" not in analyst.get(path).body["results"][0]
    for unknown in ("9", "99999999999", "3.0"):
        assert analyst.get(f"{path}/{unknown}").status_code == 404


def test_the_code_of_a_capsule_is_its_own_and_that_of_its_incoming_edges(analyst, producer):
    capsule = CapsuleFactory()
    edge = CapsuleEdgeFactory(target=capsule)
    TransformationCodeFactory(capsule=capsule)
    TransformationCodeFactory(edge=edge)
    TransformationCodeFactory()
    path = f"/capsules/{capsule.urn}/transformation-code"

    assert sorted(row["subject"] for row in analyst.get(path).body["results"]) == ["capsule", "edge"]
    assert analyst.get("/transformation-code").body["count"] == 3

    made = producer.post(path, {"language": "sql", "code_text": "select 1\n"})
    assert (made.status_code, made.body["code_text"], len(made.body["code_hash"])) == (201, "select 1\n", 64)
    assert producer.post(path, {"language": "sql", "code_text": "select 1\n"}).status_code == 409
    assert producer.post(path, {"language": "cobol", "code_text": "x"}).status_code == 400
    both = {
        "language": "sql",
        "code_text": "x",
        "capsule_id": str(capsule.pk),
        "lineage_edge_id": str(edge.pk),
    }
    assert producer.post("/transformation-code", both).status_code == 400


def test_code_is_for_those_with_the_clearance(as_user):
    from tests.factories import UserFactory

    outsider = as_user(UserFactory(clearance=1))
    capsule = CapsuleFactory(visibility_rank=1)

    assert outsider.get(f"/capsules/{capsule.pk}").status_code == 200
    assert outsider.get(f"/capsules/{capsule.pk}/transformation-code").status_code == 403


def test_owners_may_share_a_name_if_one_is_a_person(steward):
    OwnerFactory(name="Ada", kind="team")

    assert steward.post("/owners", {"name": "Ada", "owner_type": "individual"}).status_code == 201
    assert steward.get("/owners?owner_type=individual").body["count"] == 1


def test_source_systems_and_tags_are_filtered(analyst):
    SourceSystemFactory(name="lake", kind="files")
    SourceSystemFactory(name="shop", kind="dbt")
    TagFactory(name="daily", category="cadence")
    TagFactory(name="gdpr", category="law")

    assert analyst.get("/source-systems?source_type=files").body["results"][0]["name"] == "lake"
    assert analyst.get("/tags?category=law").body["results"][0]["name"] == "gdpr"
    assert analyst.get("/tags?q=AIL").body["count"] == 1
