"""Columns named as public schemas name them: a shop, an ERP, clinics, schools and clubs in four languages; only the names are theirs.

The hints of the detector were written by the hand that wrote the names of `held_out.py`, on the same day; the names here
were gathered afterwards, when the detector was done. Values are Faker's.
"""

import random

from faker import Faker

from .columns import Sample, spoiled
from .held_out import BLOOD, ROWS

SEED = 41
# {locale: {type: names}}, None for what is of nobody.
NAMES = {
    "fr_FR": {
        "name": "lastname firstname proprio online_sign_name",
        "direct_identifier": "login ldap_sid skype twitter facebook jabberid",
        "address": "address zip owner_address",
        "email": "email personal_email",
        "phone": "phone phone_perso phone_mobile office_phone office_fax user_mobile personal_mobile whatsapp",
        "date_of_birth": "birth",
        "ip_address": "iplastlogin ippreviouslogin online_sign_ip ipaddress",
        "bank_account": "iban_prefix number",
        None: (
            "rowid entity ref_ext civility pass_encoding fk_adherent_type morphy societe town state_id statut public datefin "
            "note_private model_pdf datevalid tms fk_user_author canvas import_key lang color barcode accountancy_code "
            "nb_holiday salary dateemployment weeklyhours bank code_banque code_guichet cle_rib bic default_rib "
            "currency_code last_main_doc rum date_rum frstrecur last_four card_type exp_date_month approved ending_date "
            "preapproval_key max_total_amount_of_all_payments stripe_card_ref ext_payment_site comment status label type"
        ),
    },
    "en_US": {
        "name": "first_name last_name patient_fullName doctor_name patientLastName Next_of_kin guardian",
        "address": "street_address_1 postal_code permanentAddress patient_Address address",
        "phone": "phone Phone_number doctor_phone patient_Mobile patient_fixed_Number emergency_phone",
        "email": "email doctor_email patient_email",
        "date_of_birth": "dateOfBirth Date_Of_Birth patient_Dob dob",
        "health": "bloodGroup blood_group diseases",
        "direct_identifier": "username doc_username registration",
        None: (
            "company_name city city_area country country_area token is_staff note date_joined default_shipping_address "
            "is_public content customer_id store_id address_id activebool create_date last_update active uuid district "
            "city_id staff_id picture ecg_rate pulse_rate time date_of_admission status title birth_place religion "
            "TestID CaseID Test_type Test_date TechnicianID Malaria_type FacilityID Date_added Update_date Referral_from "
            "Reason cost details startnummer entry_fee displacement start_time tie_break comment Resource_name "
            "Resource_type Description Start_date Outcome_ID patient_regNum clinic_id doc_activation datetime"
        ),
    },
    "es_ES": {
        "name": "nombre apellido1 apellido2 ap_paterno ap_materno per_nombre per_apellido nombres apellidos nombre1",
        "email": "email correo",
        "phone": "telefono",
        "address": "per_direccion direccion",
        "date_of_birth": "fecha_nacimiento per_fecha_nacimiento",
        "ssn": "per_num_doc_id documento numero_identificacion",
        "health": "per_tipo_sangre per_alergias",
        "direct_identifier": "per_nombre_usuario apodo",
        None: (
            "id_persona genero id_credencial nivel_acceso cargo fecha_ingreso org_id per_tipo_doc_id per_nacionalidad "
            "per_sexo per_peso per_estatura rol_usuario_id creado_en completado_en borrado_motivo edad altura id_curso "
            "nota creditos semestre codigo programa ciudad departamento estado slug permisos nombre_materia especie raza "
            "desde hasta motivo doctor_id sede_id inicio tipo_documento"
        ),
    },
    "de_DE": {
        "name": "vorname nachname",
        "address": "strasse straße plz Postleitzahl",
        "phone": "telefon Telefonnummer telefon_mobil",
        "email": "email",
        "date_of_birth": "geburtsdatum Geburtsdatum",
        "direct_identifier": "kennzeichen lizenznummer",
        "ssn": "VersicherungsNr",
        None: (
            "startnummer gruppe klasse nenngeld fahrzeug rahmennummer hubraum bemerkung land bundesland startzeit "
            "stechen nennungseingang anrede stundenlohn einstellungsdatum notiz kurs beginn ende MitgliederID "
            "WeitesterSchuss Bezeichnung Marke Anzahl austrittsdatum austrittsgrund letzter_tarif verlag_id website ort "
            "gruendungsjahr biografie farbe model ps raum personalNr Firmenname Abrechnungsverband Eintrittsdatum "
            "Versorgungspunkte Rentenart Vertragsstatus Gehegebezeichnung Gewicht"
        ),
    },
}
MAKERS = {
    "name": lambda fake, chance: chance.choice((fake.first_name, fake.last_name, fake.name))(),
    "address": lambda fake, chance: fake.street_address(),
    "phone": lambda fake, chance: fake.phone_number(),
    "email": lambda fake, chance: fake.email(),
    "date_of_birth": lambda fake, chance: fake.date_of_birth(minimum_age=2).isoformat(),
    "health": lambda fake, chance: chance.choice(BLOOD),
    "direct_identifier": lambda fake, chance: fake.user_name(),
    "ip_address": lambda fake, chance: fake.ipv4(),
    "bank_account": lambda fake, chance: fake.iban(),
    "ssn": lambda fake, chance: fake.ssn(),
}
POSTCODES = ("zip", "postal_code", "plz", "Postleitzahl")
ILLNESSES = ("asthma", "influenza", "diabetes", "migraine", "anaemia")


