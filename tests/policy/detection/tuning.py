"""The set that detection may be tuned on, and that CI runs: values made here by hand-written rules, names of warehouses.

What goes wrong in use is added here as a case. `held_out.py` stays apart.
"""

import random

from stdnum import luhn, verhoeff
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.iso7064 import mod_97_10
from stdnum.pl import pesel

from .columns import Sample, spoiled

SEED = 7
ROWS = 120
FIRST = "Ana Sam Dana Priya Léa Jürgen Zofia Matteo Ingrid Tomás Aoife Chloé Piotr Sanne Yusuf Mei".split()
LAST = "Ruiz Otieno Weiss Patel O’Neill Kowalska Rossi Lindqvist Silva García-Pérez Müller de-Vries Haddad Chen".split()
HOSTS = "example.org mail.example.com firma-beispiel.de exemple.fr ejemplo.es post.example.co.uk".split()
STREETS = {
    "gb": ("{n} High Street", "Flat {n}, 3 Mill Lane", "{n} Station Road, Leeds", "{n} Park Avenue"),
    "de": ("Gartenstr. {n}", "Am Mühlenweg {n}", "Hauptstraße {n}, 50667 Köln", "Bergallee {n}"),
    "fr": (
        "{n} rue de la Paix",
        "{n}, avenue Victor Hugo",
        "{n} bd Voltaire, 75011 Paris",
        "{n} chemin des Dames",
    ),
    "it": ("Via Garibaldi {n}", "Corso Italia {n}", "Piazza Dante {n}, Bari", "Viale Roma {n}"),
}
WORDS = "blue paper lamp steel chair fresh coffee urban cotton desk winter bottle".split()


def _digits(chance, number):
    return "".join(str(chance.randrange(10)) for _place in range(number))


def _iban(chance):
    country, length = chance.choice((("DE", 18), ("FR", 23), ("ES", 20), ("NL", 14)))
    account = _digits(chance, length) if country != "NL" else "ABNA" + _digits(chance, 10)
    check = 98 - int(mod_97_10.checksum(account + country + "00"))
    text = f"{country}{check:02}{account}"
    return text if chance.random() < 0.6 else " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _card(chance):
    base = chance.choice(("4", "51", "55", "2350", "6011")) + _digits(chance, 14)
    text = base[:15]
    text += luhn.calc_check_digit(text)
    return text if chance.random() < 0.5 else "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _imei(chance):
    text = chance.choice(("35", "86", "01")) + _digits(chance, 12)
    return text + luhn.calc_check_digit(text)


def _ssn(chance):
    return f"{chance.choice([n for n in range(1, 900) if n != 666]):03}-{chance.randrange(1, 100):02}-{chance.randrange(1, 10_000):04}"


def _dni(chance):
    number = _digits(chance, 8)
    return number + dni.calc_check_digit(number)


def _pesel(chance):
    text = f"{chance.randrange(40, 99):02}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{_digits(chance, 4)}"
    return text + pesel.calc_check_digit(text)


def _cpf(chance):
    text = _digits(chance, 9)
    return cpf.format(text + cpf._calc_check_digits(text))


def _email(chance):
    first, last = chance.choice(FIRST), chance.choice(LAST)
    plain = f"{first}.{last}".lower().encode("ascii", "ignore").decode()
    return f"{plain}{chance.randrange(99)}@{chance.choice(HOSTS)}"


def _phone(chance):
    return chance.choice(("+44 20 7946 {}", "+33 1 99 00 {}", "+49 30 901820{}", "+31 20 555 {}")).format(
        _digits(chance, 4)
    )


def _national_phone(chance):
    return f"0{chance.choice(('20', '161', '131'))} {chance.randrange(300, 800)} {_digits(chance, 4)}"


def _street(chance, country):
    return chance.choice(STREETS[country]).format(n=chance.randrange(1, 200))


def _born(chance):
    return f"{chance.randrange(1930, 2015)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"


def _v4(chance):
    return f"{chance.randrange(11, 224)}." + ".".join(str(chance.randrange(256)) for _part in range(3))


def _v6(chance):
    return "2001:db8:" + ":".join(f"{chance.randrange(65536):x}" for _part in range(6))


def _mac(chance):
    return ":".join(f"{chance.randrange(256):02X}" for _part in range(6))


def _uuid(chance):
    text = f"{chance.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


