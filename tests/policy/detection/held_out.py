"""The set that nothing is tuned on: values by Faker, names as public schemas spell them. `make eval-pii` runs it.

It was written before the detector. Nobody looks into its mistakes to mend the detector: what it is to learn from lies
in `tuning.py`, made by other hands and other generators. Opaque dates of birth and opaque names of people are left out:
trust.md, section 5, rules that these need the column's name.
"""

import random
import string

from faker import Faker

from .columns import Sample, spoiled

SEED = 20_261_123
ROWS = 100
LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES")
OPAQUE = ("col_{}", "field{}", "attr_{}", "f{}", "c{}", "value_{}", "x{}", "custom_{}", "DATA{}", "raw_{}")

# What public schemas of shops, clinics, forums, ledgers and logs call them, by the language of the schema.
NAMES = {
    "email": {
        "en_US": (
            "PersonEmail",
            "unconfirmed_email",
            "contact_email",
            "SMTP_ADDR",
            "customer_email",
            "billing_email_address",
        ),
        "de_DE": ("e_mail", "email_privat", "mailadresse"),
        "fr_FR": ("courriel", "adresse_courriel", "email_client"),
        "es_ES": ("correo", "correo_electronico", "emailContacto"),
    },
    "phone": {
        "en_US": (
            "MobilePhone",
            "alternative_phone",
            "TEL_NUMBER",
            "home_phone",
            "customer_phone_number",
            "contact_tel",
        ),
        "de_DE": ("tel_nr", "telefon_privat", "handy"),
        "fr_FR": ("tel_portable", "telephone", "num_tel"),
        "es_ES": ("telefono_movil", "telefono", "movil"),
    },
    "address": {
        "en_US": (
            "MailingStreet",
            "billing_address_line1",
            "street_address",
            "address1",
            "ship_address",
            "BillingPostalCode",
        ),
        "de_DE": ("strasse_hausnr", "STRAS", "wohnadresse"),
        "fr_FR": ("adresse_postale", "adresse_livraison", "rue"),
        "es_ES": ("domicilio", "direccion_envio", "calle"),
    },
    "name": {
        "en_US": (
            "firstname",
            "lastname",
            "cardholder_name",
            "MAIDEN",
            "customer_full_name",
            "patient_last_name",
        ),
        "de_DE": ("nachname", "kontoinhaber", "vorname_kunde"),
        "fr_FR": ("nom_client", "prenom", "nom_de_famille"),
        "es_ES": ("apellido1", "nombre_completo", "primer_apellido"),
    },
    "date_of_birth": {
        "en_US": ("Birthdate", "DOB", "birth_datetime", "patient_birth_date"),
        "de_DE": ("geb_datum", "geburtsdatum"),
        "fr_FR": ("date_naiss", "date_de_naissance"),
        "es_ES": ("fecha_nac", "fecha_nacimiento"),
    },
    "ssn": {
        "en_US": ("SSN", "social_security_number", "taxpayer_ssn", "emp_ssn"),
        "de_DE": ("sozialversicherungsnr", "steuer_id", "rentenversicherungsnummer"),
        "fr_FR": ("num_secu", "nir", "numero_securite_sociale"),
        "es_ES": ("nif", "dni", "nie_cliente"),
        "it_IT": ("codice_fiscale", "cod_fiscale"),
        "pl_PL": ("pesel", "nr_pesel"),
        "pt_BR": ("cpf", "cpf_cliente"),
        "nl_NL": ("bsn", "burgerservicenummer"),
    },
    "bank_account": {
        "en_US": ("iban", "beneficiary_iban", "acct_iban"),
        "de_DE": ("IBAN_KUNDE", "bankverbindung", "konto_iban"),
        "fr_FR": ("compte_bancaire", "iban_client"),
        "es_ES": ("cuenta_bancaria", "iban_cliente"),
    },
    "credit_card": {
        "en_US": ("card_number", "cc_num", "payment_card_no", "CreditCardNumber", "pan"),
        "de_DE": ("kreditkarte", "kartennummer"),
        "fr_FR": ("carte_bancaire", "numero_carte"),
        "es_ES": ("tarjeta_credito", "numero_tarjeta"),
    },
    "ip_address": {
        "en_US": (
            "current_sign_in_ip",
            "sourceIPAddress",
            "browser_ip",
            "clientIp",
            "remote_addr",
            "last_login_ip",
        ),
        "de_DE": ("ip_adresse",),
        "fr_FR": ("adresse_ip",),
        "es_ES": ("direccion_ip",),
    },
    "device_id": {
        "en_US": ("idfa", "gps_adid", "device_mac", "imei", "hw_mac_address", "android_advertising_id"),
        "de_DE": ("geraete_id",),
        "fr_FR": ("identifiant_appareil",),
        "es_ES": ("id_dispositivo",),
    },
    "health": {
        "en_US": ("diagnosis_code", "icd10_code", "primary_diagnosis", "blood_type", "allergies"),
        "de_DE": ("diagnose_icd", "blutgruppe"),
        "fr_FR": ("diagnostic", "groupe_sanguin"),
        "es_ES": ("diagnostico", "grupo_sanguineo"),
    },
    "biometric": {
        "en_US": ("fingerprint_template", "face_embedding", "voice_print", "iris_code"),
        "de_DE": ("fingerabdruck",),
        "fr_FR": ("empreinte_digitale",),
        "es_ES": ("huella_dactilar",),
    },
    "direct_identifier": {
        "en_US": ("PASSPORT", "drivers_license_no", "license_plate", "username", "passport_num"),
        "de_DE": ("reisepassnr", "kfz_kennzeichen"),
        "fr_FR": ("numero_passeport", "plaque_immatriculation"),
        "es_ES": ("num_pasaporte", "matricula_vehiculo"),
    },
}
TELLING = ("email", "phone", "ssn", "bank_account", "credit_card", "ip_address", "device_id", "address")
ICD = (
    "E11.9",
    "I10",
    "J45.909",
    "M54.5",
    "F32.1",
    "K21.9",
    "N39.0",
    "R51",
    "Z00.00",
    "S72.001A",
    "C50.911",
    "G43.9",
)
BLOOD = ("A+", "A-", "B+", "B-", "AB+", "AB-", "0+", "0-", "O+", "O-")
NATIONAL = ("it_IT", "pl_PL", "pt_BR", "nl_NL")


