"""What is there now beside what a plan would make of it."""

import pytest

from apps.catalog import comparison, documents
from apps.catalog.models import Capsule
from apps.deploy import applying, plan
from apps.people.reader import reader_of
from tests.discovery.pages import page, text
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
pytestmark = pytest.mark.django_db


def text_of(columns, **parts):
    return documents.write({"urn": URN, "name": "orders", "schema": {"columns": columns}, **parts})


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def orders(producer):
    applying.apply_directly(text_of(COLUMNS), reader=producer)
    return Capsule.objects.get(urn=URN)


def codes(capsule, left, right, reader):
    return [change.code for change in comparison.compare(capsule, left, right, reader).changes]


def test_the_live_state_is_compared_with_the_newest_draft(orders, producer):
    with pytest.raises(LookupError):
        comparison.compare(orders, "live", "draft", producer)
    first = plan.make(text_of([*COLUMNS, {"name": "note", "data_type": "VARCHAR"}]), producer)
    plan.make(text_of(COLUMNS[:1]), producer)

    assert codes(orders, "live", "draft", producer) == ["column_removed"]
    assert codes(orders, "draft", "live", producer) == ["column_added"]
    assert codes(orders, "live", str(first), producer) == ["column_added"]
    assert codes(orders, "1", str(first).lower(), producer) == ["column_added"]


def test_what_was_applied_is_no_draft_any_more_but_has_its_number(orders, producer):
    made = plan.make(text_of(COLUMNS, description="All orders."), producer)
    applying.apply(made, reader=producer)
    orders.refresh_from_db()

    with pytest.raises(LookupError):
        comparison.compare(orders, "live", "draft", producer)
    assert codes(orders, "live", str(made), producer) == []


def test_a_rename_in_a_draft_is_recognised(orders, producer):
    renamed = [COLUMNS[0], {"name": "total", "data_type": "INT", "x-renamed-from": "amount"}]
    plan.make(text_of(renamed), producer)
    assert codes(orders, "live", "draft", producer) == ["column_renamed"]


def test_nobody_sees_another_s_plan_who_may_not(orders, producer):
    made = plan.make(text_of(COLUMNS[:1]), producer)
    analyst = reader_of(UserFactory(role="analyst"))
    for address in ("draft", str(made)):
        with pytest.raises(LookupError):
            comparison.compare(orders, "live", address, analyst)


def test_page_and_api_name_the_plan(client, orders, producer):
    made = plan.make(text_of(COLUMNS[:1]), producer)
    client.force_login(producer.user)

    shown = text(page(client, f"/capsules/{URN}/diff/live..draft/"))
    answer = client.get(f"/api/v1/capsules/{URN}/versions/live/diff/{made}").json()

    assert f"version 1, live to plan {made}" in shown
    assert "Column amount removed" in shown
    assert (answer["right"]["plan"], answer["right"]["version_number"]) == (f"plan {made}", None)
    assert client.get(f"/capsules/{URN}/diff/live..PL-999/").status_code == 404