# type: (maker, names that say it, True if the values tell it under any name)
PERSONAL = (
    ("email", _email, ("email", "CUSTOMER_EMAIL", "userMail", "mail_privat"), True),
    ("bank_account", _iban, ("iban", "refund_iban", "konto", "IBAN_NR"), True),
    ("credit_card", _card, ("credit_card_number", "cardNumber", "kreditkarte_nr", "cc_number"), True),
    ("device_id", _mac, ("mac_address", "deviceMac", "adapter_mac"), True),
    ("device_id", _imei, ("imei", "handset_imei"), True),
    ("device_id", _uuid, ("advertising_id", "device_uuid", "idfa"), False),
    ("ip_address", _v4, ("ip", "client_ip", "visitorIpAddress", "ip_addr"), True),
    ("ip_address", _v6, ("ipv6", "remote_ip"), True),
    ("ssn", _ssn, ("ssn", "employee_ssn", "socialSecurityNumber"), True),
    ("ssn", _dni, ("dni", "dni_titular"), True),
    ("ssn", _pesel, ("pesel", "client_pesel"), True),
    ("ssn", _cpf, ("cpf", "cliente_cpf"), True),
    ("phone", _phone, ("phone", "mobileNumber", "telefonnummer", "contact_phone"), True),
    ("phone", _national_phone, ("telephone_no", "homePhone", "rufnummer"), True),
    ("address", lambda c: _street(c, "gb"), ("street", "home_address", "delivery_addr"), True),
    ("address", lambda c: _street(c, "de"), ("anschrift", "strasse"), True),
    ("address", lambda c: _street(c, "fr"), ("adresse", "rue_client"), True),
    ("address", lambda c: _street(c, "it"), ("indirizzo", "indirizzo_casa"), True),
    ("address", lambda c: _digits(c, 5), ("zip_code", "plz", "shippingPostcode"), False),
    ("name", lambda c: c.choice(FIRST), ("first_name", "vorname", "prenom"), False),
    (
        "name",
        lambda c: f"{c.choice(FIRST)} {c.choice(LAST)}",
        ("full_name", "customerName", "nombre_cliente", "contact_name"),
        False,
    ),
    ("date_of_birth", _born, ("dob", "birth_date", "dateOfBirth", "geburtsdatum", "data_nascita"), False),
    (
        "health",
        lambda c: f"{c.choice('AEFJKMS')}{_digits(c, 2)}.{c.randrange(10)}",
        ("diagnosis_code", "icd_10", "icd"),
        False,
    ),
    ("health", lambda c: c.choice("A+ A- B+ AB+ 0- 0+".split()), ("blood_group", "blood_type"), True),
    (
        "biometric",
        lambda c: f"{c.getrandbits(256):064x}",
        ("fingerprint_template", "voiceprint", "face_template"),
        False,
    ),
    (
        "direct_identifier",
        lambda c: c.choice("CFGHJ") + _digits(c, 8),
        ("passport_number", "passport_id"),
        False,
    ),
    (
        "direct_identifier",
        lambda c: f"{c.choice(FIRST).lower()}{c.randrange(99)}",
        ("username", "login_name"),
        False,
    ),
)
OTHERS = (
    ("order_no", lambda c: _digits(c, 10)),
    ("event_ref", lambda c: _digits(c, 16)),
    ("bin_code", lambda c: f"{_digits(c, 3)}-{_digits(c, 2)}-{_digits(c, 4)}"),
    ("lib_version", lambda c: f"{c.randrange(9)}.{c.randrange(40)}.{c.randrange(40)}.{c.randrange(9)}"),
    ("build_version", lambda c: f"10.{c.randrange(20)}.{c.randrange(100, 255)}.{c.randrange(9)}"),
    ("token", lambda c: f"{c.getrandbits(160):040x}"),
    ("cell", lambda c: f"{c.choice('ABCDEF')}{c.randrange(1, 90)}"),
    ("mail_sent", lambda c: c.choice("yes no".split())),
    ("email_opened_at", lambda c: f"{_born(c)}T10:00:00"),
    ("address_key", lambda c: _digits(c, 6)),
    ("product_name", lambda c: f"{c.choice(WORDS)} {c.choice(WORDS)}".title()),
    ("note", lambda c: " ".join(c.choice(WORDS) for _word in range(8))),
    ("shipped_on", _born),
    ("price", lambda c: f"{c.uniform(1, 900):.2f}"),
    ("unit_count", lambda c: str(c.randrange(400))),
    ("gtin", lambda c: _digits(c, 13)),
    ("row_id", _uuid),
    ("netmask", lambda c: c.choice("255.255.255.0 255.255.254.0 255.0.0.0".split())),
    ("epoch_s", lambda c: str(c.randrange(1_600_000_000, 1_800_000_000))),
    ("status", lambda c: c.choice("placed shipped returned".split())),
    ("country", lambda c: c.choice("DE FR ES IT GB".split())),
    ("phone_brand", lambda c: c.choice("Nokia Fairphone Pixel".split())),
    ("ratio", lambda c: f"{c.random():.5f}"),
    ("shelf", lambda c: f"{c.choice('ABC')}-{c.randrange(10, 99)}-{c.randrange(10, 99)}"),
    ("store_code", lambda c: c.choice("NW SE CE".split()) + _digits(c, 7)),
    ("card_scheme", lambda c: c.choice("visa amex maestro".split())),
    ("currency_pair", lambda c: c.choice("EURUSD GBPCHF".split())),
    ("interval", lambda c: f"{c.randrange(24):02}:{c.randrange(60):02}:{c.randrange(60):02}"),
    ("branch_address", lambda c: c.choice("north south east".split())),
    ("checked_digit_ref", lambda c: (lambda t: t + verhoeff.calc_check_digit(t))(_digits(c, 7))),
    ("policy_ref", lambda c: "P" + _digits(c, 9)),
    ("hex_color", lambda c: f"#{c.getrandbits(24):06x}"),
)


def samples():
    """Every column of the set; the same on every run."""
    chance, number = random.Random(SEED), 0
    for truth, maker, names, telling in PERSONAL:
        values = tuple(maker(chance) for _row in range(ROWS))
        for name in names:
            yield Sample(name, values, truth)
            yield Sample(name, spoiled(values, chance), truth, "junk")
        yield Sample(names[0], (), truth, "empty")
        yield Sample(names[0], values[:3], truth, "tiny")
        if telling:
            number += 1
            yield Sample(f"k{number}", values, truth, "opaque")
            yield Sample(f"spalte_{number}", spoiled(values, chance), truth, "opaque, junk")
    for name, maker in OTHERS:
        number += 1
        values = tuple(maker(chance) for _row in range(ROWS))
        yield Sample(name, values, None)
        yield Sample(f"v{number}", values, None, "opaque")
        yield Sample(f"v{number}", values[:3], None, "tiny")
        yield Sample(f"raw_{name}", spoiled(values, chance), None, "junk")
