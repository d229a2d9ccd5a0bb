"""What ends and what changes in the coming year, on one page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import AnnouncementFactory, CapsuleFactory, ContractFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reading(client):
    client.force_login(UserFactory(role="analyst"))
    return client


def page(client):
    answer = client.get(reverse("contracts:calendar"))
    assert answer.status_code == 200
    return answer


def days(answer):
    return [(one.day, one.name) for _month, found in answer.context["months"] for one in found]


def test_ends_and_changes_stand_in_the_order_of_their_days(reading):
    today = timezone.now().date()
    customers = CapsuleFactory(name="customers")
    ContractFactory(
        capsule=customers,
        active=True,
        deprecation_date=today + timedelta(40),
        replacement_capsule_urn="urn:dcs:x:y",
    )
    AnnouncementFactory(capsule=CapsuleFactory(name="orders"), effective_on=today + timedelta(10))
    ContractFactory(deprecation_date=today + timedelta(20))  # a draft promises nothing yet
    AnnouncementFactory(effective_on=today - timedelta(8))
    AnnouncementFactory(effective_on=today + timedelta(400))
    answer = page(reading)
    assert days(answer) == [(today + timedelta(10), "orders"), (today + timedelta(40), "customers")]
    text = answer.content.decode()
    assert "use urn:dcs:x:y instead" in text
    assert "in 40 days" in text


def test_without_anything_to_come_the_page_says_so(reading):
    assert "Nothing ends soon" in page(reading).content.decode()


def test_what_is_secret_comes_for_nobody_else(reading):
    secret = CapsuleFactory(name="salaries", visibility_rank=5)
    AnnouncementFactory(capsule=secret, effective_on=timezone.now().date() + timedelta(3))
    assert "salaries" not in page(reading).content.decode()


def test_many_entries_ask_as_much_as_few(reading):
    today = timezone.now().date()
    AnnouncementFactory(effective_on=today)
    page(reading)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(reading)
    for number in range(8):
        AnnouncementFactory(effective_on=today + timedelta(number))
    with CaptureQueriesContext(connection) as many:
        page(reading)
    assert len(many) == len(few)
