"""The pages of change plans: the list, the editor, one plan with its five parts, and applying it."""

import copy
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import Capsule, CapsuleVersion
from apps.contracts.models import Contract
from apps.dcs.models import JobProgress
from apps.deploy import applying, background, plan, tasks
from apps.deploy.models import Plan
from apps.people.reader import reader_of, system
from tests.factories.approvals import approved
from tests.factories.catalog import CapsuleFactory, OwnerFactory
from tests.factories.people import UserFactory
from tests.factories.provenance import CapsuleEdgeFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {
    "urn": URN,
    "name": "orders",
    "description": "One row for each order.",
    "schema": {
        "columns": [
            {"name": "order_id", "data_type": "VARCHAR(36)", "constraints": [{"type": "primary_key"}]},
            {"name": "amount", "data_type": "DECIMAL(18,2)", "description": "In euros."},
        ]
    },
}
CONTRACT = {"version": "1.0", "known_consumers": [{"team": "analytics"}, {"team": "finance"}]}
pytestmark = pytest.mark.django_db


def written(*capsules):
    return documents.write_bundle([documents.canonical(capsule) for capsule in capsules])


def changed(**parts):
    return {**copy.deepcopy(ORDERS), **parts}


def without_amount(**parts):
    found = changed(**parts)
    del found["schema"]["columns"][1]
    return found


def in_force():
    with acting(system("test")):
        approved(list(Contract.objects.all()), status="active")


@pytest.fixture
def producer(client):
    """A producer who is signed in with `client`, as a reader."""
    user = UserFactory(role="producer", first_name="Chen", last_name="Wei")
    client.force_login(user)
    return reader_of(user)


def applied(text, reader):
    return applying.apply(plan.make(text, reader), reader=reader)


def page_of(client, made, **query):
    response = client.get(made.get_absolute_url(), query)
    assert response.status_code == 200
    return response.content.decode()


def apply_by_page(client, made):
    return client.post(reverse("deploy:apply", args=[made.number]))


# ---------- the list ----------


def test_the_list_shows_my_plans_with_what_they_do_and_where_they_stand(client, producer):
    made = plan.make(written(ORDERS), producer)

    page = client.get(reverse("deploy:changes")).content.decode()

    assert f"PL-{made.number}" in page
    assert f"<b>orders</b>, {made.result['summary']['changes']} changes, 1 new capsule" in page
    assert "Draft" in page
    assert "Chen Wei" in page


def test_the_list_is_filtered_by_state(client, producer):
    draft = plan.make(written(changed(name="orders")), producer)
    old = plan.make(written(ORDERS), producer)
    Plan.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(hours=1))

    expired = client.get(reverse("deploy:changes"), {"state": "expired"}).content.decode()
    none = client.get(reverse("deploy:changes"), {"state": "applied"}).content.decode()

    assert f"PL-{old.number}<" in expired
    assert f"PL-{draft.number}<" not in expired
    assert "No plan is in this state" in none


def test_an_empty_list_names_one_step(client, producer):
    page = client.get(reverse("deploy:changes")).content.decode()

    assert "Nothing has been planned yet" in page
    assert reverse("deploy:new_change") in page


def test_an_analyst_sees_no_plan_of_others_and_is_refused_the_editor(client, producer):
    made = plan.make(written(ORDERS), producer)
    client.force_login(UserFactory(role="analyst"))

    page = client.get(reverse("deploy:changes")).content.decode()

    assert f"PL-{made.number}" not in page
    assert client.get(made.get_absolute_url()).status_code == 404
    refused = client.get(reverse("deploy:new_change"))
    assert refused.status_code == 403
    assert "Only producers, stewards" in refused.content.decode()


def test_a_plan_of_a_capsule_that_is_hidden_from_me_does_not_exist_for_me(client, producer):
    applied(written(ORDERS), producer)
    made = plan.make(written(changed(description="Orders.")), producer)
    colleague = UserFactory(role="producer")
    client.force_login(colleague)
    before = client.get(made.get_absolute_url()).status_code

    Capsule.objects.update(visibility_rank=5)

    assert before == 200
    assert client.get(made.get_absolute_url()).status_code == 404
    assert f"PL-{made.number}" not in client.get(reverse("deploy:changes")).content.decode()


