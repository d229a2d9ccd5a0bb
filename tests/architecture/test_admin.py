"""The back office shows everything that is stored, to those who may see it, at a constant price."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.catalog.models import Capsule
from apps.discovery.models import CapsuleSummary
from apps.glossary.models import Term
from apps.people.models import Membership, User
from tests import factories as make

pytestmark = pytest.mark.django_db

# Rows that nobody needs to look at by hand.
ABSENT = {
    "dcs.IdempotencyKey",
    "people.SignInAttempt",
    "discovery.CapsuleFacts",
    "deploy.LineageRun",
    "deploy.LineageDataset",
}
# Whose rows a test makes, of which model.
FACTORIES = {
    getattr(make, name)._meta.model: getattr(make, name) for name in make.__all__ if name != "UserFactory"
} | {User: make.UserFactory}
READ_ONLY = (
    make.CapsuleVersionFactory,
    make.QualityCheckFactory,
    make.ColumnProfileFactory,
    make.MeasurementFactory,
    make.IngestionJobFactory,
    make.JobProgressFactory,
)
in_turn = pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model._meta.label)


@pytest.fixture
def overseer(client):
    """A superuser cleared for everything, signed in."""
    person = make.UserFactory(is_staff=True, is_superuser=True, clearance=5)
    client.force_login(person)
    return person


@pytest.fixture
def clerk(client):
    """Somebody who may change everything in the back office and see internal data."""
    codenames = [
        f"{model._meta.app_label}.{verb}_{model._meta.model_name}"
        for model in FACTORIES
        for verb in model._meta.default_permissions
    ]
    person = make.UserFactory(is_staff=True, clearance=2, permissions=codenames)
    client.force_login(person)
    return person


def page_of(row, action="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{action}", args=[row.pk])


def list_of(model, action="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}")


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(url).status_code == 200, url
    return len(asked)


def test_every_model_is_in_the_back_office():
    models = [model for model in apps.get_models() if model.__module__.startswith("apps.")]

    absent = {model._meta.label for model in models if not admin.site.is_registered(model)}
    assert absent - ABSENT == set()


@in_turn
def test_a_list_asks_as_much_for_many_rows_as_for_few(client, overseer, model):
    FACTORIES[model].create_batch(2)
    client.get(list_of(model))
    few = queries_of(client, list_of(model))

    FACTORIES[model].create_batch(8)

    assert queries_of(client, list_of(model)) == few


@in_turn
def test_a_form_asks_as_much_among_many_rows_as_among_few(client, overseer, model):
    row = FACTORIES[model]()
    client.get(page_of(row))
    few = queries_of(client, page_of(row))

    FACTORIES[model].create_batch(8)

    assert queries_of(client, page_of(row)) == few


@in_turn
def test_a_list_can_be_searched_and_filtered(client, overseer, model):
    FACTORIES[model]()
    found = client.get(list_of(model), {"q": "a"})

    assert found.status_code == 200
    assert admin.site.get_model_admin(model).search_fields


@pytest.mark.parametrize("factory", READ_ONLY, ids=lambda factory: factory._meta.model.__name__)
def test_what_the_portal_writes_is_for_reading_only(client, overseer, factory):
    row = factory()

    assert client.get(page_of(row)).status_code == 200
    assert client.post(page_of(row), {}).status_code == 403
    assert client.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(list_of(type(row), "add")).status_code == 403


def test_the_audit_log_is_for_reading_only(client, overseer):
    make.CapsuleFactory()
    model = apps.get_model("audit.Change")

    shown = client.get(list_of(model), {"q": str(Capsule.objects.get().pk)})

    assert shown.context["cl"].result_count == 1
    assert client.get(list_of(model, "add")).status_code == 403


def test_the_summary_shows_capsules_that_the_reader_may_know_of(client, clerk):
    make.CapsuleFactory(name="stg_orders")
    make.CapsuleFactory(name="board_minutes", visibility_rank=5)
    CapsuleSummary.objects.refresh()
    clerk.user_permissions.add(permission("discovery", "view_capsulesummary"))

    page = client.get(list_of(CapsuleSummary)).content.decode()

    assert "stg_orders" in page
    assert "board_minutes" not in page


def test_a_hidden_capsule_is_found_nowhere(client, clerk):
    hidden = make.CapsuleFactory(name="board_minutes", visibility_rank=5)
    column = make.ColumnFactory(capsule=hidden)

    assert "board_minutes" not in client.get(list_of(Capsule)).content.decode()
    assert client.get(page_of(hidden)).status_code == 302
    assert client.get(page_of(column)).status_code == 302
    assert "board_minutes" not in suggestions(client, "catalog", "column", "capsule", "board")


def test_a_hidden_capsule_cannot_be_named_in_a_form(client, clerk):
    hidden = make.CapsuleFactory(visibility_rank=5)

    answer = client.post(
        list_of(apps.get_model("catalog.Column"), "add"),
        {"urn": "urn:dcs:a:b:c.d", "name": "d", "capsule": hidden.pk, "meta": "{}", "tags": "[]"},
    )

    assert "capsule" in answer.context["adminform"].form.errors


def test_restricted_facets_are_absent_below_their_clearance(client, clerk):
    rule = make.MaskingRuleFactory(condition="country <> 'DE'")
    check = make.QualityCheckFactory(sample_failures=[{"email": "ada@example.org"}])

    assert "country" not in client.get(page_of(rule)).content.decode()
    assert "ada@example.org" not in client.get(page_of(check)).content.decode()


def test_restricted_facets_are_shown_to_the_cleared(client, overseer):
    rule = make.MaskingRuleFactory(condition="country <> 'DE'")

    assert "country" in client.get(page_of(rule)).content.decode()


@pytest.mark.parametrize(
    "factory", [make.TermFactory, make.PolicyFactory, make.ContractFactory], ids=lambda made: made.__name__
)
def test_a_form_cannot_move_a_state(client, clerk, factory):
    draft = factory()
    form = client.get(page_of(draft)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    forged = {"status": "active", "approved_by": clerk.username, "author": clerk.pk}

    answer = client.post(page_of(draft), {**values, "meta": '{"seen": "yes"}', **forged})

    draft.refresh_from_db()
    assert (answer.status_code, draft.meta) == (302, {"seen": "yes"})
    assert (draft.status, draft.approved_by) == ("draft", None)
    assert draft.author != clerk


@pytest.mark.parametrize(
    "make_row",
    [
        lambda: make.TermFactory(approved=True),
        lambda: make.PolicyFactory(active=True),
        lambda: make.ContractFactory(active=True),
    ],
)
def test_what_is_in_force_is_not_edited_in_place(client, overseer, make_row):
    row = make_row()

    assert client.get(page_of(row)).status_code == 200
    assert client.post(page_of(row), {}).status_code == 403
    assert client.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403


def test_whoever_writes_a_term_is_its_author(client, clerk):
    client.post(
        list_of(Term, "add"),
        {
            "name": "revenue",
            "definition": "Money received for goods delivered.",
            "synonyms": "[]",
            "tags": "[]",
            "meta": "{}",
        },
    )

    assert Term.objects.get(name="revenue").author == clerk


def test_a_term_with_a_short_definition_is_sent_back_with_a_sentence(client, clerk):
    answer = client.post(list_of(Term, "add"), {"name": "revenue", "definition": "Money."})

    assert "at least 10 characters" in answer.content.decode()


def test_capsules_are_not_deleted_by_hand(client, overseer):
    assert client.post(page_of(make.CapsuleFactory(), "delete"), {"post": "yes"}).status_code == 403


def test_who_manages_people_does_not_become_a_superuser_by_it(client, clerk):
    form = client.get(page_of(clerk)).context["adminform"].form

    assert {"is_superuser", "is_staff", "user_permissions", "clearance"} & form.fields.keys() == set()


def test_nobody_gives_themselves_a_role(client, clerk):
    group = make.MembershipFactory().group
    formset = {
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-group": group.pk,
        "memberships-0-user": clerk.pk,
    }

    client.post(page_of(clerk), {"username": clerk.username, "is_active": "on", **formset})

    assert not Membership.objects.filter(user=clerk).exists()


def test_who_manages_people_gives_others_roles(client, clerk):
    other, group = make.UserFactory(), make.MembershipFactory().group
    formset = {
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-group": group.pk,
        "memberships-0-user": other.pk,
    }

    client.post(page_of(other), {"username": other.username, "is_active": "on", **formset})

    assert Membership.objects.filter(user=other, group=group).exists()


def test_a_superuser_is_out_of_reach_of_those_who_manage_people(client, clerk):
    mightier = make.UserFactory(is_superuser=True)

    assert client.post(page_of(mightier), {"username": "mine"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[mightier.pk])).status_code == 403


def test_a_password_given_by_somebody_else_is_for_once(client, clerk):
    other = make.UserFactory()
    password = "a battery that nobody has guessed"

    client.post(
        reverse("admin:auth_user_password_change", args=[other.pk]),
        {"password1": password, "password2": password, "usable_password": "true"},
    )

    other.refresh_from_db()
    assert other.check_password(password)
    assert other.must_change_password


def test_a_token_s_digest_is_never_shown(client, overseer):
    token = make.TokenFactory()

    page = client.get(page_of(token)).content.decode()

    assert token.name in page
    assert token.digest not in page


def permission(app, codename):
    return apps.get_model("auth.Permission").objects.get(content_type__app_label=app, codename=codename)


def suggestions(client, app, model, field, text):
    """What the autocomplete of a form offers."""
    answer = client.get(
        reverse("admin:autocomplete"),
        {"app_label": app, "model_name": model, "field_name": field, "term": text},
    )
    return answer.content.decode()
