"""Who somebody is: teams, domains, what these own, and open work as far as the reader may see it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Owner
from apps.workflow.models import Review
from tests.discovery.pages import names, page, signed_in, text
from tests.factories import (
    CapsuleFactory,
    DomainFactory,
    OwnerFactory,
    StewardshipFactory,
    TeamMembershipFactory,
    TermFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


@pytest.fixture
def chen():
    return UserFactory(username="chen", first_name="Chen", last_name="Wu", role="producer")


def test_a_person_is_their_roles_teams_and_domains(analyst, chen):
    TeamMembershipFactory(user=chen, owner=OwnerFactory(name="Sales data"))
    StewardshipFactory(user=chen, domain=DomainFactory(name="Sales"))

    html = page(analyst, "/people/chen/")

    assert "Chen Wu" in text(html)
    assert "Producer" in text(html)
    assert 'href="/teams/Sales%20data/"' in html
    assert 'href="/domains/Sales/"' in html


def test_the_capsules_of_their_teams_are_listed(analyst, chen):
    sales = OwnerFactory(name="Sales data")
    TeamMembershipFactory(user=chen, owner=sales)
    CapsuleFactory(name="orders", owner=sales)
    CapsuleFactory(name="visits", owner=OwnerFactory())

    assert names(page(analyst, "/people/chen/")) == ["orders"]


def test_who_is_in_no_team_owns_nothing(analyst, chen):
    CapsuleFactory(name="orders")

    html = page(analyst, "/people/chen/")

    assert names(html) == []
    assert "In no team, so no capsule is theirs." in text(html)


def test_open_proposals_stand_on_the_page_of_their_author(analyst, chen):
    TermFactory(name="revenue", display_name="Revenue", author=chen, under_review=True)

    read = text(page(analyst, "/people/chen/"))

    assert "Has proposed 1" in read
    assert "evenue" in read


def test_what_a_steward_can_decide_stands_on_their_page(client, chen):
    mia = signed_in(client, "steward", username="mia")
    finance = DomainFactory(name="Finance")
    StewardshipFactory(user=mia.user, domain=finance)
    TermFactory(name="revenue", author=chen, domain=finance, under_review=True)

    assert "Can decide 1" in text(page(mia, "/people/mia/"))
    assert "Can decide" not in text(page(mia, "/people/chen/"))


def test_hidden_teams_and_proposals_are_not_told(analyst, chen):
    TeamMembershipFactory(user=chen, owner=OwnerFactory(name="Takeover"))
    Owner.objects.update(visibility_rank=5)
    term = TermFactory(name="target_price", author=chen, under_review=True)
    Review.objects.update(visibility_rank=5)

    html = page(analyst, "/people/chen/")

    assert "Takeover" not in html
    assert term.name not in html


def test_nobody_of_that_name_is_no_page_and_ones_own_settings_stay_where_they_are(analyst):
    assert analyst.get("/people/nobody/").status_code == 404
    assert "Settings" in page(analyst, "/people/me/")


def test_the_page_costs_the_same_however_much_somebody_has_to_do(analyst, chen):
    sales = OwnerFactory(name="Sales data")
    TeamMembershipFactory(user=chen, owner=sales)
    CapsuleFactory(owner=sales)
    TermFactory(author=chen, under_review=True)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page(analyst, "/people/chen/")
        return len(queries)

    asked()  # the first page after signing in notes the session
    one = asked()
    for _number in range(5):
        CapsuleFactory(owner=sales)
        TermFactory(author=chen, under_review=True)
    assert asked() == one
