"""Data products: the list, one product with its parts, promises and neighbours, and how people change them."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Change
from apps.catalog.models import Capsule, DataProduct, ProductMember
from tests.discovery.pages import names, page, signed_in, text
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    DataProductFactory,
    DomainFactory,
    OwnerFactory,
    ProductMemberFactory,
    TeamMembershipFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


@pytest.fixture
def producer(client):
    return signed_in(client, "producer")


def offered(name, **parts):
    """A product with capsules: `output=["orders"]`."""
    product = DataProductFactory(name=name)
    for role, called in parts.items():
        for each in called:
            ProductMemberFactory(product=product, capsule=CapsuleFactory(name=each), role=role)
    return product


def capsules_of(html, role):
    """Names in one part of the page."""
    part = html[html.index(f'id="p-{role}"') :]
    return names(part[: part.index("</section>")])


def test_the_list_tells_what_each_product_is_made_of_and_promises(analyst):
    offered("Orders", input=["raw_orders"], member=["stg_orders"], output=["orders", "returns"])
    DataProduct.objects.update(slo_freshness_hours=24)

    html = page(analyst, "/products/")

    assert names(html) == ["Orders"]
    assert re.search(r"Orders .* 1 1 2 Fresh within 24 hours", text(html))


def test_the_list_is_narrowed_by_name_and_state(analyst):
    DataProductFactory(name="Orders", status="active")
    DataProductFactory(name="Customers", status="draft")

    assert names(page(analyst, "/products/?q=ord")) == ["Orders"]
    assert names(page(analyst, "/products/?status=draft")) == ["Customers"]
    assert "No data product matches" in text(page(analyst, "/products/?q=nothing"))


def test_an_unknown_state_is_said_and_the_list_still_shown(analyst):
    DataProductFactory(name="Orders")

    html = page(analyst, "/products/?status=purple")

    assert 'data-hue="caution"' in html
    assert names(html) == ["Orders"]


def test_hidden_and_retired_capsules_are_not_counted(analyst):
    product = offered("Orders", output=["orders", "board_salaries", "gone"])
    Capsule.objects.filter(name="board_salaries").update(visibility_rank=5)
    Capsule.objects.filter(name="gone").update(retired_at="2026-01-01T00:00Z")

    html = page(analyst, f"/products/{product.name}/")

    assert capsules_of(html, "output") == ["orders"]
    assert "board_salaries" not in html
    assert re.search(r"Orders .* 0 0 1 ", text(page(analyst, "/products/")))


def test_the_list_costs_the_same_however_long_it_is(analyst):
    offered("Orders", output=["orders"])

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page(analyst, "/products/")
        return len(queries)

    asked()  # the first page after signing in notes the session
    one = asked()
    for number in range(20):
        offered(f"Product {number}", output=[f"mart_{number}"], input=[f"raw_{number}"])
    assert asked() == one


def test_the_sheet_holds_what_the_list_shows(analyst):
    offered("=cmd()", output=["orders"])

    rows = list(csv.DictReader(io.StringIO(analyst.get("/products/?format=csv").content.decode("utf-8-sig"))))

    assert [(row["name"], row["outputs"]) for row in rows] == [("'=cmd()", "1")]


def test_products_are_neighbours_through_the_lineage_of_their_capsules(analyst):
    orders = offered("Orders", output=["orders"])
    offered("Revenue", input=["revenue_in"])
    offered("Unrelated", output=["weather"])
    CapsuleEdgeFactory(
        source=Capsule.objects.get(name="orders"), target=Capsule.objects.get(name="revenue_in")
    )

    read = text(page(analyst, f"/products/{orders.name}/"))

    assert "Offers it to these Revenue orders → revenue_in" in read
    assert "Unrelated" not in read


def test_a_hidden_product_is_no_neighbour_and_no_page(analyst):
    orders = offered("Orders", output=["orders"])
    secret = offered("Takeover", input=["target_prices"])
    CapsuleEdgeFactory(
        source=Capsule.objects.get(name="orders"), target=Capsule.objects.get(name="target_prices")
    )
    DataProduct.objects.filter(pk=secret.pk).update(visibility_rank=5)

    assert "Takeover" not in page(analyst, f"/products/{orders.name}/")
    assert "Takeover" not in page(analyst, "/products/")
    assert analyst.get("/products/Takeover/").status_code == 404


def test_a_producer_makes_a_product_of_their_team_and_fills_it(producer):
    team = OwnerFactory(name="Sales data")
    TeamMembershipFactory(user=producer.user, owner=team)
    orders = CapsuleFactory(name="orders")

    sent = {"name": "Orders / daily", "status": "draft", "owner": team.pk, "slo_freshness_hours": "24"}
    made = producer.post("/products/new/", {**sent, "reason": "Asked for by Finance."})
    product = DataProduct.objects.get()
    put = producer.post(f"{made['Location']}members/", {"capsule": orders.urn, "role": "output"})

    assert made.status_code == put.status_code == 302
    assert (product.name, product.owner, product.slo_freshness_hours) == ("Orders / daily", team, 24)
    assert ProductMember.objects.get().role == "output"
    assert Change.objects.of(product).get().change_reason == "Asked for by Finance."
    assert capsules_of(page(producer, made["Location"]), "output") == ["orders"]


def test_a_name_that_is_taken_and_numbers_that_cannot_be_are_field_errors(producer):
    DataProductFactory(name="Orders")

    taken = producer.post("/products/new/", {"name": "Orders", "status": "draft"})
    wrong = producer.post(
        "/products/new/", {"name": "Returns", "status": "draft", "slo_availability_percent": "101"}
    )

    assert (taken.status_code, wrong.status_code) == (422, 422)
    assert "There is a data product of this name already." in text(taken.content.decode())
    assert DataProduct.objects.count() == 1


def test_a_capsule_is_named_by_name_if_only_one_has_it(producer):
    product = DataProductFactory(name="Orders")
    CapsuleFactory(name="orders")
    for source in ("crm", "erp"):
        CapsuleFactory(name="customers", urn=f"urn:dcs:dbt:model:{source}:customers")

    said = [
        producer.post("/products/Orders/members/", {"capsule": name, "role": role})
        for name, role in (("ORDERS", "member"), ("customers", "member"), ("nothing", "member"), ("", "member"), ("orders", "boss"))
    ]  # fmt: skip

    assert [answer.status_code for answer in said] == [302, 422, 422, 422, 422]
    assert "Several capsules are called “customers”: write the URN." in text(said[1].content.decode())
    assert [member.capsule.name for member in product.members.all()] == ["orders"]


def test_a_capsule_is_taken_out_again(producer):
    product = offered("Orders", output=["orders"])

    producer.post("/products/Orders/members/", {"remove": Capsule.objects.get().urn})

    assert not product.members.exists()


def test_only_its_team_changes_a_product(producer, client):
    product = DataProductFactory(name="Orders", owner=OwnerFactory(name="Sales data"))
    capsule = CapsuleFactory(name="orders")

    assert producer.get("/products/Orders/edit/").status_code == 403
    assert producer.post("/products/Orders/members/", {"capsule": capsule.urn}).status_code == 403
    assert not product.members.exists()
    assert "Only members of Sales data may change this." in text(page(producer, "/products/Orders/"))


def test_an_analyst_makes_no_product(analyst):
    assert analyst.get("/products/new/").status_code == 403
    assert analyst.post("/products/new/", {"name": "Orders", "status": "draft"}).status_code == 403
    assert not DataProduct.objects.exists()


def test_an_edit_that_came_too_late_overwrites_nothing(producer):
    product = DataProductFactory(name="Orders", description="Everything about orders.")
    form = page(producer, "/products/Orders/edit/")
    seen = re.search(r'name="seen" value="([^"]+)"', form).group(1)
    DataProduct.objects.get(pk=product.pk).save()
    stored = DataProduct.objects.get(pk=product.pk)
    stored.description = "Orders of all shops."
    stored.save()

    answer = producer.post(
        "/products/Orders/edit/",
        {
            "seen": seen,
            "description": "Orders, daily.",
            "status": "active",
            "base_description": product.description,
        },
    )

    assert answer.status_code == 409
    assert DataProduct.objects.get().description == "Orders of all shops."


def test_domain_and_capsule_lead_to_their_products(analyst):
    domain = DomainFactory(name="sales")
    product = offered("Orders", output=["orders"])
    DataProduct.objects.filter(pk=product.pk).update(domain=domain)
    capsule = Capsule.objects.get(name="orders")

    assert 'href="/products/Orders/"' in page(analyst, "/domains/sales/")
    assert 'href="/products/Orders/"' in page(analyst, capsule.get_absolute_url())


def test_products_are_found_by_their_names_and_words(analyst):
    DataProductFactory(name="Customer 360", description="One row for each person who buys.", status="active")
    product = DataProductFactory(name="Takeover targets")
    DataProduct.objects.filter(pk=product.pk).update(visibility_rank=5)

    html = page(analyst, "/search/?q=customer+360")

    assert 'href="/products/Customer%20360/"' in html
    assert "Active" in text(html)
    assert 'href="/products/Customer%20360/"' in page(analyst, "/search/?q=buys&kind=product")
    assert "/products/" not in page(analyst, "/search/?q=takeover&kind=product").split("<main", 1)[1]


def test_a_product_that_got_another_name_or_went_is_no_longer_found_by_the_old_one(analyst):
    product = DataProductFactory(name="Customer 360")
    product.name = "Buyers"
    product.save()

    assert "/products/Buyers/" in page(analyst, "/search/?q=buyers")
    assert "/products/" not in page(analyst, "/search/?q=customer+360&kind=product").split("<main", 1)[1]

    product.delete()
    assert "/products/Buyers/" not in page(analyst, "/search/?q=buyers")