def _value(truth, name, fake, chance):
    """One value of a type, as Faker makes it for its locale."""
    low = name.lower()
    match truth:
        case "email":
            return fake.email()
        case "phone":
            return fake.phone_number()
        case "address":
            if "postal" in low:
                return fake.postcode()
            return fake.street_address() if chance.random() < 0.5 else fake.address().replace("\n", ", ")
        case "name":
            if any(word in low for word in ("full", "holder", "completo", "inhaber")):
                return fake.name()
            return (
                fake.first_name()
                if any(w in low for w in ("first", "vorname", "prenom"))
                else fake.last_name()
            )
        case "date_of_birth":
            born = fake.date_of_birth(minimum_age=1, maximum_age=95)
            return f"{born} 00:00:00" if "datetime" in low else born.isoformat()
        case "ssn":
            return fake.nif() if low in ("nif",) else fake.ssn()
        case "bank_account":
            return fake.iban()
        case "credit_card":
            return fake.credit_card_number()
        case "ip_address":
            return fake.ipv6() if chance.random() < 0.15 else fake.ipv4()
        case "device_id":
            return fake.mac_address() if "mac" in low else _imei(chance) if "imei" in low else fake.uuid4()
        case "health":
            return chance.choice(BLOOD if any(w in low for w in ("blood", "blut", "sang")) else ICD)
        case "biometric":
            return fake.sha256()
        case _:
            if "user" in low:
                return fake.user_name()
            return (
                fake.license_plate()
                if any(w in low for w in ("plate", "kfz", "plaque", "matri"))
                else fake.bothify("??#######").upper()
            )


def _imei(chance):
    digits = [chance.randrange(10) for _place in range(14)]
    doubled = [sum(divmod(2 * d, 10)) if place % 2 else d for place, d in enumerate(digits)]
    return "".join(map(str, [*digits, -sum(doubled) % 10]))


# Columns that hold nothing of a person, many of which look as if they did.
def _ean(fake, chance):
    return fake.ean13()


