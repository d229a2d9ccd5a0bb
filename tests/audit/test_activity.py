"""The log told in sentences: who did what to something, what was done at once as one."""

from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string

from apps.audit import differences, references, words
from apps.audit.activity import activity
from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog.models import Capsule, Column, Domain
from apps.people.reader import system
from tests.factories.catalog import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    StewardshipFactory,
    TagFactory,
)
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

EVERYTHING = system("test")


@pytest.fixture
def ana():
    return UserFactory(username="ana.ruiz", first_name="Ana", last_name="Ruiz")


@pytest.fixture
def orders():
    with acting(system("ingest_dbt"), reason="Nightly load"):
        return CapsuleFactory(name="orders", columns=["order_id", "amount", "placed_at"])


def subjects(capsule):
    return {"capsules": [capsule.pk], "columns": [column.pk for column in capsule.columns.all()]}


def texts(told):
    return [entry.text for entry in told]


def test_one_change_is_one_sentence_with_its_reason(ana, orders):
    with acting(ana, reason="Agreed with Finance."):
        Capsule.objects.filter(pk=orders.pk).update(description="Orders, one row each.")

    entry = activity({"capsules": [orders.pk]}, EVERYTHING).entries[0]

    assert entry.text == "Ana Ruiz changed description of orders"
    assert entry.why == "Agreed with Finance."
    assert entry.html == '<a href="/people/ana.ruiz/">Ana Ruiz</a> changed description of <b>orders</b>'
    assert [change.changed_fields for change in entry.changes] == [["description"]]


def test_what_was_done_at_once_is_told_once(orders):
    told = activity(subjects(orders), EVERYTHING)

    assert texts(told) == ["ingest dbt added 3 columns", "ingest dbt added capsule orders"]
    (occasion,) = told.occasions
    assert (occasion.who, occasion.why, len(occasion.entries)) == ("ingest dbt", "Nightly load", 2)


def test_the_same_change_of_many_rows_is_told_once(ana, orders):
    with acting(ana):
        Column.objects.filter(capsule=orders).update(description="Known.")
    with acting(ana):
        Column.objects.filter(capsule=orders, name="amount").update(data_type="numeric", is_nullable=False)

    told = texts(activity(subjects(orders), EVERYTHING))

    assert "Ana Ruiz changed description of 3 columns" in told
    assert "Ana Ruiz changed data type and is nullable of amount" in told


def test_many_fields_are_counted_not_listed(ana, orders):
    with acting(ana):
        Capsule.objects.filter(pk=orders.pk).update(
            description="New.", layer="gold", materialization="view", database_name="warehouse"
        )

    assert "Ana Ruiz changed 4 fields of orders" in texts(activity(subjects(orders), EVERYTHING))


def test_rows_that_go_are_told_by_the_name_they_had(ana, orders):
    told_of = subjects(orders)
    with acting(ana, reason="Never filled."):
        Column.objects.filter(capsule=orders, name="placed_at").delete()

    assert "Ana Ruiz removed column placed_at" in texts(activity(told_of, EVERYTHING))


def test_people_without_a_full_name_are_called_by_their_user_name(orders):
    with acting(UserFactory(username="ben", first_name="", last_name="")):
        Capsule.objects.filter(pk=orders.pk).update(layer="gold")

    assert texts(activity(subjects(orders), EVERYTHING))[0] == "ben changed layer of orders"


@pytest.mark.parametrize(
    ("actor", "called"),
    [
        ("system:ingest_dbt", "ingest dbt"),
        ("db:dcs_owner", "dcs_owner, straight in the database"),
        ("", "Somebody"),
        (None, "Somebody"),
        ("ana.ruiz", ""),
    ],
)
def test_programs_are_called_by_what_they_do(actor, called):
    assert words.task(actor) == called


def test_somebody_who_was_deleted_keeps_their_name_in_the_log(ana, orders):
    with acting(ana):
        Capsule.objects.filter(pk=orders.pk).update(layer="gold")
    ana.delete()

    assert texts(activity(subjects(orders), EVERYTHING))[0] == "ana.ruiz changed layer of orders"


def test_only_what_the_reader_may_know_of_is_told(orders):
    Capsule.objects.filter(pk=orders.pk).update(visibility_rank=5)

    assert not activity({"capsules": [orders.pk]}, system("test", clearance=1))
    assert len(activity({"capsules": [orders.pk]}, system("test", clearance=4))) == 1
    assert len(activity({"capsules": [orders.pk]}, system("test", clearance=5))) == 2


def test_other_rows_are_not_told(ana, orders):
    with acting(ana):
        CapsuleFactory(name="customers")
        TagFactory()

    assert all(
        "orders" in text or "columns" in text for text in texts(activity(subjects(orders), EVERYTHING))
    )
    assert not activity({}, EVERYTHING)


def test_one_person_can_be_singled_out(ana, orders):
    with acting(ana):
        Capsule.objects.filter(pk=orders.pk).update(layer="gold")

    assert texts(activity(subjects(orders), EVERYTHING, who="ana.ruiz")) == [
        "Ana Ruiz changed layer of orders"
    ]


def test_older_entries_follow_without_gap_or_repetition(ana, orders):
    for number in range(7):
        with acting(ana, reason=f"Reason {number}"):
            Capsule.objects.filter(pk=orders.pk).update(description=f"Text {number}")
    told_of = subjects(orders)
    whole = activity(told_of, EVERYTHING, limit=100)

    pages, before = [], None
    while before != "":
        page = activity(told_of, EVERYTHING, before=before, limit=2)
        pages.extend(page.entries)
        before = page.before

    assert [(entry.text, entry.why) for entry in pages] == [(entry.text, entry.why) for entry in whole]
    assert len(pages) == 9


