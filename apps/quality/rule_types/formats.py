"""Named formats and types as patterns of our own, so that every engine reads them alike. Pure.

Every pattern is of the portable subset (`patterns.py`) and describes the whole value. Calendars are in the pattern:
which months have 30 days, and which years, by their last digits, a 29th of February.
"""

YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"  # not 0000, which has no year
DATE = (
    f"(?:{YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{LEAP}-02-29)"
)
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
ZONE = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
DATETIME = f"{DATE}[Tt ]{CLOCK}{ZONE}"
UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"{BYTE}(?:\.{BYTE}){{3}}"
HEX = "[0-9A-Fa-f]{1,4}"
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = (
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    rf"@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]"
)
URL = rf"[Hh][Tt][Tt][Pp][Ss]?://(?:{LABEL}(?:\.{LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?"


def _ipv6():
    """RFC 4291: eight groups, one run of zeros left out; or six and an IPv4 address. Two patterns, neither too long."""
    groups = [f"(?:{HEX}:){{1,{before}}}(?::{HEX}){{1,{7 - before}}}" for before in range(1, 7)]
    plain = [f"(?:{HEX}:){{7}}{HEX}", f"(?:{HEX}:){{1,7}}:", f":(?::{HEX}){{1,7}}", "::", *groups]
    heads = [f"(?:{HEX}:){{1,{before}}}:(?:{HEX}:){{0,{5 - before}}}" for before in range(1, 6)]
    mixed = [f"(?:{HEX}:){{6}}", f"::(?:{HEX}:){{0,5}}", *heads]
    return "|".join(plain), f"(?:{'|'.join(mixed)}){IPV4}"


COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ"
    " CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR"
    " GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT"
    " JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO"
    " MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY"
    " QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO"
    " TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
).split()
CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
    " CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD"
    " HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG"
    " QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD"
    " TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT"
    " XSU XTS XUA XXX YER ZAR ZMW ZWG"
).split()
# What a value is, one of several patterns.
PATTERNS = {
    "email": (EMAIL,),
    "uuid": (UUID,),
    "url": (URL,),
    "ipv4": (IPV4,),
    "ipv6": _ipv6(),
    "iso_date": (DATE,),
    "iso_datetime": (DATETIME,),
    "phone_e164": (r"\+[1-9][0-9]{1,14}",),
    "iban": ("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}",),
}
LISTS = {"country_alpha2": COUNTRIES, "currency": CURRENCIES}
FORMATS = [*PATTERNS, *LISTS, "json"]
SIGN = "[+-]?"
INTEGER = f"{SIGN}[0-9]+"
TYPED = {
    "boolean": "(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[TtFf01])",
    "date": DATE,
    "timestamp": f"(?:{DATE}|{DATETIME})",
    "uuid": UUID,
    # A number of up to 255 digits before the point, one with an exponent that cannot exceed a double, or no number at all.
    "double": (
        rf"(?:{SIGN}(?:0*[0-9]{{1,255}}(?:\.[0-9]*)?|\.[0-9]+)"
        rf"|{SIGN}(?:[0-9]{{1,17}}(?:\.[0-9]*)?|\.[0-9]+)[eE](?:-[0-9]{{1,9}}|[+]?0*(?:[0-9]{{1,2}}|1[0-9]{{2}}|2[0-8][0-9]))"
        rf"|{SIGN}(?:[0-9](?:\.[0-9]*)?|\.[0-9]+)[eE][+]?0*(?:29[0-9]|30[0-7])"
        rf"|{SIGN}1(?:\.(?:[0-6][0-9]*|7[0-8][0-9]*)?)?[eE][+]?0*308"
        r"|[Nn][Aa][Nn]|[+-]?[Ii][Nn][Ff](?:[Ii][Nn][Ii][Tt][Yy])?)"
    ),
}


def whole(pattern):
    """A pattern that describes all of a value."""
    return f"^(?:{pattern})$"


def decimal(precision, scale):
    """Numbers of at most so many digits, `scale` of them behind the point; noughts at either end do not count."""
    before = precision - scale
    return rf"{SIGN}(?:0*[0-9]{{0,{before}}}(?:\.[0-9]{{0,{scale}}}0*)?)"
