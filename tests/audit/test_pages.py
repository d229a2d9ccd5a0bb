"""The audit pages: who may open them, how they narrow and page, and what an export holds."""

import csv
import io

import pytest
import time_machine

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog.models import Capsule, Domain
from apps.people.reader import Reader
from tests.factories.catalog import CapsuleFactory, ColumnFactory, DomainFactory, TagFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    auditor = UserFactory(username="uma", role="auditor")
    client.force_login(auditor)
    return auditor


@pytest.fixture
def renamed(auditor):
    """Ana renames the domain sales to selling."""
    ana = UserFactory(username="ana.ruiz", first_name="Ana", last_name="Ruiz")
    domain = DomainFactory(name="sales")
    with acting(Reader(user=ana, name="ana.ruiz", request_id="request-77"), reason="Agreed with Finance."):
        Domain.objects.filter(pk=domain.pk).update(name="selling")
    return domain


def shown(answer):
    return [line.change.pk for line in answer.context["lines"]]


def exported(answer):
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_auditor_reads_who_changed_what_and_why(client, renamed):
    page = client.get("/audit/").text

    assert "Ana Ruiz changed name of <b>selling</b>" in page
    assert "Agreed with Finance." in page
    assert '<td class="was">sales</td>' in page
    assert '<td class="now">selling</td>' in page


def test_others_are_told_which_roles_may_and_whom_to_ask(client):
    UserFactory(first_name="Sam", last_name="Otieno", role="administrator")
    client.force_login(UserFactory(role="steward"))

    answer = client.get("/audit/")

    assert answer.status_code == 403
    assert "Roles that can see this page: Auditor, Administrator." in answer.text
    assert "Ask Sam Otieno to grant one." in answer.text


@pytest.mark.parametrize(
    "address", ["/audit/", "/audit/?format=csv", "/audit/01900000-0000-7000-8000-000000000000/"]
)
def test_strangers_are_sent_to_the_door_and_others_refused(client, address):
    assert client.get(address).status_code == 302

    client.force_login(UserFactory(role="policy_admin"))

    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "actor=ana.ruiz",
        "table=domains&operation=UPDATE",
        "request_id=request-77",
        "field=name",
        "table=tags&table=domains&operation=UPDATE",
        "row={row}&operation=UPDATE",
        "actor=ana.ruiz&table=domains&field=name",
    ],
)
def test_the_list_is_narrowed_by_its_address(client, renamed, query):
    TagFactory()
    DomainFactory(name="finance")
    wanted = Change.objects.of(renamed).get(operation="UPDATE")

    answer = client.get(f"/audit/?{query.format(row=renamed.pk)}")

    assert shown(answer) == [wanted.pk]


@pytest.mark.parametrize(
    "query", ["actor=nobody", "table=tags", "request_id=x", "field=colour", "changed_at__lt=2020-01-01"]
)
def test_filters_that_leave_nothing_say_so(client, renamed, query):
    answer = client.get(f"/audit/?{query}")

    assert shown(answer) == []
    assert "No change matches" in answer.text
    assert "Clear filters" in answer.text


def test_the_list_is_narrowed_by_time(client, auditor):
    capsule = CapsuleFactory()
    change = Change.objects.of(capsule).get()
    day, next_day = (
        change.changed_at.date(),
        change.changed_at.date().replace(year=change.changed_at.year + 1),
    )

    here = client.get(f"/audit/?table=capsules&changed_at__gte={day}&changed_at__lt={next_day}")
    later = client.get(f"/audit/?table=capsules&changed_at__gte={next_day}")

    assert shown(here) == [change.pk]
    assert shown(later) == []


def test_a_capsule_is_found_with_all_its_parts(client, auditor):
    capsule = CapsuleFactory(name="orders")
    column = ColumnFactory(capsule=capsule)
    ColumnFactory()
    column_key = column.pk
    column.delete()

    by_urn = shown(client.get(f"/audit/?capsule={capsule.urn}"))
    by_key = shown(client.get(f"/audit/?capsule={capsule.pk}"))

    found = set(Change.objects.filter(pk__in=by_urn).values_list("record_id", "operation"))
    assert by_urn == by_key
    assert found == {(capsule.pk, "INSERT"), (column_key, "INSERT"), (column_key, "DELETE")}


@pytest.mark.parametrize(
    "query", ["table=no_such_table", "operation=GUESS", "row=x", "changed_at__gte=soon", "actor=%00"]
)
def test_a_filter_that_makes_no_sense_is_explained_and_the_list_stays(client, renamed, query):
    answer = client.get(f"/audit/?{query}")

    assert answer.status_code == 200
    assert answer.context["filter"].errors
    assert shown(answer)


def test_filters_in_use_are_sentences_that_can_be_taken_away(client, renamed):
    answer = client.get("/audit/?table=domains&operation=UPDATE&actor=ana.ruiz")

    chips = {(str(chip["text"]), str(chip["value"])): chip["url"] for chip in answer.context["chips"]}
    assert chips[("Action", "changed")] == "/audit/?actor=ana.ruiz&table=domains"
    assert chips[("What", "domains")] == "/audit/?actor=ana.ruiz&operation=UPDATE"


