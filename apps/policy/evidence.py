"""Why detection thinks that a column holds personal data, in words: counts of values and words of the name."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def sentence(row):
    """“412 of 420 values pass the check digit; the name contains “iban”.”"""
    if row.evidence == row.Evidence.LINEAGE:
        if row.origin is None:
            return _("It is made of a column of which the same is asked.")
        return _("It is made of %(column)s.") % {"column": f"{row.origin.capsule.name}.{row.origin.name}"}
    said = []
    if row.test and row.sample_size:
        fitting = round(float(row.match_rate) * row.sample_size)
        said.append(
            _pattern(row.test, row.sample_size) % {"n": f"{fitting:,}", "total": f"{row.sample_size:,}"}
        )
    if row.word:
        said.append(_("the name contains “%(word)s”") % {"word": row.word})
    if not row.sample_size:
        said.append(_("no value was looked at"))
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _pattern(test, total):
    if test == "email":
        return ngettext(
            "%(n)s of %(total)s value is an e-mail address",
            "%(n)s of %(total)s values are e-mail addresses",
            total,
        )
    if test in ("ipv4", "ipv6"):
        return ngettext(
            "%(n)s of %(total)s value is an address of a host",
            "%(n)s of %(total)s values are addresses of hosts",
            total,
        )
    if test in ("mac", "uuid"):
        return ngettext(
            "%(n)s of %(total)s value has the shape of a device's number",
            "%(n)s of %(total)s values have the shape of a device's number",
            total,
        )
    if test.startswith("phone"):
        return ngettext(
            "%(n)s of %(total)s value is written like a phone number",
            "%(n)s of %(total)s values are written like phone numbers",
            total,
        )
    if test == "street":
        return ngettext(
            "%(n)s of %(total)s value names a street", "%(n)s of %(total)s values name a street", total
        )
    if test in (
        "date",
        "postcode",
        "person_name",
        "blood_group",
        "icd",
        "opaque",
        "digits",
        "plate",
        "user_name",
    ):
        return ngettext(
            "%(n)s of %(total)s value could be one", "%(n)s of %(total)s values could be one", total
        )
    return ngettext(
        "%(n)s of %(total)s value passes the check digit",
        "%(n)s of %(total)s values pass the check digit",
        total,
    )
