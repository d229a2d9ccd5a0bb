"""Changes of capsules, and new capsules, proposed by form: each becomes a plan, nothing is written directly."""

import copy
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from apps.catalog import documents, snapshots
from apps.catalog.models import Capsule, Column
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from tests.factories.catalog import CapsuleFactory, DomainFactory, OwnerFactory
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {
    "urn": URN,
    "name": "orders",
    "layer": "silver",
    "description": "One row for each order.\n",
    "partitioning": {"strategy": "range", "key": ["placed_on"]},
    "schema": {
        "columns": [
            {"name": "order_id", "data_type": "VARCHAR(36)", "constraints": [{"type": "primary_key"}]},
            {"name": "customer_id", "data_type": "INT", "meta": {"note": "kept"}, "constraints": [
                {"type": "foreign_key", "references": "customers.customer_id", "on_delete": "RESTRICT"}]},
            {"name": "placed_on", "data_type": "DATE", "is_nullable": False},
            {"name": "amount", "data_type": "DECIMAL(18,2)", "description": "In euros.\n\nRefunds are negative.\n", "constraints": [
                {"type": "default", "value": 0}, {"type": "check", "expression": "amount >= 0", "name": "positive"}]},
        ],
        "constraints": [{"type": "unique", "columns": ["customer_id", "placed_on"], "name": "one_a_day"}],
        "indexes": [{"name": "by_day", "columns": ["placed_on"], "where": "amount > 0"}],
    },
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def producer(client):
    user = UserFactory(role="producer")
    client.force_login(user)
    return reader_of(user)


@pytest.fixture
def orders(producer):
    """A capsule with keys, an index and partitions, as its document says."""
    applied(ORDERS, producer)
    return Capsule.objects.get()


def applied(content, reader):
    made = plan.make(documents.write(documents.canonical(copy.deepcopy(content))), reader)
    return applying.apply(made, reader=reader)


class Fields(HTMLParser):
    """The fields of the form as a browser would send them back, in `found`."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside, self.area, self.choice = {}, False, "", ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "form":
            self.inside = said.get("id") == "proposal"
        name, value = said.get("name", ""), said.get("value") or ""
        if not self.inside:
            return
        if tag == "input" and said.get("type") == "checkbox":
            if "checked" in said:
                self.found[name] = value or "on"
        elif tag == "input" and name:
            self.found[name] = value
        elif tag == "textarea":
            self.area, self.found[name] = name, ""
        elif tag == "select":
            self.choice = name
        elif tag == "option" and self.choice and (self.choice not in self.found or "selected" in said):
            self.found[self.choice] = value

    def handle_data(self, data):
        if self.area:
            self.found[self.area] += data.replace("\n", "\r\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            # The first end of line after the tag belongs to the markup.
            self.found[self.area] = self.found[self.area].removeprefix("\r\n")
            self.area = ""
        elif tag == "select":
            self.choice = ""
        elif tag == "form":
            self.inside = False


def sent(client, url):
    return Fields(client.get(url).content.decode()).found


def change(client, **fields):
    url = reverse("deploy:propose", args=[URN])
    return client.post(url, sent(client, url) | fields)


def planned():
    """{dimension: [(code, name)]} of the last plan's only capsule."""
    parts = Plan.objects.first().answer["capsules"][0]["dimensions"]
    return {
        name: [(item["code"], item["name"]) for item in part["items"]]
        for name, part in parts.items()
        if part["items"]
    }


def new_row(client, table, **fields):
    """The form with one row more, filled in."""
    url = reverse("deploy:propose", args=[URN])
    data = sent(client, url)
    number = int(data[f"{table}-TOTAL_FORMS"])
    data |= {f"{table}-TOTAL_FORMS": str(number + 1)}
    return data | {f"{table}-{number}-{name}": value for name, value in fields.items()}


def test_the_form_shows_what_the_document_says(client, orders):
    page = client.get(reverse("deploy:propose", args=[URN])).content.decode()

    for text in (
        "DECIMAL(18,2)",
        "customers.customer_id",
        "amount &gt;= 0",
        "by_day",
        "In euros.",
        "one_a_day",
    ):
        assert text in page


def test_a_form_sent_back_unchanged_plans_nothing_and_says_so(client, orders):
    before = Plan.objects.count()

    response = change(client)

    assert response.status_code == 422
    assert "Nothing was changed in the form." in response.content.decode()
    assert Plan.objects.count() == before


def test_a_retyped_column_becomes_a_plan_and_nothing_is_written(client, orders):
    response = change(client, **{"columns-3-data_type": "DECIMAL(20,2)"})

    assert response.url == Plan.objects.first().get_absolute_url()
    assert planned() == {"structural": [("type_widened", "amount")]}
    assert Column.objects.get(name="amount").data_type == "DECIMAL(18,2)"


def test_a_new_name_is_a_renaming_and_what_hangs_on_the_column_follows(client, orders):
    change(client, **{"columns-1-name": "buyer_id"})
    made = Plan.objects.first()

    applying.apply(made, reader=reader_of(made.author))

    column = Column.objects.get(name="buyer_id")
    assert ("column_renamed", "buyer_id") in planned()["structural"]
    assert not Column.objects.filter(name="customer_id").exists()
    assert snapshots.states_of([orders])[orders.pk]["schema"]["columns"][1]["meta"] == {"note": "kept"}
    assert set(column.constraints.values_list("kind", flat=True)) == {"foreign_key", "unique"}


def test_a_retired_column_takes_its_own_keys_along(client, orders):
    change(client, **{"columns-3-gone": "on", "indexes-0-where": ""})

    codes = dict(planned()["structural"])
    assert codes["column_removed"] == "amount"
    made = Plan.objects.first()
    applying.apply(made, reader=reader_of(made.author))
    assert Column.objects.get(name="amount").retired_at is not None


def test_a_row_is_added_by_a_button_and_keeps_what_was_typed(client, orders):
    response = change(client, **{"columns-3-description": "In cents.", "do": "add-columns"})

    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="columns-4-name"' in page
    assert "In cents." in page
    assert not Plan.objects.filter(applied_at=None).exists()


def test_a_new_column_with_a_key_and_an_index_is_one_plan(client, orders):
    data = new_row(client, "columns", name="channel", data_type="VARCHAR(20)", nullable="on")
    data |= {
        "keys-TOTAL_FORMS": "6",
        "keys-5-type": "check",
        "keys-5-columns": "channel",
        "keys-5-says": "channel <> ''",
    }
    data |= {
        "indexes-TOTAL_FORMS": "2",
        "indexes-1-name": "by_channel",
        "indexes-1-columns": "channel",
        "indexes-1-type": "btree",
    }

    client.post(reverse("deploy:propose", args=[URN]), data)

    kinds = {
        item["kind"]
        for item in Plan.objects.first().answer["capsules"][0]["dimensions"]["structural"]["items"]
    }
    assert kinds == {"column", "check", "index"}


def test_what_the_form_does_not_show_of_a_column_survives_an_added_row(client, orders):
    url = reverse("deploy:propose", args=[URN])
    again = client.post(url, sent(client, url) | {"do": "add-keys"}).content.decode()

    client.post(url, Fields(again).found | {"columns-1-name": "buyer_id"})

    assert ("column_renamed", "buyer_id") in planned()["structural"]
    column = Plan.objects.first().content[0]["canonical"]["schema"]["columns"][1]
    assert column["meta"] == {"note": "kept"}


def test_an_empty_new_row_is_left_out(client, orders):
    data = new_row(client, "columns", name="", data_type="", nullable="on") | {"layer": "gold"}

    client.post(reverse("deploy:propose", args=[URN]), data)

    assert list(planned()) == ["identity"]


def test_faults_stand_beside_their_fields_and_what_was_typed_is_kept(client, orders):
    data = new_row(client, "keys", type="unique", columns="colour", says="", name="")
    data |= {"columns-0-name": "", "description": "What I typed."}

    response = client.post(reverse("deploy:propose", args=[URN]), data)
    named = client.post(reverse("deploy:propose", args=[URN]), data | {"columns-0-name": "order_id"})

    assert response.status_code == 422
    assert "Name the column." in response.content.decode()
    page = named.content.decode()
    form = named.context["form"]
    assert named.status_code == 422
    assert "The column colour is not declared" in form.tables["keys"].forms[5].errors["columns"][0]
    assert "What I typed." in page
    assert "colour" in page
    assert not Plan.objects.filter(applied_at=None).exists()


def test_storage_and_partitions_are_changed_and_cleared(client, orders):
    change(client, location="s3://lake/orders/", format="parquet", partition_strategy="", partition_key="")
    made = Plan.objects.first()

    applying.apply(made, reader=reader_of(made.author))

    orders.refresh_from_db()
    assert (orders.storage_location, orders.storage_format) == ("s3://lake/orders/", "parquet")
    assert not orders.partition_key


def test_a_default_keeps_its_kind_of_value(client, orders):
    change(client, **{"keys-2-says": "1.5"})

    made = Plan.objects.first().content[0]["canonical"]["schema"]["columns"][3]["constraints"][0]
    assert made == {"type": "default", "value": 1.5}


def test_what_a_colleague_changed_meanwhile_stays(client, producer, orders):
    url = reverse("deploy:propose", args=[URN])
    mine = sent(client, url) | {"columns-3-data_type": "DECIMAL(20,2)"}
    theirs = copy.deepcopy(ORDERS)
    theirs["schema"]["columns"].append({"name": "channel", "data_type": "TEXT"})
    theirs["description"] = "Theirs."
    applied(theirs, producer)

    response = client.post(url, mine, follow=True)

    assert planned() == {"structural": [("type_widened", "amount")]}
    assert "moved from version 1 to 2 while you wrote" in response.content.decode()


def test_who_may_not_edit_the_capsule_is_refused_and_told_who_may(client, producer):
    CapsuleFactory(urn=URN, name="orders", owner=OwnerFactory(name="Logistics"))

    response = client.get(reverse("deploy:propose", args=[URN]))

    assert response.status_code == 403
    assert "members of Logistics" in response.content.decode()


def test_whoever_does_not_see_all_of_a_capsule_does_not_change_it_by_form(client, producer, orders):
    Column.objects.filter(name="amount").update(visibility_rank=5)

    response = client.get(reverse("deploy:propose", args=[URN]))

    assert response.status_code == 403
    assert "hidden from you" in response.content.decode()


def test_a_new_capsule_is_planned_and_applied(client, producer):
    DomainFactory(name="Sales")
    url = reverse("deploy:new_capsule")
    data = sent(client, url) | {
        "name": "refunds", "namespace": "shop.main", "system": "postgres", "capsule_type": "table",
        "description": "One row for each refund.", "domain": "Sales",
        "columns-0-name": "refund_id", "columns-0-data_type": "UUID",
    }  # fmt: skip

    del data["columns-0-nullable"]
    response = client.post(url, data)
    made = Plan.objects.get()
    assert not Capsule.objects.exists()
    applying.apply(made, reader=producer)

    assert response.url == made.get_absolute_url()
    capsule = Capsule.objects.get()
    assert capsule.urn == "urn:dcs:postgres:table:shop.main:refunds"
    assert capsule.domain.name == "Sales"
    assert capsule.columns.get().is_nullable is False


def test_a_second_capsule_at_an_address_is_refused_beside_its_name(client, orders):
    url = reverse("deploy:new_capsule")
    data = sent(client, url) | {
        "name": "orders",
        "namespace": "shop",
        "system": "dbt",
        "capsule_type": "model",
    }

    response = client.post(url, data)

    assert response.status_code == 422
    assert "already" in response.context["form"].about.errors["name"][0]


@pytest.mark.parametrize("role", ["analyst", "auditor", "contract_owner"])
def test_who_may_not_register_capsules_is_told_who_may(client, role):
    client.force_login(UserFactory(role=role))

    response = client.get(reverse("deploy:new_capsule"))

    assert response.status_code == 403


def test_a_wide_capsule_is_sent_back_whole(client, producer):
    wide = copy.deepcopy(ORDERS)
    wide["schema"]["columns"] += [{"name": f"c{n:03}", "data_type": "INT"} for n in range(400)]
    applied(wide, producer)

    response = change(client, **{"columns-300-description": "The three hundredth."})

    assert response.status_code == 302
    assert planned() == {"semantic": [("docs_changed", "c296")]}
