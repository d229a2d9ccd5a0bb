"""Reviews of policies: when the next one is due, who is asked on which day, and who is reminded how often."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.dcs.periods import Period
from apps.people.reader import reader_of
from apps.policy import inbox, reminding
from apps.policy.models import Policy
from apps.workflow import inbox as waiting
from apps.workflow.models import Notification
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    PolicyFactory,
    StewardshipFactory,
    UserFactory,
)

DUE = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("frequency", "approved", "due"),
    [
        ("P1Y", date(2026, 5, 4), date(2027, 5, 4)),
        ("P1M", date(2027, 1, 31), date(2027, 2, 28)),
        ("P1M", date(2028, 1, 31), date(2028, 2, 29)),
        ("P1Y", date(2028, 2, 29), date(2029, 2, 28)),
        ("P4Y", date(2028, 2, 29), date(2032, 2, 29)),
        ("P3M", date(2026, 11, 30), date(2027, 2, 28)),
        ("P7D", date(2026, 12, 28), date(2027, 1, 4)),
        (None, date(2026, 5, 4), None),
    ],
)
def test_the_next_review_is_a_period_after_the_approval(frequency, approved, due):
    policy = Policy(review_frequency=frequency and Period.parse(frequency))

    assert policy.review_due(approved, again=False) == due
    assert policy.review_due(approved, again=True) == due


@pytest.mark.parametrize(
    ("named", "again", "due"),
    [
        (date(2026, 9, 1), False, date(2026, 9, 1)),  # the author named a day that is still to come
        (date(2026, 5, 4), False, date(2027, 5, 4)),  # the day itself is over with the approval
        (date(2026, 5, 3), False, date(2027, 5, 4)),
        (date(2026, 9, 1), True, date(2027, 5, 4)),
        (date(2026, 4, 1), True, date(2027, 5, 4)),
    ],
)
def test_a_day_that_was_named_stands_until_somebody_approves_again(named, again, due):
    policy = Policy(review_frequency=Period.parse("P1Y"), next_review_date=named)

    assert policy.review_due(date(2026, 5, 4), again=again) == due


def test_without_a_frequency_the_day_stays_as_it_is():
    policy = Policy(next_review_date=date(2026, 4, 1))

    assert policy.review_due(date(2026, 5, 4), again=True) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("day", "overdue"), [(DUE - timedelta(1), False), (DUE, False), (DUE + timedelta(1), True)]
)
def test_a_review_is_overdue_from_the_day_after(day, overdue):
    assert Policy(status="active", next_review_date=DUE).is_overdue_on(day) is overdue
    assert not Policy(status="draft", next_review_date=DUE).is_overdue_on(day)


# ---------- the queue ----------


@pytest.fixture
def domain():
    return DomainFactory(name="Finance")


@pytest.fixture
def policy(domain):
    return PolicyFactory(
        active=True, capsule=CapsuleFactory(name="payments", domain=domain), next_review_date=DUE
    )


@pytest.fixture
def steward(domain):
    """Looks after the domain above that of the policy."""
    above = DomainFactory(name="Company")
    domain.parent = above
    domain.save()
    user = UserFactory(role="steward")
    StewardshipFactory(user=user, domain=above)
    return user


@pytest.mark.django_db
def test_a_review_waits_from_its_day_on(policy):
    admin = reader_of(UserFactory(role="policy_admin"))

    assert not inbox.reviews(admin, on=DUE - timedelta(1)).exists()
    assert inbox.reviews(admin, on=DUE).get() == policy
    assert inbox.reviews(admin, on=DUE + timedelta(400)).get() == policy


@pytest.mark.django_db
def test_it_waits_for_policy_admins_and_for_the_stewards_of_the_domain(policy, steward):
    PolicyFactory(active=True, column=ColumnFactory(), next_review_date=DUE)
    PolicyFactory(column=ColumnFactory(), next_review_date=DUE)  # a draft

    def number(user):
        return inbox.reviews(reader_of(user), on=DUE).count()

    assert number(UserFactory(role="policy_admin")) == 2
    assert number(steward) == 1
    assert [number(UserFactory(role=role)) for role in ("steward", "producer", "analyst")] == [0, 0, 0]


@pytest.mark.django_db
def test_nobody_is_asked_about_what_they_may_not_know_of(policy):
    Policy.objects.filter(pk=policy.pk).update(visibility_rank=5)

    assert not inbox.reviews(reader_of(UserFactory(role="policy_admin")), on=DUE).exists()


@pytest.mark.django_db
def test_the_queue_counts_and_lists_what_is_due_the_longest_overdue_first(policy, domain):
    today = timezone.now().date()
    Policy.objects.filter(pk=policy.pk).update(next_review_date=today)
    late = PolicyFactory(
        active=True, column=ColumnFactory(name="iban"), next_review_date=today - timedelta(9)
    )
    admin = reader_of(UserFactory(role="policy_admin"))

    (queue,) = [queue for queue in waiting.queues() if queue.slug == "policy-reviews"]

    assert queue.count(admin) == 2
    found = queue.items(admin, 10)
    assert [item.title for item in found] == [f"{late.label}: iban", f"{policy.label}: payments"]
    assert [item.due for item in found] == [today - timedelta(9), today]


@pytest.mark.django_db
def test_the_queue_leads_to_a_list_of_that_length(policy, client):
    today = timezone.now().date()
    Policy.objects.filter(pk=policy.pk).update(next_review_date=today)
    for days in (-3, 1, 29):
        PolicyFactory(active=True, column=ColumnFactory(), next_review_date=today + timedelta(days))
    user = UserFactory(role="policy_admin")
    client.force_login(user)

    (queue,) = [queue for queue in waiting.queues() if queue.slug == "policy-reviews"]

    assert client.get(queue.url()).context["page"].total == queue.count(reader_of(user)) == 2


# ---------- reminders ----------


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-31, None),
        (-30, -30),
        (-8, -30),
        (-7, -7),
        (-1, -7),
        (0, 0),
        (6, 0),
        (7, 7),
        (29, 7),
        (30, 30),
        (59, 30),
    ],
)
def test_the_stage_is_the_last_that_was_reached(days, stage):
    assert reminding.stage_of(DUE, DUE + timedelta(days)) == stage


def test_a_stage_before_the_leap_day_counts_it():
    assert reminding.stage_of(date(2028, 3, 1), date(2028, 1, 31)) == -30
    assert reminding.stage_of(date(2028, 3, 1), date(2028, 1, 30)) is None


def told(user):
    return list(Notification.objects.filter(person=user, event="policy_review").order_by("created_at", "pk"))


@pytest.mark.django_db
def test_each_stage_is_told_once_to_those_who_decide_and_who_look_after_the_domain(policy, steward):
    admin, analyst = UserFactory(role="policy_admin"), UserFactory(role="analyst")

    numbers = [reminding.remind(on=DUE + timedelta(days)) for days in range(-32, 62)]

    assert [at - 32 for at, number in enumerate(numbers) if number] == [-30, -7, 0, 7, 30]
    assert [(each.text, each.urgent) for each in told(admin)] == [
        (f"The review of {policy.label}, payments, is due in 30 days.", False),
        (f"The review of {policy.label}, payments, is due in 7 days.", False),
        (f"The review of {policy.label}, payments, is due today.", False),
        (f"The review of {policy.label}, payments, is 7 days late. The policy stays in force.", True),
        (f"The review of {policy.label}, payments, is 30 days late. The policy stays in force.", True),
    ]
    assert {each.why for each in told(admin)} == {"decider"}
    assert {each.why for each in told(steward)} == {"owner"}
    assert all(each.url == policy.get_absolute_url() and len(each.stage) <= 60 for each in told(admin))
    assert told(analyst) == []


@pytest.mark.django_db
def test_a_worker_that_stood_still_reminds_once_and_of_the_last_stage(policy):
    admin = UserFactory(role="policy_admin")

    assert reminding.remind(on=DUE + timedelta(8)) > 0
    assert reminding.remind(on=DUE + timedelta(8)) == 0
    assert [each.stage.rpartition(":")[2] for each in told(admin)] == ["7"]


@pytest.mark.django_db
def test_after_a_review_the_next_one_is_reminded_of_anew(policy):
    admin = UserFactory(role="policy_admin")
    reminding.remind(on=DUE)
    Policy.objects.filter(pk=policy.pk).update(next_review_date=date(2028, 3, 1))

    assert reminding.remind(on=DUE + timedelta(7)) == 0
    assert reminding.remind(on=date(2028, 3, 1)) > 0
    assert len(told(admin)) == 2


@pytest.mark.django_db
def test_nobody_is_reminded_of_what_they_may_not_know_of_or_what_is_not_in_use(policy):
    admin = UserFactory(role="policy_admin")
    secret = CapsuleFactory(visibility_rank=5)
    PolicyFactory(active=True, capsule=secret, next_review_date=DUE)
    PolicyFactory(active=True, capsule=CapsuleFactory(retired_at=timezone.now()), next_review_date=DUE)
    PolicyFactory(
        active=True, column=ColumnFactory(retired_at=timezone.now()), capsule=None, next_review_date=DUE
    )
    PolicyFactory(capsule=CapsuleFactory(), next_review_date=DUE)

    reminding.remind(on=DUE)

    assert [each.url for each in told(admin)] == [policy.get_absolute_url()]


@pytest.mark.django_db
def test_reminding_of_many_costs_two_queries_each_at_most(policy, django_assert_max_num_queries):
    admin = UserFactory(role="policy_admin")
    for _ in range(10):
        PolicyFactory(active=True, capsule=CapsuleFactory(), next_review_date=DUE)

    with django_assert_max_num_queries(5 + 11 * 2):
        reminding.remind(on=DUE)
    assert len(told(admin)) == 11
