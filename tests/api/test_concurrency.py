import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.catalog.models import Capsule
from apps.dcs.models import IdempotencyKey
from tests.api.conftest import Caller
from tests.factories import CapsuleFactory, DomainFactory, TeamMembershipFactory

ORDERS = {"name": "orders", "capsule_type": "table"}


def test_a_resource_that_has_not_changed_is_304(analyst):
    capsule = CapsuleFactory()
    tag = analyst.get(f"/capsules/{capsule.pk}")["ETag"]

    answer = analyst.get(f"/capsules/{capsule.pk}", If_None_Match=tag)

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
    assert analyst.get(f"/capsules/{capsule.pk}", If_None_Match='"other"').status_code == 200


def test_the_entity_tag_moves_when_something_that_is_shown_moves(analyst, producer):
    domain = DomainFactory(name="Sales")
    capsule = CapsuleFactory(domain=domain, owner=producer.user.team_memberships.get().owner)
    before = analyst.get(f"/capsules/{capsule.pk}")["ETag"]

    producer.post(f"/capsules/{capsule.pk}/columns", {"name": "amount"})

    assert analyst.get(f"/capsules/{capsule.pk}", If_None_Match=before).status_code == 200


def test_a_change_of_what_one_has_not_seen_is_412_and_changes_nothing(producer):
    capsule = CapsuleFactory()
    path = f"/capsules/{capsule.pk}"
    seen = producer.get(path)["ETag"]
    producer.patch(path, {"description": "Somebody was faster."})

    refused = [
        producer.patch(path, {"description": "Mine."}, If_Match=seen),
        producer.put(path, ORDERS, If_Match=seen),
        producer.patch(path, {"description": "Mine."}, If_Match='"x"'),
    ]

    assert {answer.status_code for answer in refused} == {412}
    assert {answer.body["code"] for answer in refused} == {"precondition_failed"}
    assert producer.get(path).body["description"] == "Somebody was faster."


def test_deletion_and_steps_obey_if_match_too(steward):
    capsule = CapsuleFactory()
    path = f"/capsules/{capsule.pk}"

    assert steward.delete(path, If_Match='"x"').status_code == 412
    assert steward.delete(path, If_Match=steward.get(path)["ETag"]).status_code == 204
    assert steward.post(f"{path}/restore", If_Match='"x"').status_code == 412
    assert steward.post(f"{path}/restore", If_Match="*").status_code == 200


def test_a_tag_that_was_weakened_on_the_way_still_matches(producer):
    path = f"/capsules/{CapsuleFactory().pk}"
    tag = producer.get(path)["ETag"]

    assert producer.patch(path, {"layer": "gold"}, If_Match=f"W/{tag}").status_code == 200


def test_a_repeated_post_with_a_key_gives_the_first_answer_again(producer):
    first = producer.post("/capsules", ORDERS, Idempotency_Key="run-42")
    again = producer.post("/capsules/", ORDERS, Idempotency_Key="run-42")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Capsule.objects.count() == 1


def test_a_key_with_another_body_is_409(producer):
    producer.post("/capsules", ORDERS, Idempotency_Key="run-42")

    answer = producer.post("/capsules", {**ORDERS, "name": "customers"}, Idempotency_Key="run-42")

    assert (answer.status_code, answer.body["code"]) == (409, "idempotency_key_reused")


def test_a_refusal_is_given_again_too_and_has_done_nothing(producer):
    broken = {**ORDERS, "columns": [{"name": "id"}, {"name": "id"}]}

    first = producer.post("/capsules", broken, Idempotency_Key="run-43")
    again = producer.post("/capsules", broken, Idempotency_Key="run-43")

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.body == first.body
    assert not Capsule.objects.exists()


def test_a_key_belongs_to_its_caller_and_its_route(producer, steward):
    producer.post("/capsules", ORDERS, Idempotency_Key="run-44")

    other = steward.post("/capsules", {**ORDERS, "name": "customers"}, Idempotency_Key="run-44")
    elsewhere = steward.post("/domains", {"name": "Sales"}, Idempotency_Key="run-44")

    assert (other.status_code, elsewhere.status_code) == (201, 201)


def test_a_key_is_forgotten_after_a_day(producer):
    producer.post("/capsules", ORDERS, Idempotency_Key="run-45")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    answer = producer.post("/capsules", {**ORDERS, "name": "customers"}, Idempotency_Key="run-45")

    assert answer.status_code == 201


def test_an_answer_of_500_is_not_kept(producer, monkeypatch):
    def broken(self, values):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("apps.catalog.api.capsules.CapsuleViewSet.create_record", broken)
        assert producer.post("/capsules", ORDERS, Idempotency_Key="run-46").status_code == 500

    assert producer.post("/capsules", ORDERS, Idempotency_Key="run-46").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_no_word_is_refused(producer, key):
    assert producer.post("/capsules", ORDERS, Idempotency_Key=key).status_code == 400


def in_parallel(*calls):
    """The answers of several calls that begin at the same moment, each on a connection of its own."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        barrier.wait()
        try:
            answers[place] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class TestAtTheSameMoment:
    """What happens when two callers, or one caller twice, ask for the same thing at once."""

    @pytest.fixture
    def producer(self, own_database):
        return Caller(TeamMembershipFactory(user__role="producer").user)

    def test_of_two_who_register_one_capsule_one_gets_409(self, producer):
        answers = in_parallel(*[lambda: Caller(producer.user).post("/capsules", ORDERS)] * 4)

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert all(list(answer.body["fields"]) == ["urn"] for answer in answers if answer.status_code == 409)

    def test_of_two_with_one_key_one_waits_for_nobody(self, producer):
        answers = in_parallel(
            *[lambda: Caller(producer.user).post("/capsules", ORDERS, Idempotency_Key="once")] * 4
        )

        codes = [answer.status_code for answer in answers]
        assert codes.count(201) >= 1
        assert set(codes) <= {201, 409}
        assert {a.body["code"] for a in answers if a.status_code == 409} <= {"idempotency_key_running"}
        assert Capsule.objects.count() == 1

    def test_of_two_who_change_what_both_have_seen_one_gets_412(self, producer):
        path = f"/capsules/{producer.post('/capsules', ORDERS).body['id']}"
        seen = producer.get(path)["ETag"]

        answers = in_parallel(
            *[
                lambda text=text: Caller(producer.user).patch(path, {"description": text}, If_Match=seen)
                for text in ("one", "two", "three")
            ]
        )

        assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