OTHERS = {
    "order_id": lambda fake, chance: str(chance.randrange(10**9, 10**10)),
    "orderNumber": lambda fake, chance: str(chance.randrange(10**15, 10**16)),
    "invoice_no": lambda fake, chance: fake.bothify("INV-########"),
    "sku": lambda fake, chance: fake.numerify("###-##-####"),
    "part_no": lambda fake, chance: fake.numerify("###-###-####"),
    "ean": _ean,
    "isbn": lambda fake, chance: fake.isbn13(),
    "gtin_code": _ean,
    "trackingNumber": lambda fake, chance: fake.bothify("1Z#??########"),
    "version": lambda fake, chance: ".".join(str(chance.randrange(20)) for _part in range(4)),
    "app_version": lambda fake, chance: ".".join(str(chance.randrange(30)) for _part in range(3)),
    "firmware": lambda fake, chance: (
        f"{chance.randrange(9)}.{chance.randrange(20)}.{chance.randrange(300)}.{chance.randrange(9)}"
    ),
    "token": lambda fake, chance: fake.sha1(),
    "cell_id": lambda fake, chance: str(chance.randrange(10**4, 10**8)),
    "email_sent_at": lambda fake, chance: fake.iso8601(),
    "email_status": lambda fake, chance: chance.choice(("sent", "bounced", "opened")),
    "email_count": lambda fake, chance: str(chance.randrange(30)),
    "phone_model": lambda fake, chance: chance.choice(("iPhone 15", "Pixel 8", "Galaxy S24", "Nokia 105")),
    "address_id": lambda fake, chance: str(chance.randrange(1, 90_000)),
    "mail_template": lambda fake, chance: chance.choice(("welcome", "reset_password", "invoice")),
    "created_at": lambda fake, chance: fake.iso8601(),
    "order_date": lambda fake, chance: fake.date(),
    "hire_date": lambda fake, chance: fake.date(),
    "ts_epoch": lambda fake, chance: str(chance.randrange(1_500_000_000, 1_799_999_999)),
    "event_ms": lambda fake, chance: str(chance.randrange(1_500_000_000_000, 1_799_999_999_999)),
    "amount": lambda fake, chance: f"{chance.uniform(0.5, 9000):.2f}",
    "latitude": lambda fake, chance: f"{chance.uniform(-90, 90):.6f}",
    "quantity": lambda fake, chance: str(chance.randrange(1, 500)),
    "currency_code": lambda fake, chance: fake.currency_code(),
    "country": lambda fake, chance: fake.country_code(),
    "product_name": lambda fake, chance: " ".join(fake.words(3)).title(),
    "company_name": lambda fake, chance: fake.company(),
    "brand": lambda fake, chance: fake.last_name(),
    "job_title": lambda fake, chance: fake.job(),
    "color_hex": lambda fake, chance: fake.hex_color(),
    "url": lambda fake, chance: fake.url(),
    "hostname": lambda fake, chance: fake.hostname(),
    "file_path": lambda fake, chance: fake.file_path(depth=3),
    "commit_sha": lambda fake, chance: fake.sha1(),
    "row_uuid": lambda fake, chance: fake.uuid4(),
    "session_token": lambda fake, chance: fake.uuid4(),
    "supplier_vat": lambda fake, chance: fake.bothify("DE#########"),
    "bic": lambda fake, chance: fake.swift(),
    "mime_type": lambda fake, chance: fake.mime_type(),
    "user_agent": lambda fake, chance: fake.user_agent(),
    "comment": lambda fake, chance: fake.sentence(nb_words=9),
    "subnet_mask": lambda fake, chance: chance.choice(("255.255.255.0", "255.255.0.0", "255.0.0.0")),
    "is_email_verified": lambda fake, chance: chance.choice(("true", "false")),
    "ip_version": lambda fake, chance: chance.choice(("4", "6")),
    "table_name": lambda fake, chance: "_".join(fake.words(2)),
    "column_name": lambda fake, chance: fake.word(),
    "warehouse_address_code": lambda fake, chance: fake.bothify("??-##-##").upper(),
    "birth_country": lambda fake, chance: fake.country_code(),
    "card_type": lambda fake, chance: fake.credit_card_provider(),
    "card_last4": lambda fake, chance: fake.numerify("####"),
    "health_check_status": lambda fake, chance: chance.choice(("ok", "degraded", "down")),
    "iris_petal_width": lambda fake, chance: f"{chance.uniform(0.1, 2.5):.1f}",
    "gl_account": lambda fake, chance: fake.numerify("######"),
    "opening_balance": lambda fake, chance: f"{chance.uniform(-900, 9000):.2f}",
    "store_phone_count": lambda fake, chance: str(chance.randrange(9)),
    "fingerprint": lambda fake, chance: fake.md5(),
    "postal_zone": lambda fake, chance: chance.choice(("A", "B", "C", "D")),
    "batch_no": lambda fake, chance: fake.numerify("########"),
    "serial": lambda fake, chance: fake.bothify("??########").upper(),
    "ledger_ref": lambda fake, chance: fake.numerify("##############"),
    "duration": lambda fake, chance: (
        f"{chance.randrange(60):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    ),
    "node_ref": lambda fake, chance: fake.numerify("#########"),
    "survey_answer": lambda fake, chance: chance.choice(("yes", "no", "maybe")),
    "license": lambda fake, chance: chance.choice(("MIT", "Apache-2.0", "GPL-3.0", "BSD-3-Clause")),
}


def samples():
    """Every column of the set; the same on every run."""
    chance = random.Random(SEED)
    fakes = {}
    for place, locale in enumerate((*LOCALES, *NATIONAL)):
        fakes[locale] = Faker(locale)
        fakes[locale].seed_instance(SEED + place)
    found = [*_named(chance, fakes), *_opaque(chance, fakes), *_small(chance, fakes), *_others(chance, fakes)]
    chance.shuffle(found)
    return found


def _values(truth, name, fake, chance, rows=ROWS):
    return tuple(_value(truth, name, fake, chance) for _row in range(rows))


def _named(chance, fakes):
    for truth, by_locale in NAMES.items():
        for locale, names in by_locale.items():
            for name in names:
                values = _values(truth, name, fakes[locale], chance)
                yield Sample(name, values, truth, f"named, {locale}")
                yield Sample(
                    f"src_{name}" if chance.random() < 0.5 else name, spoiled(values, chance), truth, "junk"
                )


def _opaque(chance, fakes):
    number = 0
    for truth in TELLING:
        for locale in NAMES[truth]:
            for spoil in (False, True):
                number += 1
                name = OPAQUE[number % len(OPAQUE)].format(number)
                # Opaque devices are told by their check digits or shape: a bare UUID may be anything.
                meant = (
                    "mac"
                    if truth == "device_id" and number % 4 < 2
                    else "imei"
                    if truth == "device_id"
                    else name
                )
                values = _values(truth, meant, fakes[locale], chance)
                yield Sample(name, spoiled(values, chance) if spoil else values, truth, "opaque")


def _small(chance, fakes):
    for truth, by_locale in NAMES.items():
        name = by_locale["en_US"][0]
        yield Sample(name, (), truth, "empty")
        yield Sample(name, (None,) * 20, truth, "empty")
        yield Sample(name, _values(truth, name, fakes["en_US"], chance, rows=3), truth, "tiny")
    for number, maker in enumerate(OTHERS.values()):
        name = OPAQUE[number % len(OPAQUE)].format(900 + number)
        yield Sample(name, tuple(maker(fakes["en_US"], chance) for _row in range(3)), None, "tiny")
    yield Sample("col_99", (), None, "empty")


def _others(chance, fakes):
    for number, (name, maker) in enumerate(OTHERS.items()):
        for locale in ("en_US", LOCALES[number % len(LOCALES)]):
            values = tuple(maker(fakes[locale], chance) for _row in range(ROWS))
            yield Sample(name, values, None, "other")
            yield Sample(f"stg_{name}", spoiled(values, chance), None, "other, junk")
            opaque = OPAQUE[number % len(OPAQUE)].format(500 + number)
            yield Sample(opaque, values, None, "other, opaque")
    for number in range(20):
        letters = "".join(chance.choice(string.ascii_lowercase) for _letter in range(6))
        values = tuple(str(chance.randrange(10 ** (4 + number % 9))) for _row in range(ROWS))
        yield Sample(letters, values, None, "digits")
