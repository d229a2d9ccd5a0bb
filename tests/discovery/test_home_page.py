"""Home by persona: numbers that open their lists, and nothing that flatters."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from apps.audit.context import acting
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnFactory,
    ContractFactory,
    DomainFactory,
    IncidentFactory,
    IngestionJobFactory,
    MaskingRuleFactory,
    OwnerFactory,
    PolicyFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    StewardshipFactory,
    TeamMembershipFactory,
    TermFactory,
    UserFactory,
    WatchFactory,
)

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db
COUNTED = re.compile(r'<li><a href="([^"]+)">(\d+) ([^<]+)</a></li>')


def counted(html):
    """{sentence without its number: (number, address)} of the counts on a home."""
    return {words: (int(number), unescape(url)) for url, number, words in COUNTED.findall(html)}


@pytest.mark.parametrize(
    ("roles", "persona"),
    [
        (["analyst"], "home-q"),
        (["steward", "analyst"], "Gaps"),
        (["producer"], "Your capsules"),
        (["contract_owner"], "Your capsules"),
        (["policy_admin"], "At risk"),
        (["administrator"], "At risk"),
        (["auditor"], "At risk"),
    ],
)
def test_each_role_lands_on_its_own_home(client, roles, persona):
    CapsuleFactory()

    assert persona in page(signed_in(client, *roles), "/")


def test_somebody_without_a_role_gets_the_analysts_home(client):
    client.force_login(UserFactory())

    assert "Nothing is in the catalog yet." in text(page(client, "/"))


def test_one_switches_among_the_personas_one_holds_and_no_others(client):
    signed_in(client, "steward", "analyst")
    CapsuleFactory()

    html = page(client, "/?as=analyst")
    assert re.search(r'href="\?as=analyst" aria-current="page"', html)
    assert "as=producer" not in html
    assert "There is no home “producer” for your roles" in text(page(client, "/?as=producer"))


def test_an_analyst_lands_in_the_search_box(client):
    CapsuleFactory(name="orders")

    html = page(signed_in(client, "analyst"), "/")

    assert re.search(r'id="home-q"[^>]*autofocus|autofocus[^>]*id="home-q"', html)
    assert "Where to start" in html


def test_every_number_of_a_steward_opens_a_list_of_that_length(client):
    signed_in(client, "steward")
    finance = DomainFactory(name="Finance & tax")
    StewardshipFactory(user=client.user, domain=finance)
    revenue = CapsuleFactory(
        name="revenue", domain=finance, owner=OwnerFactory(), description="What we earn."
    )
    ColumnFactory.create_batch(3, capsule=revenue, description=None)
    ColumnFactory(capsule=revenue, description="In euro.")
    ColumnFactory(capsule=revenue, description="  ")
    CapsuleFactory(name="visits", domain=finance, owner=None, description=" ")
    ColumnFactory(capsule=CapsuleFactory(name="elsewhere", owner=None), description=None)

    found = counted(page(client, "/"))

    assert found["columns without a description"][0] == 4
    assert found["capsule without an owner"][0] == 1
    assert found["capsules without a policy"][0] == 2
    for number, url in found.values():
        assert re.search(rf'class="result">{number} (capsule|column)s?<', page(client, url)), url


def test_a_steward_without_a_domain_sees_the_whole_catalogue_and_why(client):
    signed_in(client, "steward")
    CapsuleFactory(owner=None)

    html = page(client, "/")

    assert "You look after no domain yet" in text(html)
    assert counted(html)["capsule without an owner"][0] == 1


def test_what_waits_for_a_decision_comes_first_and_not_to_its_author(client):
    signed_in(client, "steward")
    finance = DomainFactory(name="Finance")
    StewardshipFactory(user=client.user, domain=finance)
    author = UserFactory(role="steward")
    StewardshipFactory(user=author, domain=finance)
    assert "Nothing waits on you." in text(page(client, "/"))

    TermFactory(name="net_revenue", domain=finance, author=author).submit(by=author)

    read = text(page(client, "/"))
    assert read.index("Waiting on you") < read.index("net_revenue") < read.index("Gaps in Finance")
    client.force_login(author)
    assert "Nothing waits on you." in text(page(client, "/"))


def test_the_most_valuable_gaps_are_those_that_most_is_made_from(client):
    signed_in(client, "steward")
    hub, leaf = CapsuleFactory(name="hub"), CapsuleFactory(name="leaf")
    for _ in range(3):
        CapsuleEdgeFactory(source=hub, target=CapsuleFactory())
    CapsuleEdgeFactory(source=leaf, target=hub)

    read = text(page(client, "/"))

    valuable = read[read.index("Most valuable gaps") :]
    assert valuable.index("hub feeds 3") < valuable.index("leaf feeds 1")
    assert "lacks" in valuable


def test_a_steward_reads_what_others_changed_and_not_what_they_did_themselves(client):
    signed_in(client, "steward")
    with acting(UserFactory(first_name="Chen", last_name="Wei"), reason="New source"):
        CapsuleFactory(name="orders")
    with acting(client.user, reason="My own change"):
        CapsuleFactory(name="visits")

    read = text(page(client, "/"))

    assert "Chen Wei added capsule orders “New source”" in read
    assert "My own change" not in read


def test_a_producer_sees_the_failing_checks_of_their_teams_alone(client):
    signed_in(client, "producer")
    team = OwnerFactory(name="Finance data")
    TeamMembershipFactory(user=client.user, owner=team)
    mine, other = (
        CapsuleFactory(name="revenue", owner=team),
        CapsuleFactory(name="visits", owner=OwnerFactory()),
    )
    for capsule, name in ((mine, "amount_is_positive"), (other, "visitor_is_known")):
        QualityCheckFactory(rule=QualityRuleFactory(capsule=capsule, name=name), status="failed")
    mended = QualityRuleFactory(capsule=mine, name="was_late")
    QualityCheckFactory(rule=mended, status="failed", checked_at=timezone.now() - timedelta(days=1))
    QualityCheckFactory(rule=mended, status="passed")

    html = page(client, "/")
    read = text(html)

    assert "You work in Finance data." in read
    assert "amount_ is_ positive" in read
    assert "visitor" not in read
    assert "was_ late" not in read
    assert re.search(r'class="count" href="/capsules/\?owner=Finance\+data&amp;sort=-updated">1<', html)


def test_an_admin_sees_personal_data_without_a_policy_and_what_failed(client):
    signed_in(client, "administrator", "policy_admin")
    ColumnFactory.create_batch(2, pii_type="email")
    ColumnFactory(pii_type=None)
    IngestionJobFactory(status="failed", error_message="manifest.json is cut off")

    html = page(client, "/")
    number, url = counted(html)["columns with personal data and no policy"]

    assert number == 2
    assert 'class="result">2 columns<' in page(client, url)
    assert "manifest.json is cut off" in text(html)


def test_what_came_in_since_the_last_visit_is_told_apart(client, time_machine):
    signed_in(client, "analyst")
    start = timezone.now()
    time_machine.move_to(start - timedelta(days=2))
    page(client, "/")
    CapsuleFactory(name="orders", created_at=start - timedelta(days=1))
    CapsuleFactory(name="ancient", created_at=start - timedelta(days=30))
    time_machine.move_to(start)
    client.force_login(client.user)

    read = text(page(client, "/"))

    new = read[read.index("New since your last visit") : read.index("Domains")]
    assert "orders" in new
    assert "ancient" not in new


def test_a_steward_sees_what_ends_soon_in_their_domains(client):
    signed_in(client, "steward")
    finance, sales = DomainFactory(name="Finance"), DomainFactory(name="Sales")
    StewardshipFactory(user=client.user, domain=finance)
    soon, later = timezone.localdate() + timedelta(days=5), timezone.localdate() + timedelta(days=30)
    for domain, day, name in ((finance, soon, "ledger"), (finance, later, "budget"), (sales, soon, "leads")):
        ContractFactory(capsule__domain=domain, capsule__name=name, active=True, deprecation_date=day)
    PolicyFactory(capsule=CapsuleFactory(domain=finance, name="payroll"), active=True, effective_to=soon)

    read = text(page(client, "/"))

    ends = read[read.index("Ends within 14 days") : read.index("Most valuable gaps")]
    assert "ledger" in ends
    assert "payroll" in ends
    assert "budget" not in ends
    assert "leads" not in ends


def test_a_producer_sees_broken_promises_and_incidents_of_their_teams(client):
    signed_in(client, "producer")
    team = OwnerFactory(name="Data team")
    TeamMembershipFactory(user=client.user, owner=team)
    mine = WatchFactory(contract__capsule__owner=team, contract__capsule__name="orders", health="broken")
    WatchFactory(contract__capsule__name="visits", health="broken")
    IncidentFactory(contract=mine.contract)

    html = page(client, "/")

    part = text(html)
    part = part[part.index("Promises and incidents") : part.index("Checks that did not pass")]
    assert "1 capsule whose promises are broken" in part
    assert re.search(r"I-\d+ orders", part)
    link = re.search(r'href="([^"]*health=broken[^"]*)"', html).group(1).replace("&amp;", "&")
    assert names(page(client, link)) == ["orders"]


def test_an_analyst_sees_new_terms_and_no_drafts(client):
    signed_in(client, "analyst")
    TermFactory(name="revenue", approved=True)
    TermFactory(name="margin")

    read = text(page(client, "/"))

    assert "New terms" in read
    assert "margin" not in read


def test_an_admin_counts_strict_columns_that_nothing_masks_and_opens_them(client):
    signed_in(client, "policy_admin")
    bare = ColumnFactory(name="iban", sensitivity_rank=4)
    MaskingRuleFactory(column=ColumnFactory(name="email", sensitivity_rank=4))
    ColumnFactory(name="colour", sensitivity_rank=2)

    html = page(client, "/?as=admin")

    assert "1 restricted or secret column without a mask" in text(html)
    link = re.search(r'href="([^"]*lacks=mask[^"]*)"', html).group(1).replace("&amp;", "&")
    listed = text(page(client, link))
    assert bare.name in listed
    assert "email" not in listed
    assert "Sealed" in text(html) or "Nothing has been sealed yet." in text(html)


def test_a_home_without_anything_says_so_in_one_line_a_block(client):
    signed_in(client, "producer")

    read = text(page(client, "/"))

    assert "You belong to no team yet." in read
    assert "You have planned nothing yet." in read


@pytest.mark.parametrize("roles", [["analyst"], ["steward"], ["producer"], ["administrator"]])
def test_a_home_costs_at_most_ten_queries_of_its_own(
    client, django_assert_max_num_queries, as_if_committed, roles
):
    signed_in(client, *roles)
    domain, team = DomainFactory(), OwnerFactory()
    StewardshipFactory(user=client.user, domain=domain)
    TeamMembershipFactory(user=client.user, owner=team)
    for _ in range(12):
        ColumnFactory(capsule=CapsuleFactory(domain=domain, owner=team))
    page(client, "/")
    with django_assert_max_num_queries(40) as plain:
        page(client, "/help/keys/")
    with django_assert_max_num_queries(40) as home:
        page(client, "/")

    assert len(home) - len(plain) <= 10
