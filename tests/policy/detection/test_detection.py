"""Which columns hold personal data: told by names and by the share of values that fit, never by single hits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.models.structure import PIIType
from apps.policy.detection import detect, judging

from . import evaluation, tuning

IBANS = ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606"]


@pytest.fixture(scope="module")
def samples():
    return list(tuning.samples())


def test_it_keeps_the_limits_on_the_columns_that_it_is_tuned_on(samples):
    outcome = evaluation.evaluate(samples)

    assert outcome.columns > 300
    assert outcome.is_good, "\n".join(outcome.lines())


def test_a_detection_that_tells_nothing_is_not_good(samples, monkeypatch):
    monkeypatch.setattr(
        evaluation, "detect", lambda name, values: judging.Detection("email", 1.0, "name", 0, 0)
    )

    assert not evaluation.evaluate(samples).is_good


def test_every_type_that_it_tells_is_one_of_the_thirteen():
    assert set(judging.KINDS) == set(PIIType.values)


def test_the_reason_is_told_in_counts():
    found = detect("refund_iban", [*IBANS * 100, *["n/a"] * 20])

    assert (found.pii_type, found.evidence, found.word) == ("bank_account", "both", "iban")
    assert found.sample_size == 320
    assert found.counts["iban"] == 300
    assert found.is_proposed


def test_an_opaque_name_is_told_by_a_strong_format_from_sixty_percent_on():
    enough = detect("c17", [*IBANS * 20, *["x"] * 40])
    too_few = detect("c17", [*IBANS * 20, *["x"] * 45])

    assert enough.pii_type == "bank_account"
    assert enough.evidence == "values"
    assert too_few is None


def test_random_codes_are_no_social_security_numbers_without_the_name():
    codes = [
        f"{i * 37 % 1000:03}-{i * 53 % 100:02}-{i * 7919 % 10000:04}" for i in range(100)
    ]  # nine of ten would pass

    assert detect("f9", codes) is None
    assert detect("employee_ssn", codes).pii_type == "ssn"


def test_versions_are_no_addresses_of_hosts():
    versions = [f"{i % 9}.{i % 12}.{i % 40}.{i % 7}" for i in range(100)]

    assert detect("x1", versions) is None
    assert detect("release_version", [f"10.{i}.200.3" for i in range(100)]) is None


@pytest.mark.parametrize("name", ["token", "cell", "mail_template", "web_token", "cell_state"])
def test_words_that_only_contain_the_name_of_personal_data_mean_nothing(name):
    assert detect(name, ["alpha", "beta", "gamma"] * 30) is None


@pytest.mark.parametrize("name", ["x1", "k2"])
def test_dates_and_names_of_people_need_the_name_of_the_column(name):
    assert detect(name, ["1984-03-02", "1999-12-31", "2001-06-15"] * 30) is None
    assert detect(name, ["Ana Ruiz", "Sam Otieno", "Dana Weiss"] * 30) is None
    assert detect("birth_date", ["1984-03-02"] * 30).pii_type == "date_of_birth"


def test_an_empty_column_is_told_by_its_name_alone():
    found = detect("customer_email", [None, "", "  "])

    assert (found.pii_type, found.evidence, found.sample_size) == ("email", "name", 0)
    assert not found.is_proposed
    assert detect("c1", []) is None


def test_values_refute_a_name():
    assert detect("email", ["yes", "no"] * 50) is None


def test_digests_of_an_address_still_stand_for_a_person():
    found = detect("email", [f"{i:064x}" for i in range(50)])

    assert found.pii_type == "email"
    assert not found.is_proposed


def test_a_boolean_holds_none():
    assert detect("email", ["true"], "BOOLEAN") is None


def test_three_values_are_never_enough_to_propose():
    found = detect("c3", IBANS)

    assert found.pii_type == "bank_account"
    assert not found.is_proposed


@settings(max_examples=25)
@given(
    st.text(max_size=40), st.lists(st.one_of(st.none(), st.text(max_size=400), st.integers()), max_size=30)
)
def test_whatever_stands_in_a_column_it_answers_and_keeps_no_value(name, values):
    found = detect(name, values)

    if found is not None:
        assert judging.QUEUED <= found.confidence <= 1
        assert 0 <= found.match_rate <= 1
        assert found.sample_size <= len(values)
        assert all(0 <= n <= found.sample_size for n in found.counts.values())
        assert set(found.counts) <= {
            test
            for tests in (judging.STRONG, judging.WEAK, judging.CONFIRMING)
            for kind in tests.values()
            for test in kind
        } | {"phone_international", "phone_notation", "phone_grouped"}


@settings(max_examples=25)
@given(st.integers(30, 400), st.integers(0, 100))
def test_more_values_that_fit_never_lower_the_confidence(fitting, more):
    rest = ["x"] * 20

    before, after = (
        detect("c1", IBANS[:1] * fitting + rest),
        detect("c1", IBANS[:1] * (fitting + more) + rest),
    )

    assert before.pii_type == after.pii_type == "bank_account"
    assert before.confidence <= after.confidence