def test_the_list_costs_the_same_for_one_plan_and_for_many(client, producer):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("deploy:changes")).status_code == 200
        return len(captured)

    plan.make(written(ORDERS), producer)
    queries()
    few = queries()
    for number in range(12):
        plan.make(written(changed(urn=f"{URN}_{number}", name=f"orders_{number}")), producer)

    assert queries() == few


# ---------- the editor ----------


def test_a_pasted_document_becomes_a_plan_with_a_page(client, producer):
    response = client.post(reverse("deploy:new_change"), {"text": written(ORDERS)})

    made = Plan.objects.get()
    assert response.url == made.get_absolute_url()
    assert made.author == producer.user
    assert not Capsule.objects.exists()


def test_an_uploaded_file_becomes_a_plan(client, producer):
    file = SimpleUploadedFile("orders.yaml", written(ORDERS).encode(), "application/yaml")

    client.post(reverse("deploy:new_change"), {"file": file})

    assert list(Plan.objects.get().base) == [URN]


def test_a_faulty_file_shows_every_fault_with_its_line_and_keeps_the_text(client, producer):
    text = written(ORDERS).replace("data_type: DECIMAL(18,2)", "data_typ: DECIMAL(18,2)") + "  colour: red\n"

    response = client.post(
        reverse("deploy:new_change"), {"file": SimpleUploadedFile("orders.yaml", text.encode())}
    )

    page = response.content.decode()
    assert response.status_code == 422
    problems = documents.read(text).problems
    assert len(problems) >= 3
    for problem in problems:
        assert f"Line {problem.line}, column {problem.column}" in page
        assert problem.code in page
    assert "data_typ: DECIMAL(18,2)" in page
    assert not Plan.objects.exists()


def test_check_lists_the_faults_and_plans_nothing(client, producer):
    fine = client.post(reverse("deploy:new_change"), {"text": written(ORDERS), "do": "check"})
    faulty = client.post(reverse("deploy:new_change"), {"text": "data_capsule: {}", "do": "check"})

    assert "The document can be planned" in fine.content.decode()
    assert faulty.status_code == 422
    assert "E100" in faulty.content.decode()
    assert not Plan.objects.exists()


def test_typing_is_checked_in_place(client, producer):
    headers = {"HX-Request": "true", "HX-Target": "problems"}

    response = client.post(reverse("deploy:check"), {"text": "data_capsule: {}"}, headers=headers)

    page = response.content.decode()
    assert page.strip().startswith('<section class="section minor problems" id="problems"')
    assert "E100" in page
    assert "problem" in response.headers["HX-Trigger"]


def test_nothing_at_all_is_an_error_beside_the_field(client, producer):
    response = client.post(reverse("deploy:new_change"), {"text": "  "})

    assert response.status_code == 422
    assert "Choose a file, or write a document." in response.content.decode()


def test_the_editor_of_a_capsule_begins_with_its_document_and_planned_unchanged_says_no_changes(
    client, producer
):
    applied(written(ORDERS), producer)
    url = reverse("deploy:plan_capsule", args=[URN])
    text = client.get(reverse("deploy:document", args=[URN, "yaml"])).content.decode()

    page = client.get(url).content.decode()
    planned = client.post(url, {"text": text}, follow=True)

    assert "One row for each order." in page
    assert "No changes." in planned.content.decode()


def test_who_may_not_edit_a_capsule_is_told_who_may(client, producer):
    CapsuleFactory(urn=URN, name="orders", owner=OwnerFactory(name="Logistics"))

    response = client.get(reverse("deploy:plan_capsule", args=[URN]))
    planned = client.post(reverse("deploy:new_change"), {"text": written(ORDERS)})

    assert response.status_code == 403
    assert "members of Logistics" in response.content.decode()
    assert planned.status_code == 403
    assert "members of Logistics" in planned.content.decode()
    assert "One row for each order." in planned.content.decode()


def test_a_capsule_that_moved_while_i_wrote_is_told_before_my_text_is_planned(client, producer):
    applied(written(ORDERS), producer)
    url = reverse("deploy:plan_capsule", args=[URN])
    mine = written(changed(description="Mine."))
    applied(written(changed(layer="gold")), producer)

    first = client.post(url, {"text": mine, "seen": "1"})
    second = client.post(url, {"text": mine, "seen": "2"})

    assert first.status_code == 409
    assert "moved from version 1 to 2" in first.content.decode()
    assert "Mine." in first.content.decode()
    assert second.status_code == 302


