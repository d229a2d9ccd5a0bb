"""Who reaches which page of plans and documents: every address, every role, and nobody at all."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.catalog import documents
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {"urn": URN, "name": "orders", "schema": {"columns": [{"name": "order_id", "data_type": "INT"}]}}
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
EVERYBODY = (200,) * 7
# address name, its arguments ("number" and "key" are those of a colleague's plan), method, answers in the order of the roles
MATRIX = [
    ("deploy:changes", (), "get", EVERYBODY),
    ("deploy:new_change", (), "get", (403, 200, 200, 200, 200, 403, 403)),
    ("deploy:new_change", (), "post", (403, 422, 422, 422, 422, 403, 403)),
    ("deploy:check", (), "post", (403, 200, 200, 200, 200, 403, 403)),
    ("deploy:change", ("number",), "get", (404, 200, 200, 200, 200, 200, 200)),
    ("deploy:change_by_key", ("key",), "get", (404, 301, 301, 301, 301, 301, 301)),
    ("deploy:apply", ("number",), "post", (404, 302, 409, 409, 409, 409, 409)),
    ("deploy:schedule", ("number",), "post", (404, 302, 409, 409, 409, 409, 409)),
    ("deploy:again", ("number",), "post", (404, 302, 302, 403, 403, 403, 403)),
    ("deploy:announce", ("number",), "post", (404, 409, 409, 409, 409, 409, 409)),
    ("deploy:override", ("number",), "post", (404, 409, 409, 409, 409, 409, 409)),
    ("deploy:answer_override", ("number",), "post", (404, 409, 409, 409, 409, 409, 409)),
    ("deploy:plan_capsule", (URN,), "get", (403, 200, 200, 200, 200, 403, 403)),
    ("deploy:plan_capsule", (URN,), "post", (403, 422, 422, 422, 422, 403, 403)),
    ("deploy:import_rules", (URN,), "get", (403, 200, 200, 403, 403, 403, 403)),
    ("deploy:import_rules", (URN,), "post", (403, 422, 422, 403, 403, 403, 403)),
    ("deploy:propose", (URN,), "get", (403, 200, 200, 403, 403, 403, 403)),
    ("deploy:propose", (URN,), "post", (403, 422, 422, 403, 403, 403, 403)),
    ("deploy:new_capsule", (), "get", (403, 200, 200, 403, 403, 403, 403)),
    ("deploy:new_capsule", (), "post", (403, 422, 422, 403, 403, 403, 403)),
    ("deploy:restore", (URN, 1), "post", (403, 302, 302, 403, 403, 403, 403)),
    ("deploy:document", (URN, "yaml"), "get", EVERYBODY),
    ("deploy:version_document", (URN, 1, "json"), "get", EVERYBODY),
]
CASES = [(name, args, method, role, code) for name, args, method, codes in MATRIX for role, code in zip(ROLES, codes, strict=True)]  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague():
    """A plan of a producer, and the capsule that it is about, in its second version."""
    reader = reader_of(UserFactory(role="producer"))
    for content in (ORDERS, {**ORDERS, "layer": "silver"}):
        applying.apply(plan.make(documents.write(documents.canonical(content)), reader), reader=reader)
    return plan.make(documents.write(documents.canonical({**ORDERS, "layer": "gold"})), reader)


def call(client, name, args, method, made):
    known = {"number": made.number, "key": made.pk}
    url = reverse(name, args=[known.get(each, each) for each in args])
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    sent = {"at": f"{tomorrow:%Y-%m-%dT%H:%M}"} if name == "deploy:schedule" else {}
    return client.get(url) if method == "get" else client.post(url, sent)


@pytest.mark.parametrize(("name", "args", "method", "role", "code"), CASES)
def test_a_role_reaches_what_it_may_and_nothing_else(client, colleague, name, args, method, role, code):
    client.force_login(UserFactory(role=role))
    before = Plan.objects.filter(applied_at=None, scheduled_for=None).count()

    response = call(client, name, args, method, colleague)

    assert response.status_code == code
    if code in (403, 404, 409, 422):
        assert Plan.objects.filter(applied_at=None, scheduled_for=None).count() == before


@pytest.mark.parametrize(("name", "args", "method", "codes"), MATRIX)
def test_strangers_are_sent_to_the_door(client, colleague, name, args, method, codes):
    response = call(client, name, args, method, colleague)

    assert response.status_code == 302
    assert response.url.startswith("/sign-in/")


def test_every_address_of_plans_and_documents_is_in_the_table():
    from apps.deploy.urls import urlpatterns

    others = {"ingestion", "upload", "read", "job", "cancel"}
    names = {pattern.name for pattern in urlpatterns if pattern.name} - others
    names -= {name for name in names if "source" in name}  # tests/deploy/test_source_pages.py

    assert names == {name.partition(":")[2] for name, *_rest in MATRIX}
