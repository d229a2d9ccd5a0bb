"""What the words of a column's name say about personal data: outright, or as a hint that the values must bear out. Pure."""

from dataclasses import dataclass
from functools import lru_cache

from apps.catalog import pii_names

# Too short or too common to tell by themselves: a hint counts only with values that fit.
_HINTS = {
    "email": "mail; courriel; correo; posta elettronica; mailadresse; smtp addr; kontakt mail; contact; login",
    "phone": "handy; mobil; movil; portable; cellulare; celular; gsm; mobiltelefon; rufnummer; fax; cell; msisdn; contact",
    "address": (
        "rue; calle; via; rua; domicilio; domicile; wohnort; wohnadresse; plz; cap; zipcode; ulica; adres; residence; "
        "addr; direccion; residenza; morada; location; line 1; line 2; stras"
    ),
    "ssn": (
        "nir; insee; num secu; numero securite sociale; securite sociale; dni; nie; nif; tax id; taxpayer; steuer id; "
        "steueridentifikationsnummer; steuernummer; sozialversicherungsnr; rentenversicherungsnummer; rvnr; svnr; ahv; "
        "cod fiscale; codfiscale; burgerservicenummer; sofinummer; cedula; curp; rfc; sin; tfn; rijksregisternummer; "
        "hetu; isikukood; oib; rodne cislo; nhs number; numero identidad; documento identidad; cpr"
    ),
    "credit_card": (
        "card; pan; cc; kreditkarte; kartennummer; carte bancaire; numero carte; carte; tarjeta; tarjeta credito; "
        "numero tarjeta; cartao; carta di credito; payment card"
    ),
    "bank_account": (
        "konto; kontonr; bankverbindung; compte bancaire; compte; rib; cuenta; conto; conta; rekening; account; acct; "
        "account number; rekeningnummer; beneficiary"
    ),
    "health": (
        "icd; icd code; symptom; symptoms; diagnostic; diagnostico; diagnosi; blutgruppe; groupe sanguin; "
        "grupo sanguineo; gruppo sanguigno; krankheit; maladie; enfermedad; alergias; medikament; icd 9"
    ),
    "biometric": (
        "fingerprint; fingerabdruck; empreinte; empreinte digitale; huella; huella dactilar; iris code; iris; "
        "impronta; face encoding; voice template; minutiae"
    ),
    "date_of_birth": (
        "birth; birth datetime; birth ts; geb datum; gebdatum; geb; fecha nac; date naiss; naissance; nacimiento; "
        "nascita; data nasc; gbdat; born; nac"
    ),
    "name": (
        "nom; nombre; nome; name; naam; imie; nazwisko; nombres; apellido; surnames; maiden; nombre completo; nom client; "
        "kontoinhaber; inhaber; holder; beneficiary; first; last; primer apellido; segundo apellido; titular; kunde; "
        "display name; author; patient; signer"
    ),
    "ip_address": "ipadresse; adresse ip; direccion ip; ip adresse; indirizzo ip; sign in ip; host; addr; login ip",
    "device_id": (
        "device; mac; adid; gps adid; geraete id; geraet; appareil; identifiant appareil; dispositivo; id dispositivo; "
        "hardware id; hwid; installation id; serial number; cookie; advertising"
    ),
    "direct_identifier": (
        "passeport; pasaporte; passaporto; reisepass; reisepassnr; fuehrerschein; permis conduire; licencia conducir; "
        "permiso conducir; patente; kennzeichen; kfz kennzeichen; immatriculation; plaque immatriculation; matricula; "
        "login; nickname; screen name; user; vehicle registration; id card; ausweis; ausweisnummer; vin; passport num; "
        "drivers license; license no"
    ),
}
_HINTED: dict[tuple, list] = {}
for _kind, _text in _HINTS.items():
    for _phrase in _text.split(";"):
        _HINTED.setdefault(tuple(_phrase.split()), []).append(_kind)

# Words that make a number something of a thing: formats without a good check digit mean nothing under them.
THINGS = frozenset(
    """
    sku isbn ean gtin upc part order invoice bill batch lot product item article asset tracking shipment parcel version
    firmware release build subnet netmask mask latitude longitude lat lon amount price total quantity qty count epoch ts
    ms timestamp ledger gl node commit sha hash checksum color colour hex serial token gateway mtu
    """.split()
)
NUMBERING = frozenset("version firmware release build subnet netmask mask".split())


@dataclass(frozen=True)
class Said:
    """What a name says: the type outright with the phrase, the hinted types with theirs, and its words."""

    pii_type: str | None
    phrase: str
    hints: dict[str, str]
    words: frozenset[str]

    @property
    def is_thing(self):
        return not self.words.isdisjoint(THINGS)

    @property
    def is_numbering(self):
        return not self.words.isdisjoint(NUMBERING)


@lru_cache(maxsize=100_000)
def said(column_name: str) -> Said:
    """What the name of a column says."""
    found = pii_names.words(column_name)
    outright, phrase = pii_names.told_by(found)
    hints: dict[str, str] = {}
    for length in (3, 2, 1):
        for start in range(len(found) - length + 1):
            part = found[start : start + length]
            for kind in _HINTED.get(part, ()):
                hints.setdefault(kind, " ".join(part))
    return Said(outright, " ".join(phrase), hints, frozenset(found))