@pytest.mark.parametrize("key", ["x", "~", "2026-11-23~1", "2026-11-23T00:00:00+00:00~x", "\x00"])
def test_a_damaged_key_is_refused(orders, key):
    with pytest.raises(ValueError):
        activity(subjects(orders), EVERYTHING, before=key)


def test_it_costs_the_same_however_much_happened(ana, orders, django_assert_num_queries):
    for number in range(5):
        with acting(UserFactory()):
            ColumnFactory.create_batch(number + 1, capsule=orders)
    told_of = subjects(orders)

    with django_assert_num_queries(4):
        activity(told_of, EVERYTHING)


def test_names_are_text_and_never_markup(ana):
    with acting(ana, reason="<img src=x>"):
        capsule = CapsuleFactory(name="<script>alert(1)</script>%(who)s")

    told = activity({"capsules": [capsule.pk]}, EVERYTHING)
    page = render_to_string("audit/_activity.html", {"activity": told})

    assert "&lt;script&gt;alert(1)&lt;/script&gt;%(who)s" in page
    assert "<script>" not in page
    assert "<img" not in page


def test_the_list_shows_time_sentence_and_reason(ana, orders):
    told = activity(subjects(orders), EVERYTHING, limit=1)

    page = render_to_string("audit/_activity.html", {"activity": told, "older_url": "?before=1"})

    assert "just now" in page
    assert "ingest dbt added 3 columns" in page
    assert "Nightly load" in page
    assert 'href="?before=1"' in page


# ---------- words ----------


def test_tables_and_columns_are_called_what_their_models_call_them():
    assert (words.kind("capsules"), words.kind("capsules", 2)) == ("capsule", "capsules")
    assert (words.kind("users"), words.kind("users", 3)) == ("person", "people")
    assert words.kind("auth_group") == "role"
    assert words.kind("no_such_table") == "no such table"
    assert words.field("capsules", "domain_id") == "domain"
    assert words.field("capsules", "no_such_column") == "no such column"


def test_every_table_under_audit_has_words_for_people():
    named = {word for table in words.models() for word in (words.kind(table), words.kind(table, 2))}

    assert not [word for word in named if "_" in word]


def told_of(change, reader=EVERYTHING):
    return differences.of(change, references.names([change], reader))


def test_a_changed_row_tells_each_field_before_and_after(ana):
    domain = DomainFactory(name="sales", description=None)
    Domain.objects.filter(pk=domain.pk).update(description="What is sold.", name="selling")

    change = Change.objects.of(domain).get(operation="UPDATE")

    assert [(each.field, each.before, each.after) for each in told_of(change)] == [
        ("description", None, "What is sold."),
        ("name", "sales", "selling"),
    ]


def test_a_new_row_tells_what_it_has_and_not_its_housekeeping():
    domain = DomainFactory(name="sales")

    told = {each.field: each.after for each in told_of(Change.objects.of(domain).get())}

    assert told["name"] == "sales"
    assert not {"id", "created at", "updated at"} & told.keys()


def test_a_key_is_told_as_the_name_of_what_it_points_to():
    sales, finance = DomainFactory(name="sales"), DomainFactory(name="finance")
    capsule = CapsuleFactory(domain=sales)
    Capsule.objects.filter(pk=capsule.pk).update(domain=finance)

    (told,) = told_of(Change.objects.of(capsule).get(operation="UPDATE"))

    assert (told.field, told.before, told.after) == ("domain", "sales", "finance")


def test_a_key_to_something_hidden_or_gone_stays_a_key():
    hidden, gone = DomainFactory(name="mergers", visibility_rank=5), DomainFactory(name="sales")
    capsule = CapsuleFactory(domain=gone)
    Capsule.objects.filter(pk=capsule.pk).update(domain=hidden)
    Domain.objects.filter(pk=gone.pk).delete()

    change = Change.objects.of(capsule).filter(operation="UPDATE").earliest("seq")
    (told,) = told_of(change, system("test", clearance=4))

    assert (told.before, told.after) == (str(gone.pk), str(hidden.pk))


def test_a_row_without_a_name_is_called_by_what_it_links(ana):
    with acting(ana, reason="New in the team"):
        StewardshipFactory(user=UserFactory(username="ben"), domain=DomainFactory(name="sales"))
    with acting(ana):
        UserFactory(username="mia", role="producer")

    changes = {each.table_name: each for each in Change.objects.filter(changed_by="ana.ruiz")}
    called = references.names(changes.values(), EVERYTHING)

    assert references.name(changes["stewardships"], called) == "ben: sales"
    assert references.name(changes["memberships"], called) == "mia: producer"
    stewardship = {"stewardships": [changes["stewardships"].record_id]}
    assert texts(activity(stewardship, EVERYTHING)) == ["Ana Ruiz added stewardship ben: sales"]


def test_hidden_values_are_told_as_hidden(ana):
    ana.set_password("another horse battery")
    ana.save()

    change = Change.objects.of(ana).filter(operation="UPDATE").latest("seq")

    assert [(each.before, each.after) for each in told_of(change)] == [("a hidden value", "a hidden value")]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, None),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ("", ""),
        ({"b": 1, "a": "ä"}, '{"a": "ä", "b": 1}'),
        (["finance", "daily"], '["finance", "daily"]'),
        ({"$hash": "abc"}, "a hidden value"),
    ],
)
def test_stored_values_are_shown_as_text(stored, shown):
    assert words.value(stored) == shown


def test_times_in_entries_are_aware(orders):
    assert activity(subjects(orders), EVERYTHING).entries[0].at > datetime(2026, 1, 1, tzinfo=UTC)
