"""What a capsule is called, where its data lies, and whose it is (document format, section 3.1)."""

from apps.catalog import urns, vocabularies

from .keys import IDENTITY, OWNER, PARTITIONING, STATISTICS, arranged
from .secrets import check_text


def normal(capsule, place):
    """The identity's keys of `capsule` in canonical form: URN encoded, canonical words, defaults left out."""
    found = {k: v for k, v in capsule.items() if k in IDENTITY or k == "meta" or k.startswith("x-")}
    urn = place.desk.urn
    found["urn"] = urn
    _named(found, place)
    _typed(found, place)
    if "location" in found:
        check_text(found["location"], place / "location")
    if "format" in found:
        found["format"] = _format(found["format"], place / "format")
    if "partitioning" in found:
        found["partitioning"] = _partitioning(found["partitioning"], place / "partitioning")
    if "statistics" in found:
        found["statistics"] = _statistics(found["statistics"], place / "statistics")
    if "owner" in found:
        found["owner"] = _owner(found["owner"], place / "owner")
    if found.get("domain") and place.known.domain and not place.known.domain(found["domain"]):
        message = f"The domain {found['domain']} is new and will be made."
        (place / "domain").say("W213", message, "Check its spelling, or make it first.")
    return arranged(found, IDENTITY)


def _named(found, place):
    last = urns.encoded(found["urn"].split(":", 5)[-1])
    if urns.encoded(found["name"]) != last and urns.encoded(found["name"].replace("%", "%25")) != last:
        message = f"The name is {found['name']}, but the URN ends in {last}."
        (place / "name").say("W200", message, "Write the same name in both, or leave it if that is meant.")
    if len(found["urn"]) > urns.LONGEST:
        message = f"The URN has {len(found['urn'])} characters when its signs are encoded."
        (place / "urn").say("E105", message, f"Allowed: at most {urns.LONGEST} characters.")


def _typed(found, place):
    own = found["urn"].split(":")[3]
    kind = found.get("capsule_type") or own
    if kind not in vocabularies.CAPSULE_TYPES:
        at = place / "capsule_type" if found.get("capsule_type") else place / "urn"
        known = ", ".join(vocabularies.CAPSULE_TYPES)
        at.say("W224", f"The capsule type {kind} is not a known one.", f"Known types: {known}.")
    if kind == own:
        found.pop("capsule_type", None)


def _format(word, place):
    known = word.lower()
    known = vocabularies.STORAGE_FORMAT_ALIASES.get(known, known)
    if known in vocabularies.STORAGE_FORMATS or not word:
        return known
    listed = ", ".join(vocabularies.STORAGE_FORMATS)
    place.say("W222", f"The format {word} is not a known one; it is kept.", f"Known formats: {listed}.")
    return word


def _partitioning(found, place):
    for position, name in enumerate(found.get("key", ())):
        if place.desk.columns is not None and name not in place.desk.columns:
            message = f"The column {name} is not declared in schema; it is kept as a name."
            (place / "key" / position).say("W206", message, f"Add {name} to schema.columns.")
    if found.get("expression") and not place.is_expression(found["expression"]):
        (place / "expression").say(
            "W218", "The expression cannot be read as SQL; it is kept.", "Check its brackets and quotes."
        )
    return arranged(found, PARTITIONING)


def _statistics(found, place):
    place.bounded(found, "row_count", "size_bytes")
    if found.get("analyzed_at"):
        (place / "analyzed_at").moment(found["analyzed_at"])
    return arranged(found, STATISTICS)


def _owner(owner, place):
    found = {"team": owner} if isinstance(owner, str) else owner
    stored = place.known.owner_email and found.get("email") and place.known.owner_email(found["team"])
    if stored and stored != found["email"]:
        message = f"{found['team']} is stored with {stored}; an existing owner's address is not overwritten."
        (place / "email").say("W225", message, "Change the address on the owner's page.")
    found = arranged(found, OWNER)
    return found.get("team", "") if found.keys() <= {"team"} else found