# ---------- one plan ----------


def test_a_plan_shows_old_and_new_word_by_word_with_verdict_and_reason(client, producer):
    applied(written(changed(contract=CONTRACT)), producer)
    in_force()
    found = without_amount(description="One row for each delivered order.")
    made = plan.make(written(found), producer)

    page = page_of(client, made)

    assert "Breaking" in page
    assert "<ins>delivered" in page
    assert "Readers" in page
    for part in ("plan", "checks", "impact", "approvals", "apply"):
        assert f'id="{part}"' in page
    assert "2 consumers to tell" in page
    assert "analytics" in page
    assert "finance" in page


def test_the_impact_of_a_plan_reaches_as_far_as_that_of_its_capsules(client, producer):
    applied(written(ORDERS), producer)
    orders, revenue, report, secret = (
        Capsule.objects.get(urn=URN),
        CapsuleFactory(name="revenue", owner=OwnerFactory(name="Finance data")),
        CapsuleFactory(name="report"),
        CapsuleFactory(name="board_pack"),
    )
    for up, down in ((orders, revenue), (revenue, report), (report, secret)):
        CapsuleEdgeFactory(source=up, target=down)
    Capsule.objects.filter(pk=secret.pk).update(visibility_rank=5)
    said = {"doc": {"contract": {"known_consumers": [{"name": "Board meeting", "team": "Finance"}]}}}
    Capsule.objects.filter(pk=report.pk).update(meta=said)
    made = plan.make(written(without_amount()), producer)

    page = page_of(client, made)

    shown = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="impact"') :]).split())
    assert "Consumers 1 Board meeting Finance · 2 steps" in shown
    assert "Downstream 2 revenue model · silver · 1 step report model · silver · 2 steps" in shown
    assert "Owners to tell 1 Finance data 1 capsule · 1 step" in shown
    assert "board_pack" not in page


def test_a_blocked_plan_names_the_day_on_which_it_may_go_and_has_no_button(client, producer):
    applied(written(changed(contract=CONTRACT)), producer)
    in_force()
    made = plan.make(written(without_amount()), producer)
    day = timezone.now().date() + timedelta(days=30)

    page = page_of(client, made)
    refused = apply_by_page(client, made)

    assert "promises 30 days of notice" in page
    assert f'datetime="{day.isoformat()}"' in page
    assert reverse("deploy:apply", args=[made.number]) not in page
    assert refused.status_code == 409
    assert "Nothing was changed." in refused.content.decode()
    assert not CapsuleVersion.objects.filter(change_type="schema_change").exists()


def test_applying_makes_a_version_and_leaves_a_record(client, producer):
    applied(written(ORDERS), producer)
    made = plan.make(written(changed(description="Orders.")), producer)

    response = apply_by_page(client, made)
    page = page_of(client, made)

    assert response.url == made.get_absolute_url()
    assert Capsule.objects.get().description == "Orders."
    assert "By Chen Wei." in page
    assert reverse("catalog:difference", args=[URN, "1..2"]) in page


def test_pressing_apply_twice_applies_once(client, producer):
    made = plan.make(written(ORDERS), producer)

    first, second = apply_by_page(client, made), apply_by_page(client, made)

    assert (first.status_code, second.status_code) == (302, 302)
    assert CapsuleVersion.objects.count() == 1


def test_a_stale_plan_is_answered_with_the_new_plan(client, producer):
    applied(written(ORDERS), producer)
    made = plan.make(written(changed(description="Orders.")), producer)
    applied(written(changed(layer="gold")), producer)
    before = page_of(client, made)

    response = apply_by_page(client, made)

    page = response.content.decode()
    assert "orders moved from version 1 to 2 since this plan" in before
    assert response.status_code == 409
    assert f"orders moved from version 1 to 2 since PL-{made.number}." in page
    assert "Here is the new plan" in page
    assert Capsule.objects.get().description == "One row for each order."
    new = Plan.objects.first()
    assert new.number > made.number
    assert reverse("deploy:apply", args=[new.number]) in page


def test_an_expired_plan_is_planned_again_by_a_button(client, producer):
    made = plan.make(written(ORDERS), producer)
    Plan.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(hours=1))

    page = page_of(client, made)
    response = client.post(reverse("deploy:again", args=[made.number]))

    assert "plans last a day" in page
    assert reverse("deploy:apply", args=[made.number]) not in page
    assert response.url == Plan.objects.first().get_absolute_url()
    assert Plan.objects.first().document_hash == made.document_hash