def _thing(name, fake, chance):
    """A maker for what a name of nobody suggests: times, numbers, codes or words."""
    low = name.lower()
    if any(
        part in low
        for part in ("date", "tms", "datum", "creado", "completado", "inicio", "desde", "hasta", "beginn")
    ):
        return lambda: fake.date_time_this_decade().isoformat()
    if low.endswith(("id", "nr", "nummer", "no", "number", "key")) or low.startswith(("id_", "fk_")):
        return lambda: str(chance.randrange(1, 10 ** (5 + len(low) % 6)))
    if low in ("website", "last_main_doc"):
        return fake.url
    if any(part in low for part in ("societe", "firmen", "company")):
        return fake.company
    if any(part in low for part in ("town", "city", "ort", "ciudad", "birth_place")):
        return fake.city
    if any(
        part in low
        for part in (
            "note",
            "notiz",
            "comment",
            "bemerkung",
            "details",
            "motivo",
            "grund",
            "descri",
            "reason",
        )
    ):
        return lambda: fake.sentence(nb_words=7)
    if any(
        part in low
        for part in (
            "rate",
            "cost",
            "salary",
            "lohn",
            "peso",
            "altura",
            "amount",
            "fee",
            "edad",
            "gewicht",
            "punkte",
        )
    ):
        return lambda: f"{chance.uniform(1, 500):.1f}"
    if any(part in low for part in ("code", "ref", "bic", "rib", "rum", "token", "uuid")):
        return lambda: fake.bothify("?###?##?").upper()
    return lambda: fake.word()


def _values(truth, name, fake, chance):
    if truth is None:
        make = _thing(name, fake, chance)
        return tuple(make() for _row in range(ROWS))
    if name in POSTCODES:
        return tuple(fake.postcode() for _row in range(ROWS))
    if name in ("diseases", "per_alergias"):
        return tuple(chance.choice(ILLNESSES) for _row in range(ROWS))
    if name in ("registration", "kennzeichen"):
        return tuple(fake.license_plate() for _row in range(ROWS))
    return tuple(MAKERS[truth](fake, chance) for _row in range(ROWS))


def samples():
    """Every column; the same on every run."""
    chance = random.Random(SEED)
    for place, (locale, by_type) in enumerate(NAMES.items()):
        fake = Faker(locale)
        fake.seed_instance(SEED + place)
        for truth, names in by_type.items():
            for name in names.split():
                values = _values(truth, name, fake, chance)
                yield Sample(name, values, truth, f"found, {locale}")
                yield Sample(name, spoiled(values, chance), truth, "found, junk")
