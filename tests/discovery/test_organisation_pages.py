"""Domains, teams and the list of columns: who answers for what, and what is missing there."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    OwnerFactory,
    PolicyFactory,
    StewardshipFactory,
    TeamMembershipFactory,
    TermLinkFactory,
    UserFactory,
)

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def test_all_domains_are_listed_with_their_people_and_capsules(analyst):
    sales = DomainFactory(name="Sales", owner=OwnerFactory(name="Sales data"))
    StewardshipFactory(domain=sales, user=UserFactory(first_name="Ana", last_name="Ruiz"))
    DomainFactory(name="Retail", parent=sales)
    CapsuleFactory.create_batch(2, domain=sales)
    CapsuleFactory()

    html = page(analyst, "/domains/")

    assert names(html)[0].startswith("Retail")
    assert re.search(r'href="/capsules/\?domain=Sales">2<', html)
    assert "Ana Ruiz" in html
    assert "1 capsule is in no domain" in text(html)


@pytest.mark.parametrize("name", ["Sales", "Finance & tax", "R&D / lab", "Größe 100 %", "a?b#c", "urn:dcs"])
def test_the_address_of_a_domain_is_its_name_whatever_it_is_called(analyst, name):
    DomainFactory(name=name)

    assert name in text(page(analyst, reverse("discovery:domain", args=[name])))


def test_a_domain_shows_its_capsules_stewards_and_what_they_lack(analyst):
    sales = DomainFactory(name="Sales", description="What is sold.")
    StewardshipFactory(domain=sales, user=UserFactory(first_name="Ana", last_name="Ruiz"))
    CapsuleFactory(name="orders", domain=sales)
    CapsuleFactory(name="visits", domain=DomainFactory())

    html = page(analyst, "/domains/Sales/")

    assert names(html) == ["orders"]
    assert "What is sold." in html
    assert "Ana Ruiz" in html
    assert (
        'href="/capsules/?domain=Sales&amp;lacks=contract" aria-label="1 capsule without a contract">1 lack<'
        in html
    )


def test_a_domain_sorts_and_pages_in_place(analyst):
    sales = DomainFactory(name="Sales")
    for number in range(55):
        CapsuleFactory(name=f"orders_{number:02}", domain=sales)

    answer = analyst.get("/domains/Sales/?sort=-name", headers={"HX-Request": "true", "HX-Target": "results"})
    html = answer.content.decode()

    assert html.lstrip().startswith('<div id="results"')
    assert names(html)[0] == "orders_54"
    assert "1–50 of 55" in text(html)


def test_a_domain_that_a_reader_may_not_know_of_is_not_there(analyst):
    DomainFactory(name="Mergers", visibility_rank=5)
    DomainFactory(name="Sales", parent=DomainFactory(name="Plans", visibility_rank=5))

    assert analyst.get("/domains/Mergers/").status_code == 404
    assert "Mergers" not in page(analyst, "/domains/")
    assert "Plans" not in page(analyst, "/domains/") + page(analyst, "/domains/Sales/")


def test_a_team_shows_its_people_and_capsules(analyst):
    team = OwnerFactory(name="Finance data")
    TeamMembershipFactory(owner=team, user=UserFactory(first_name="Chen", last_name="Wei"))
    CapsuleFactory(name="revenue", owner=team)

    html = page(analyst, "/teams/Finance%20data/")

    assert names(html) == ["revenue"]
    assert "Chen Wei" in html
    assert "#finance-data" in html


def test_a_team_without_capsules_says_so(analyst):
    OwnerFactory(name="Newcomers")

    assert "Newcomers owns no capsule." in text(page(analyst, "/teams/Newcomers/"))


def test_the_columns_that_lack_something_are_listed(analyst):
    orders = CapsuleFactory(name="orders", domain=DomainFactory(name="Sales"))
    ColumnFactory(capsule=orders, name="amount", description="In euro.")
    ColumnFactory(capsule=orders, name="status", description="")
    explained = ColumnFactory(capsule=orders, name="customer", description=None, pii_type="name")
    TermLinkFactory(column=explained)

    assert names(page(analyst, "/columns/?lacks=description")) == ["customer", "status"]
    assert names(page(analyst, "/columns/?lacks=description&lacks=term&domain=sales")) == ["status"]
    assert names(page(analyst, "/columns/?pii=yes")) == ["customer"]
    assert names(page(analyst, "/columns/?domain=none")) == []


def test_a_policy_on_the_capsule_covers_its_columns(analyst):
    orders = CapsuleFactory(name="orders")
    ColumnFactory(capsule=orders, name="email", pii_type="email")
    ColumnFactory(name="phone", pii_type="phone")
    PolicyFactory(capsule=orders, active=True)

    assert names(page(analyst, "/columns/?pii=yes&lacks=policy")) == ["phone"]


def test_the_list_of_columns_names_filters_that_make_no_sense(analyst):
    ColumnFactory(name="amount")

    html = page(analyst, "/columns/?lacks=charm&pii=perhaps")

    assert "2 filters were left out" in text(html)
    assert names(html) == ["amount"]


def test_retired_and_secret_columns_are_not_listed(analyst):
    ColumnFactory(name="amount")
    ColumnFactory(name="old", retired_at="2026-01-01T00:00Z")
    ColumnFactory(name="margin", visibility_rank=5)
    ColumnFactory(name="gone", capsule=CapsuleFactory(retired_at="2026-01-01T00:00Z"))

    assert names(page(analyst, "/columns/")) == ["amount"]


def test_all_teams_are_listed_with_their_members_and_what_they_own(analyst):
    sales = OwnerFactory(name="Sales data")
    TeamMembershipFactory(owner=sales, user=UserFactory(username="chen", first_name="Chen", last_name="Wu"))
    CapsuleFactory.create_batch(2, owner=sales)
    hidden = OwnerFactory(name="Takeover")
    type(hidden).objects.filter(pk=hidden.pk).update(visibility_rank=5)

    html = page(analyst, "/teams/")

    assert names(html) == ["Sales data"]
    assert 'href="/people/chen/">Chen Wu</a>' in html
    assert 'href="/capsules/?owner=Sales%20data">2<' in html


def test_the_list_of_teams_costs_the_same_however_many_there_are(analyst):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            page(analyst, "/teams/")
        return len(queries)

    CapsuleFactory(owner=OwnerFactory())
    asked()  # the first page after signing in notes the session
    one = asked()
    for _number in range(5):
        TeamMembershipFactory()
    assert asked() - one <= 1  # the members, where there are any