def test_the_plan_of_a_colleague_is_read_but_not_applied(client, producer):
    made = plan.make(written(ORDERS), producer)
    client.force_login(UserFactory(role="producer"))

    page = page_of(client, made)
    refused = apply_by_page(client, made)

    assert "Chen Wei made this plan." in page
    assert refused.status_code == 409
    assert not Capsule.objects.exists()


def test_what_a_person_wrote_is_listed_as_kept_with_their_name(client, producer):
    applied(written(ORDERS), producer)
    UserFactory(username="ada", first_name="Ada", last_name="Byron")
    note = {"by": "ada", "at": "2026-01-01T08:00:00+00:00"}
    capsule = Capsule.objects.get()
    capsule.description, capsule.meta = "By hand.", {**capsule.meta, "provenance": {"description": note}}
    capsule.save()
    made = plan.make(written(changed(layer="gold")), producer)

    page = page_of(client, made)

    assert "By hand." in page
    assert "Ada Byron" in page


def test_masks_and_hidden_columns_are_left_out_for_who_may_not_see_them(client, producer):
    secret = {"sensitivity_level": "restricted", "requires_masking": True, "masking_method": "hashing"}
    masked = {
        **secret,
        "masking_rules": [{"name": "amount_hash", "method": "hashing", "condition": "region = 'EU'"}],
    }
    made = plan.make(written(changed(column_policies={"amount": masked})), producer)
    admin = UserFactory(role="administrator")
    from apps.deploy import showing

    open_items = showing.Showing(made, producer).planned[0].changes
    closed = showing.Showing(made, reader_of(admin)).planned[0].changes

    assert "region = 'EU'" in str(open_items)
    assert "region = 'EU'" not in str(closed)


def test_a_plan_of_many_capsules_is_folded_and_paged(client, producer):
    many = [changed(urn=f"{URN}_{number:03}", name=f"orders_{number:03}") for number in range(60)]
    made = plan.make(written(*many), producer)

    first = page_of(client, made)
    last = page_of(client, made, **{"from": 50})
    alone = page_of(client, made, capsule=f"{URN}_007")

    assert first.count('<details class="folded planned"') == 50
    assert "1–50 of 60 capsules" in first
    assert "51–60 of 60 capsules" in last
    assert "All capsules" in alone
    assert "orders_008" not in alone.partition('id="impact"')[0]


def test_a_wide_capsule_shows_a_hundred_changes_and_says_how_many_more(client, producer):
    wide = changed()
    wide["schema"]["columns"] += [{"name": f"c{n:03}", "data_type": "INT"} for n in range(298)]
    made = plan.make(written(wide), producer)
    total = made.result["summary"]["changes"]

    page = page_of(client, made)
    further = page_of(client, made, capsule=URN, **{"from": 100})

    assert page.count('class="hunk"') == 100
    assert f"and {total - 100} more changes" in page
    assert f"101–200 of {total} changes" in further


def test_a_plan_s_page_costs_the_same_for_one_capsule_and_for_many(client, producer):
    def queries(made):
        with CaptureQueriesContext(connection) as captured:
            page_of(client, made)
        return len(captured)

    one = plan.make(written(ORDERS), producer)
    many = plan.make(
        written(*(changed(urn=f"{URN}_{number}", name=f"orders_{number}") for number in range(40))), producer
    )
    queries(one)

    assert queries(many) == queries(one)


def test_strangers_are_sent_to_the_door(client, producer):
    made = plan.make(written(ORDERS), producer)
    client.logout()

    for url in (made.get_absolute_url(), reverse("deploy:changes"), reverse("deploy:new_change")):
        assert client.get(url).status_code == 302
    assert apply_by_page(client, made).status_code == 302
    assert not Capsule.objects.exists()


# ---------- large plans ----------


@pytest.fixture
def large(producer):
    """A plan of one capsule more than is applied within a request."""
    number = background.MANY + 1
    many = [changed(urn=f"{URN}_{n:03}", name=f"orders_{n:03}") for n in range(number)]
    return plan.make(written(*many), producer)


