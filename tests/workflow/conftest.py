"""The people of a review: who writes it, who may decide on it, and who may not."""

import pytest

from tests.factories import DomainFactory, StewardshipFactory, TermFactory, UserFactory


@pytest.fixture
def finance(request):
    if "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
    return DomainFactory(name="Finance")


@pytest.fixture
def author(finance):
    """Chen writes."""
    return UserFactory(username="chen.wei", first_name="Chen", last_name="Wei", role="producer")


@pytest.fixture
def ana(finance):
    """Ana decides on what belongs to Finance."""
    person = UserFactory(username="ana.ruiz", first_name="Ana", last_name="Ruiz", role="steward")
    StewardshipFactory(user=person, domain=finance)
    return person


@pytest.fixture
def tom(finance):
    """Tom decides on it too."""
    person = UserFactory(username="tom.lee", first_name="Tom", last_name="Lee", role="steward")
    StewardshipFactory(user=person, domain=finance)
    return person


@pytest.fixture
def stranger(finance):
    """Mia is a steward, of another domain."""
    person = UserFactory(username="mia.olsen", first_name="Mia", last_name="Olsen", role="steward")
    StewardshipFactory(user=person, domain=DomainFactory(name="Logistics"))
    return person


@pytest.fixture
def draft(finance, author):
    return TermFactory(name="revenue", domain=finance, author=author)


@pytest.fixture
def agreed(finance, author):
    """A term in force."""
    return TermFactory(name="net_revenue", domain=finance, author=author, approved=True)
