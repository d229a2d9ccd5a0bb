"""A plan that a reader made, at its doors: page, API and command alike ask for the name of what was only partly read."""

import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from apps.catalog.models import Capsule
from apps.dcs.models import JobProgress
from apps.deploy import background, tasks
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from tests.api.conftest import Caller
from tests.factories.people import UserFactory

from .reading_fixtures import read, table

MISSED = ((7, "CREATE TABLE broken ("), (12, "ALTER TABLE lost"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(role="steward")


@pytest.fixture
def partial(user):
    """A plan that missed two statements, at lines 7 and 12."""
    job = read(table("orders"), reader=reader_of(user), missed=MISSED)
    return Plan.objects.get(number=job.stats["plan"]["number"])


def page_of(client, made):
    return client.get(made.get_absolute_url()).content.decode()


def apply_by_page(client, made, **fields):
    return client.post(reverse("deploy:apply", args=[made.number]), fields)


class TestThePage:
    def test_it_lists_each_statement_with_its_line_and_asks_for_the_name(self, client, user, partial):
        client.force_login(user)

        page = page_of(client, partial)

        assert "Partial: 2 parts of shop.sql were not understood." in page
        assert "line 7" in page
        assert "CREATE TABLE broken (" in page
        assert 'name="accept_partial"' in page

    @pytest.mark.parametrize("said", ["", "shop", "yes"])
    def test_another_word_than_the_name_is_an_error_beside_the_field(self, client, user, partial, said):
        client.force_login(user)

        response = apply_by_page(client, partial, accept_partial=said)

        assert response.status_code == 422
        assert "Write the name exactly: shop.sql" in response.content.decode()
        assert not Capsule.objects.exists()

    def test_with_its_name_it_is_applied(self, client, user, partial):
        client.force_login(user)

        response = apply_by_page(client, partial, accept_partial="shop.sql")

        assert response.status_code == 302
        assert Capsule.objects.get().name == "orders"
        assert f"Accepted by {user.username}" in page_of(client, partial)

    def test_it_may_be_accepted_now_and_applied_later(self, client, user, partial):
        client.force_login(user)

        apply_by_page(client, partial, accept_partial="shop.sql", do="accept")
        page = page_of(client, partial)

        assert not Capsule.objects.exists()
        assert 'name="accept_partial"' not in page
        assert "Ready" in page

    def test_a_large_one_is_accepted_here_and_applied_by_a_worker(self, client, user):
        client.force_login(user)
        names = [f"table_{number}" for number in range(background.MANY + 1)]
        job = read(*map(table, names), reader=reader_of(user), missed=MISSED)
        made = Plan.objects.get(number=job.stats["plan"]["number"])

        refused = apply_by_page(client, made)
        response = apply_by_page(client, made, accept_partial="shop.sql")
        (waiting,) = JobProgress.objects.filter(kind=background.KIND)
        tasks.apply_plan(job_id=str(waiting.pk))

        assert (refused.status_code, response.status_code) == (422, 302)
        assert Capsule.objects.count() == len(names)

    def test_what_vanished_is_a_choice(self, client, user):
        reader = reader_of(user)
        client.force_login(user)
        for names in (("orders", "returns", "targets"),):
            job = read(*map(table, names), reader=reader)
            apply_by_page(client, Plan.objects.get(number=job.stats["plan"]["number"]))
        job = read(table("orders"), reader=reader, complete=True)
        made = Plan.objects.get(number=job.stats["plan"]["number"])

        page = page_of(client, made)
        apply_by_page(client, made, retire=[table("returns")["urn"]])

        assert "2 capsules are no longer in shop." in page
        assert Capsule.objects.get(name="returns").is_retired
        assert "missing_since" in Capsule.objects.get(name="targets").meta

    def test_the_document_of_a_reader_is_not_offered_for_editing(self, client, user, partial):
        client.force_login(user)

        assert "Change the document" not in page_of(client, partial)


class TestTheJob:
    def test_its_page_says_what_became_what_and_leads_to_the_plan(self, client, user, partial):
        client.force_login(user)

        page = client.get(reverse("deploy:job", args=[partial.reading["job"]])).content.decode()

        assert f"PL-{partial.number}" in page
        assert partial.get_absolute_url() in page
        assert "urn:dcs:shop:table:shop.public:orders" in page.replace("<wbr>", "")
        assert "CREATE TABLE broken (" in page

    def test_who_may_not_see_the_plan_learns_no_names(self, client, user, partial):
        client.force_login(UserFactory(role="analyst"))

        page = client.get(reverse("deploy:job", args=[partial.reading["job"]])).content.decode()

        assert "shop.public" not in page
        assert "it is not yours to see" in page

    def test_a_reading_without_changes_says_so(self, client, user):
        reader = reader_of(user)
        client.force_login(user)
        first = read(table("orders"), reader=reader)
        apply_by_page(client, Plan.objects.get(number=first.stats["plan"]["number"]))

        page = client.get(read(table("orders"), reader=reader).get_absolute_url()).content.decode()

        assert "No changes: what is stored says the same already." in page


class TestTheAPI:
    def test_it_says_what_was_missed_and_takes_the_name(self, user, partial):
        caller = Caller(user)

        shown = caller.get(f"/plans/{partial.pk}").body
        bare = caller.post(f"/plans/{partial.pk}/apply")
        wrong = caller.post(f"/plans/{partial.pk}/apply", {"accept_partial": "orders"})
        done = caller.post(f"/plans/{partial.pk}/apply", {"accept_partial": "shop.sql"})

        assert (shown["partial"], shown["reading"]["missed"][0]["line"]) == (True, 7)
        assert (bare.status_code, bare.body["code"]) == (409, "plan_partial")
        assert (wrong.status_code, wrong.body["code"]) == (409, "plan_partial")
        assert done.status_code == 200
        assert done.body["reading"]["accepted"]["by"] == user.username

    def test_it_retires_what_is_named(self, user):
        caller, reader = Caller(user), reader_of(user)
        first = read(table("orders"), table("returns"), reader=reader)
        caller.post(f"/plans/{first.stats['plan']['id']}/apply")
        gone = read(table("orders"), reader=reader, complete=True)
        urn = table("returns")["urn"]

        stranger = caller.post(
            f"/plans/{gone.stats['plan']['id']}/apply", {"retire": [table("orders")["urn"]]}
        )
        done = caller.post(f"/plans/{gone.stats['plan']['id']}/apply", {"retire": [urn]})

        assert (stranger.status_code, stranger.body["code"]) == (409, "no_such_capsule")
        assert done.status_code == 200
        assert Capsule.objects.get(urn=urn).is_retired


class TestTheCommand:
    def ended(self, *arguments):
        out = io.StringIO()
        try:
            call_command(*map(str, arguments), stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        return 0, out.getvalue()

    def test_it_refuses_without_the_name_and_applies_with_it(self, user, partial):
        who = ("--as", user.username, "--json")

        refused, said = self.ended("apply", partial.pk, *who)
        done, _said = self.ended("apply", partial.pk, "--accept-partial", "shop.sql", *who)

        assert (refused, json.loads(said)["code"]) == (3, "plan_partial")
        assert done == 0
        assert Capsule.objects.get().name == "orders"