def test_a_large_plan_is_applied_by_a_worker_once_however_often_it_is_asked(client, producer, large):
    first, second = apply_by_page(client, large), apply_by_page(client, large)

    row = JobProgress.objects.of(large).get()
    assert (first.url, second.url) == (large.get_absolute_url(), large.get_absolute_url())
    assert (
        ProcrastinateJob.objects.filter(task_name="deploy.apply", args={"job_id": str(row.pk)}).count() == 1
    )
    assert not Capsule.objects.exists()
    waiting = page_of(client, large)
    assert 'hx-trigger="every 2s"' in waiting
    assert "Being applied" in waiting

    tasks.apply_plan(job_id=str(row.pk))
    tasks.apply_plan(job_id=str(row.pk))

    finished = page_of(client, large)
    assert "every 2s" not in finished
    assert Capsule.objects.count() == CapsuleVersion.objects.count() == background.MANY + 1
    row.refresh_from_db()
    assert (row.state, row.phase) == ("completed", "Counting anew")
    assert "and 31 more" in finished
    assert "orders_050" in finished.partition('id="apply"')[2]


def test_the_progress_is_a_region_that_becomes_the_page_when_it_is_done(client, producer, large):
    apply_by_page(client, large)
    headers = {"HX-Request": "true", "HX-Target": "progress"}

    running = client.get(large.get_absolute_url(), headers=headers)
    tasks.apply_plan(job_id=str(JobProgress.objects.of(large).get().pk))
    done = client.get(large.get_absolute_url(), headers=headers)

    assert 'id="progress"' in running.content.decode()
    assert "<html" not in running.content.decode()
    assert done.headers["HX-Redirect"] == large.get_absolute_url()


def test_a_large_plan_that_became_stale_says_that_nothing_was_changed(client, producer, large):
    apply_by_page(client, large)
    applied(written(changed(urn=f"{URN}_000", name="orders_000", layer="gold")), producer)

    tasks.apply_plan(job_id=str(JobProgress.objects.of(large).get().pk))

    page = page_of(client, large)
    assert JobProgress.objects.of(large).get().state == "failed"
    assert "Nothing was changed." in page
    assert "Look at the new plan" in page
    assert Capsule.objects.count() == 1


def test_a_row_that_the_database_refuses_undoes_everything_and_says_so(client, producer):
    made = plan.make(written(ORDERS), producer)
    made.content[0]["canonical"]["schema"]["columns"][1]["name"] = "a" * 300
    made.save()

    response = apply_by_page(client, made)

    assert response.status_code == 409
    assert "Nothing was changed." in response.content.decode()
    assert not Capsule.objects.exists()
    assert Plan.objects.get().applied_at is None


# ---------- later ----------


def test_a_plan_is_scheduled_and_taken_off_the_schedule_by_its_page(client, producer):
    made = plan.make(written(ORDERS), producer)
    url = reverse("deploy:schedule", args=[made.number])
    day = timezone.now().date() + timedelta(days=3)

    client.post(url, {"at": f"{day.isoformat()}T06:30"})
    page = page_of(client, made)
    listed = client.get(reverse("deploy:changes"), {"state": "scheduled"}).content.decode()
    made.refresh_from_db()
    moment = made.scheduled_for
    client.post(url, {"do": "off"})
    made.refresh_from_db()

    assert moment.isoformat() == f"{day.isoformat()}T06:30:00+00:00"
    assert "Scheduled by Chen Wei" in page
    assert f"PL-{made.number}" in listed
    assert made.scheduled_for is None
    assert not Capsule.objects.exists()


@pytest.mark.parametrize(
    ("at", "said"),
    [("2001-01-01T06:00", "still to come"), ("tomorrow", "Write it as"), ("", "Name a day and a time.")],
)
def test_a_moment_that_cannot_be_is_refused_beside_its_field(client, producer, at, said):
    made = plan.make(written(ORDERS), producer)

    response = client.post(reverse("deploy:schedule", args=[made.number]), {"at": at})

    assert response.status_code == 422
    assert said in response.content.decode()
    made.refresh_from_db()
    assert made.scheduled_for is None


def test_what_the_contract_will_not_let_through_by_then_is_not_scheduled(client, producer):
    applied(written(changed(contract=CONTRACT)), producer)
    in_force()
    made = plan.make(written(without_amount()), producer)
    day = timezone.now().date() + timedelta(days=3)

    page = page_of(client, made)
    response = client.post(reverse("deploy:schedule", args=[made.number]), {"at": f"{day.isoformat()}T06:30"})

    assert reverse("deploy:schedule", args=[made.number]) not in page
    assert reverse("deploy:again", args=[made.number]) in page
    assert response.status_code == 409
    assert "does not allow this" in response.content.decode()