def test_typing_swaps_the_results_alone(client, renamed):
    headers = {"HX-Request": "true", "HX-Target": "results"}

    answer = client.get("/audit/?table=domains", headers=headers)

    assert answer.text.lstrip().startswith('<section id="results"')
    assert "<html" not in answer.text


def test_pages_follow_each_other_without_gap_or_repetition(client, auditor):
    TagFactory.create_batch(120)
    every = list(
        Change.objects.filter(table_name="tags").order_by("-changed_at", "-seq").values_list("pk", flat=True)
    )

    seen, address = [], "/audit/?table=tags"
    while address:
        answer = client.get(address)
        seen += shown(answer)
        address = answer.context["page"].next

    assert seen == every


def test_the_list_costs_the_same_for_many_changes(client, auditor, django_assert_max_num_queries):
    with acting(auditor):
        TagFactory.create_batch(60)
        UserFactory(role="analyst")
    client.get("/audit/")
    with django_assert_max_num_queries(20) as few:
        client.get("/audit/")

    for _each in range(30):
        with acting(UserFactory()):
            CapsuleFactory(complete=True, columns=["a", "b", "c"])

    with django_assert_max_num_queries(len(few)):
        client.get("/audit/")


def test_one_entry_has_a_page_with_everything_known(client, renamed):
    change = Change.objects.of(renamed).get(operation="UPDATE")

    page = client.get(f"/audit/{change.pk}/").text

    for words in ("selling", "sales", "Agreed with Finance.", "request-77", "dcs_app", str(change.seq)):
        assert words in page


def test_an_unknown_entry_is_not_found(client, auditor):
    assert client.get("/audit/01900000-0000-7000-8000-000000000000/").status_code == 404


# ---------- who sees what ----------


def test_an_administrator_sees_that_something_changed_but_not_what_stood_there(client):
    capsule = CapsuleFactory(description="Before the merger.")
    Capsule.objects.update(description="After the merger.")
    client.force_login(UserFactory(role="administrator"))

    page = client.get("/audit/?table=capsules")
    entry = client.get(f"/audit/{Change.objects.of(capsule).latest('seq').pk}/")
    rows = exported(client.get("/audit/?table=capsules&format=csv"))

    assert "changed description of" in page.text
    for text in (page.text, entry.text, str(rows)):
        assert "merger" not in text
    assert "Your clearance shows that this changed" in page.text


def test_changes_of_secret_things_are_not_there_for_those_below(client):
    CapsuleFactory(name="layoffs", visibility_rank=5)
    change = Change.objects.get(table_name="capsules")
    client.force_login(UserFactory(role="administrator"))

    assert shown(client.get("/audit/?table=capsules")) == []
    assert client.get(f"/audit/{change.pk}/").status_code == 404
    assert "layoffs" not in str(exported(client.get("/audit/?format=csv")))


# ---------- export ----------


def test_the_export_holds_what_the_filters_leave(client, renamed):
    TagFactory()

    answer = client.get("/audit/?actor=ana.ruiz&format=csv")

    (row,) = exported(answer)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert (row["changed_by"], row["operation"], row["table_name"]) == ("ana.ruiz", "UPDATE", "domains")
    assert (row["change_reason"], row["changed_fields"]) == ("Agreed with Finance.", "name")
    assert '"name": "selling"' in row["new_values"]
    assert row["record_id"] == str(renamed.pk)


def test_the_export_is_not_cut_at_a_page(client, auditor):
    TagFactory.create_batch(130)

    assert len(exported(client.get("/audit/?table=tags&format=csv"))) == 130


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "'=", '"=', "＝", "＋"])
def test_nothing_in_an_export_runs_in_a_spreadsheet(client, auditor, start):
    formula = f"{start}HYPERLINK(1)"
    with acting(Reader(name=formula, application=formula, request_id=formula), reason=formula):
        TagFactory(name=formula)

    (row,) = exported(client.get("/audit/?table=tags&format=csv"))

    for column in ("changed_by", "application", "change_reason", "request_id", "name"):
        assert row[column] == f"'{formula}", column


def test_an_export_of_a_senseless_filter_is_no_export_of_everything(client, renamed):
    answer = client.get("/audit/?row=x&format=csv")

    assert not answer.streaming
    assert answer.context["filter"].errors


def test_markup_in_the_log_is_text(client, auditor):
    with acting(Reader(name="<b>eve</b>"), reason="<script>alert(1)</script>"):
        DomainFactory(name="<img src=x onerror=alert(1)>")

    page = client.get("/audit/").text

    for markup in ("<b>eve", "<script>alert", "<img src=x"):
        assert markup not in page


def test_times_read_as_people_say_them(client, auditor):
    TagFactory()

    with time_machine.travel(Change.objects.latest("seq").changed_at, tick=False):
        assert "just now" in client.get("/audit/").text
