"""What a column's name alone says about personal data and about the column's part in its table.

Names are evidence, not proof: a type is told only when whole words say so, and a word that turns the
column into something else (`email_sent_at`, `phone_count`, `is_address_valid`) takes it back.
Design: trust.md section 5 and the lists of `pii_type_valid` and `semantic_type_valid`.
"""

import re
from functools import lru_cache


def _word_set(text):
    return frozenset(text.split())


_WORDS = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[^\W\d_]+|\d+")

# A phrase is one or more whole words that stand next to each other.
_PHRASES = {
    "email": """
        email; e mail; emails; email address; mail address; email addr; emailaddress; emailadresse;
        correo electronico; adresse email; indirizzo email
    """,
    "phone": """
        phone; phones; telephone; phone number; telephone number; mobile number; mobile phone; mobile;
        cell phone; cellphone; cell number; home phone; work phone; fax number; msisdn; telefon;
        telefonnummer; handynummer; telefono; telefoon; numero telephone; tel; phonenumber; phone no;
        phone nr
    """,
    "address": """
        address; addresses; street; street address; address line; addr line; postal address;
        home address; mailing address; billing address; shipping address; delivery address;
        house number; postal code; postcode; post code; zip; zip code; zipcode; adresse; anschrift;
        strasse; straße; hausnummer; postleitzahl; plz; direccion; codigo postal; code postal;
        indirizzo; endereco
    """,
    "ssn": """
        ssn; social security; social security number; social security no; national insurance;
        national insurance number; nino; national id; national id number;
        national identification number; cpf; curp; pesel; bsn; personnummer; aadhaar; aadhar;
        codice fiscale; sozialversicherungsnummer
    """,
    "credit_card": """
        card number; credit card number; debit card number; cc number; cc num; ccnum; ccnumber;
        credit card no; credit card nr; creditcard; creditcardnumber; credit card; cardnumber;
        card pan; pan number; cvv; cvc; kreditkartennummer
    """,
    "bank_account": """
        iban; bank account; bank account number; bank account no; account iban; bankkonto; kontonummer;
        bankaccount; bankaccountnumber; cuenta bancaria
    """,
    "health": """
        diagnosis; diagnoses; diagnosis code; icd code; icd 10; medical condition; blood type;
        blood group; allergies; allergy; medication; medications; prescription; disability; disease;
        diagnose; medical history
    """,
    "biometric": """
        biometric; biometrics; biometric template; finger print; fingerprint template;
        fingerprint image; iris scan; iris template; retina scan; voice print; voiceprint;
        face embedding; face template; facial template
    """,
    "date_of_birth": """
        dob; date of birth; birth date; birthdate; birthday; birth day; birth year; year of birth;
        born on; geburtsdatum; geburtstag; fecha nacimiento; fecha de nacimiento; date naissance;
        date de naissance; data nascimento; data di nascita; geboortedatum
    """,
    "name": """
        first name; firstname; last name; lastname; full name; fullname; middle name; middlename;
        maiden name; given name; givenname; family name; surname; forename; customer name; client name;
        employee name; patient name; person name; contact name; member name; passenger name;
        guest name; cardholder name; card holder name; account holder name; holder name;
        recipient name; subscriber name; legal name; preferred name; fname; lname; vorname; nachname;
        familienname; apellido; apellidos; prenom; nom famille; nom de famille; cognome; sobrenome;
        voornaam; achternaam
    """,
    "ip_address": """
        ip; ip address; ip addr; ipaddress; ipaddr; client ip; remote ip; source ip; user ip; ipv 4;
        ipv 6; remote addr; remote address
    """,
    "device_id": """
        device id; deviceid; device identifier; device uuid; device fingerprint; imei; imsi; idfa;
        idfv; gaid; aaid; udid; android id; advertising id; mac address; mac addr; cookie id
    """,
    "direct_identifier": """
        passport; passport number; passport no; passport id; driver license; drivers license;
        driver licence; drivers licence; driving licence; driver license number;
        drivers license number; driving licence number; license plate; licence plate; number plate;
        username; user name; login name; reisepassnummer; medical record number; mrn
    """,
}
_TYPE_OF_PHRASE = {
    tuple(phrase.split()): pii for pii, phrases in _PHRASES.items() for phrase in phrases.split(";")
}
_LONGEST = max(map(len, _TYPE_OF_PHRASE))

# Words that may follow without changing what the value is.
_AFTER = _word_set("""
    number no nr num address addr value text raw clean cleaned norm normalized normalised lower
    upper primary secondary main home work private personal business current old new original hash
    hashed encrypted masked plain full line code postal mobile landline id key e164 latest first
    last
""")
# Words before a phrase that make it a fact about the value, or about a thing instead of a person.
_BEFORE_NOT = _word_set("""
    is has had was n num count total avg average sum max min number days hours flag valid needs
    allow allows can should web wallet contract memory url site block network store shop warehouse
    branch company product file table column schema model job server host bucket campaign template
    ab wi fi street event brand device app service sender bounce unsubscribe last updated
""")
_MEASURES = _word_set("amount amounts count cnt quantity qty")
_PROCESSING = _word_set(
    """
    loaded load synced sync ingested ingestion processed processing extracted etl elt inserted dbt
    fivetran airbyte
"""
)
_EVENT = _word_set("event occurred happened")
_MOMENT = _word_set("at timestamp ts datetime date time")


def words(column_name):
    """The words of a name, in lower case: `customerEmail2` gives `("customer", "email", "2")`."""
    return tuple(word.lower() for word in _WORDS.findall(column_name))


@lru_cache(maxsize=100_000)
def pii_type(column_name):
    """The personal data and the meaning that a column's name gives away.

    Returns `(pii_type, semantic_type)`, each None when the name does not say. Keys are never told by name
    alone: `customer_id` may be anything until a test says that it is unique.
    """
    found = words(column_name)
    pii, _phrase = told_by(found)
    return pii, "pii" if pii else _semantic(found)


def told_by(found, phrases=None):
    """`(pii_type, phrase)` of the longest phrase in the words of a name that says it; `(None, ())` if none does.

    `phrases` maps other tuples of words to types.
    """
    phrases = _TYPE_OF_PHRASE if phrases is None else phrases
    for length in range(min(_LONGEST, len(found)), 0, -1):
        for start in range(len(found) - length + 1):
            phrase = found[start : start + length]
            pii = phrases.get(phrase)
            if pii and _still_personal(pii, found[:start], found[start + length :]):
                return pii, phrase
    return None, ()


def about_things(found):
    """True if a word of a name makes the column a fact about a value, or about a thing instead of a person."""
    return any(word in _BEFORE_NOT for word in found)


def _still_personal(pii, before, after):
    if about_things(before):
        return False
    if any(not word.isdigit() and word not in _AFTER for word in after):
        return False
    # `address_id`, `phone_key` point to a row; only identifiers stay what they are.
    points_elsewhere = any(word in ("id", "key") for word in after)
    return not points_elsewhere or pii in ("ssn", "direct_identifier", "device_id")


def _semantic(found):
    if len(found) < 2:
        return "timestamp" if found and found[0] in ("timestamp", "datetime") else None
    if found[0] in ("is", "has"):
        return None
    if found[-1] in _MOMENT:
        if _PROCESSING.intersection(found):
            return "processing_time"
        if _EVENT.intersection(found):
            return "event_time"
        return None if found[-1] == "time" else "timestamp"
    if found[-1] in _MEASURES or found[:2] in (("number", "of"), ("count", "of")):
        return "measure"
    return None
