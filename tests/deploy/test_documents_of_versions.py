"""A capsule and its versions as files, and the way back to a version."""

import pytest
from django.urls import reverse

from apps.audit.context import acting
from apps.catalog import documents, retirement
from apps.catalog.models import Capsule, CapsuleVersion
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "DECIMAL(18,2)"}]
FIRST = {"urn": URN, "name": "orders", "version": "1.0.0", "layer": "silver", "schema": {"columns": COLUMNS}}
SECOND = {
    **FIRST,
    "version": "2.0.0",
    "description": "One row for each order.",
    "tags": ["sales"],
    "schema": {"columns": COLUMNS[:1]},
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def producer(client):
    user = UserFactory(role="producer")
    client.force_login(user)
    return reader_of(user)


@pytest.fixture
def orders(producer):
    """A capsule of two versions; the second dropped a column and brought a description and a tag."""
    for content in (FIRST, SECOND):
        made = plan.make(documents.write(documents.canonical(content)), producer)
        applying.apply(made, reader=producer)
    return Capsule.objects.get()


def restore(client, number):
    return client.post(reverse("deploy:restore", args=[URN, number]))


def test_an_older_version_comes_back_as_a_plan_that_says_what_it_undoes(client, producer, orders):
    response = restore(client, 1)

    made = Plan.objects.first()
    assert response.url == made.get_absolute_url()
    found = made.answer["capsules"][0]["dimensions"]
    assert [item["name"] for item in found["structural"]["items"]] == ["amount"]
    assert Capsule.objects.get().description == "One row for each order."
    assert "amount" in client.get(response.url).content.decode()


def test_applied_the_capsule_says_what_the_older_version_said_but_for_its_name(client, producer, orders):
    restore(client, 1)

    applying.apply(Plan.objects.first(), reader=producer)

    was, now = (CapsuleVersion.objects.get(number=number).snapshot for number in (1, 3))
    assert {**now, "version": "1.0.0"} == was
    assert now["version"] == "2.0.0"
    assert Capsule.objects.get().description is None


def test_whoever_may_not_see_all_of_a_version_may_not_restore_it(client, producer, orders):
    orders.columns.filter(name="order_id").update(visibility_rank=5)

    response = restore(client, 1)

    assert response.status_code == 403
    assert "hidden from you" in response.content.decode()
    assert Plan.objects.count() == 2


def test_an_analyst_restores_nothing_and_is_offered_nothing(client, producer, orders):
    client.force_login(UserFactory(role="analyst"))

    page = client.get(reverse("catalog:versions", args=[URN])).content.decode()

    assert restore(client, 1).status_code == 403
    assert "Restore as a plan" not in page
    assert reverse("deploy:version_document", args=[URN, 1, "yaml"]) in page


def test_each_older_version_has_its_button(client, producer, orders):
    page = client.get(reverse("catalog:versions", args=[URN])).content.decode()

    assert reverse("deploy:restore", args=[URN, 1]) in page
    assert reverse("deploy:restore", args=[URN, 2]) not in page


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_version_is_downloaded_as_it_was(client, producer, orders, form):
    response = client.get(reverse("deploy:version_document", args=[URN, 1, form]))

    (document,) = documents.read(response.content).documents
    assert document.canonical == CapsuleVersion.objects.get(number=1).snapshot
    assert response["Content-Disposition"] == f'attachment; filename="orders.v1.{form}"'
    assert response["X-Export-Complete"] == "true"


def test_a_download_says_when_something_is_hidden(client, producer, orders):
    orders.columns.filter(name="order_id").update(visibility_rank=5)

    for url in (
        reverse("deploy:document", args=[URN, "yaml"]),
        reverse("deploy:version_document", args=[URN, 1, "yaml"]),
    ):
        response = client.get(url)
        assert response["X-Export-Complete"] == "false"
        assert "order_id" not in response.content.decode()
        assert response.content.startswith(b"# Incomplete")


def test_a_form_that_nobody_knows_and_a_version_that_never_was_are_not_found(client, producer, orders):
    assert client.get(reverse("deploy:document", args=[URN, "xlsx"])).status_code == 404
    assert client.get(reverse("deploy:version_document", args=[URN, 9, "yaml"])).status_code == 404
    assert restore(client, 9).status_code == 404


def test_a_retired_capsule_comes_back_as_one_of_its_versions(client, producer, orders):
    with acting(producer):
        retirement.retire(orders)

    response = restore(client, 1)
    applying.apply(Plan.objects.first(), reader=producer)

    assert response.status_code == 302
    assert Plan.objects.first().answer["capsules"][0]["action"] == "create"
    capsule = Capsule.objects.get()
    assert capsule.retired_at is None
    assert set(capsule.columns.filter(retired_at=None).values_list("name", flat=True)) == {
        "order_id",
        "amount",
    }