def test_a_steward_who_applies_a_colleagues_plan_is_named_in_the_record(client, producer):
    made = plan.make(written(ORDERS), producer)
    steward = UserFactory(role="steward", first_name="Ana", last_name="Ruiz")
    client.force_login(steward)

    before = page_of(client, made)
    apply_by_page(client, made)

    assert "Applying it takes it over" in before
    assert "Ana Ruiz took it over from Chen Wei." in page_of(client, made)


def test_the_number_of_a_plan_typed_in_the_search_leads_to_it_and_home_shows_it(client, producer):
    made = plan.make(written(ORDERS), producer)

    found = client.get(reverse("discovery:search"), {"q": str(made).lower()})
    home = client.get("/", {"as": "producer"}).content.decode()
    client.force_login(UserFactory(role="analyst"))
    hidden = client.get(reverse("discovery:search"), {"q": str(made)})

    assert found.url == made.get_absolute_url()
    assert "Your change plans" in home
    assert made.get_absolute_url() in home
    assert hidden.status_code == 200


# ---------- further ways ----------


def test_the_list_is_exported_under_the_same_filter(client, producer):
    made = plan.make(written(ORDERS), producer)
    other = plan.make(written(changed(urn=f"{URN}_2", name="lines")), producer)
    Plan.objects.filter(pk=other.pk).update(expires_at=timezone.now() - timedelta(hours=1))

    sheet = client.get(reverse("deploy:changes"), {"format": "csv", "state": "draft"}).content.decode()

    head, row = sheet.strip("\ufeff\r\n").splitlines()
    assert head.startswith("plan,state,capsules,create,change,changes")
    assert row.startswith(f"PL-{made.number},draft,1,1,0,")


def test_a_plan_is_changed_and_planned_anew_by_its_author_alone(client, producer):
    made = plan.make(written(changed(description="First words.")), producer)
    url = f"{reverse('deploy:new_change')}?plan={made.number}"

    mine = client.get(url).context["text"]
    client.force_login(UserFactory(role="producer"))
    theirs = client.get(url).context["text"]

    assert documents.read(mine).hash == made.document_hash
    assert theirs == ""


def test_the_id_of_a_plan_leads_to_its_number(client, producer):
    made = plan.make(written(ORDERS), producer)

    response = client.get(f"/changes/{made.pk}/")

    assert (response.status_code, response.url) == (301, made.get_absolute_url())


def test_drift_since_the_last_plan_is_told_with_its_difference(client, producer):
    applied(written(ORDERS), producer)
    with acting(producer, reason="By hand"):
        Capsule.objects.update(layer="gold")
    made = plan.make(written(changed(layer="gold", description="Orders.")), producer)

    page = page_of(client, made)

    assert "moved from version 1 to 2 by other hands" in page
    assert reverse("catalog:difference", args=[URN, "1..2"]) in page


def test_what_a_document_says_is_shown_as_text_never_as_markup(client, producer):
    hostile = "<img src=x onerror=alert(1)>"
    content = changed(description=hostile, name=hostile)
    content["schema"]["columns"].append({"name": hostile, "data_type": "INT", "description": hostile})
    made = plan.make(written(content), producer)

    faulty = client.post(reverse("deploy:new_change"), {"text": f"data_capsule:\n  '{hostile}': 1\n"})

    for page in (page_of(client, made), client.get("/changes/").content.decode(), faulty.content.decode()):
        assert "<img" not in page
        assert "&lt;img" in page


def test_a_capsule_of_which_parts_are_hidden_is_shown_in_the_editor_but_not_planned(client, producer):
    applied(written(ORDERS), producer)
    Capsule.objects.get().columns.filter(name="amount").update(visibility_rank=5)
    url = reverse("deploy:plan_capsule", args=[URN])

    page = client.get(url)
    response = client.post(url, {"text": page.context["text"], "seen": page.context["seen"]})

    assert "hidden from you" in page.content.decode()
    assert "data-record>Plan" not in page.content.decode()
    assert "amount" not in page.context["text"]
    assert response.status_code == 409
    assert "parts hidden" in response.content.decode()
