"""What a role or person would see of a capsule, over the API."""

import pytest

from apps.people.reader import reader_of
from apps.policy import simulating
from tests.api.conftest import caller
from tests.factories import CapsuleFactory, ColumnFactory, MaskingRuleFactory, UserFactory


@pytest.fixture
def email():
    return ColumnFactory(
        capsule=CapsuleFactory(name="customers"), name="email", data_type="VARCHAR", pii_type="email"
    )


@pytest.fixture
def admin():
    return caller("policy_admin")


def test_the_answer_is_that_of_the_simulator(admin, email):
    MaskingRuleFactory(column=email, name="hide_email", exempt_roles=["steward"])

    for role in ("analyst", "steward", "policy_admin"):
        found = admin.get(f"/capsules/{email.capsule.urn}/access?role={role}")
        (expected,) = simulating.answers(simulating.of_role(role), [email], reader_of(admin.user))

        assert found.status_code == 200
        (told,) = found.body["columns"]
        assert (told["outcome"], told["why"]) == (expected.outcome, list(expected.chain))
        assert [one["shown"] for one in told["examples"]] == [one.shown for one in expected.examples]
        assert (found.body["role"], found.body["person"]) == (role, None)


def test_a_person_is_found_by_user_name(admin, email):
    UserFactory(username="ben", roles=["analyst"])

    found = admin.get(f"/capsules/{email.capsule.urn}/access?person=ben")

    assert (found.body["role"], found.body["person"]) == (None, "ben")


@pytest.mark.parametrize("asked", ["role=emperor", "person=nobody", "date=soon", "person=%00"])
def test_a_wrong_question_names_its_field(admin, email, asked):
    answer = admin.get(f"/capsules/{email.capsule.urn}/access?{asked}")

    assert answer.status_code == 400
    assert asked.partition("=")[0] in answer.body["fields"]


def test_only_who_sets_policies_may_ask(admin, email):
    path = f"/capsules/{email.capsule.urn}/access"

    assert caller("steward").get(path).status_code == 403
    assert admin.get("/capsules/urn:dcs:no:such:one:there/access").status_code == 404
