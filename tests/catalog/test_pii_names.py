import pytest

from apps.catalog.pii_names import pii_type, words


def test_words_are_split_at_case_digits_and_separators():
    assert words("customerEmail2") == ("customer", "email", "2")
    assert words("HTTPHeader-IP_address") == ("http", "header", "ip", "address")
    assert words("straße") == ("straße",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", "email"),
        ("EMAIL", "email"),
        ("customerEmail", "email"),
        ("email_address_2", "email"),
        ("phone_number", "phone"),
        ("shipping_address", "address"),
        ("address_line_1", "address"),
        ("zip_code", "address"),
        ("ssn", "ssn"),
        ("social_security_number", "ssn"),
        ("credit_card_number", "credit_card"),
        ("iban", "bank_account"),
        ("diagnosis_code", "health"),
        ("voice_print", "biometric"),
        ("dob", "date_of_birth"),
        ("date_of_birth", "date_of_birth"),
        ("geburtsdatum", "date_of_birth"),
        ("first_name", "name"),
        ("LastName", "name"),
        ("customer_name", "name"),
        ("client_ip", "ip_address"),
        ("ip_address", "ip_address"),
        ("mac_address", "device_id"),
        ("device_id", "device_id"),
        ("passport_number", "direct_identifier"),
    ],
)
def test_a_name_gives_away_its_personal_data(name, expected):
    assert pii_type(name) == (expected, "pii")


@pytest.mark.parametrize(
    "name",
    [
        "credit_card_amount",  # an amount of money in the jaffle shop
        "email_sent_at",
        "email_count",
        "is_email_valid",
        "has_phone",
        "phone_type",
        "address_id",
        "web_address",
        "name",
        "product_name",
        "file_name",
        "company_address",
        "token",
        "cell",
        "mail",
        "shipment",
        "ship",
        "description",
        "hipaa",
        "version",
        "payment_method",
        "customer_id",
        "",
    ],
)
def test_a_name_that_only_looks_personal_is_left_alone(name):
    assert pii_type(name)[0] is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("created_at", "timestamp"),
        ("order_date", "timestamp"),
        ("_fivetran_synced_at", "processing_time"),
        ("loaded_at", "processing_time"),
        ("event_timestamp", "event_time"),
        ("credit_card_amount", "measure"),
        ("number_of_orders", "measure"),
        ("customer_id", None),
        ("status", None),
        ("is_updated_at", None),
    ],
)
def test_a_name_tells_a_meaning_only_when_it_is_safe(name, expected):
    assert pii_type(name)[1] == expected
