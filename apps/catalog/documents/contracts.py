"""The operational contract (document format, section 3.7; rules R5, R6, R10, S5, S8)."""

from apps.catalog import urns
from apps.dcs.periods import Period

from .keys import (
    AVAILABILITY,
    COMPLETENESS,
    CONSUMER,
    CONTRACT,
    COST,
    DEPRECATION,
    DOWNTIME,
    FRESHNESS,
    LATENCY,
    PERFORMANCE,
    QUALITY,
    SCHEMA_CHANGES,
    SLAS,
    SUPPORT,
    WINDOW,
    arranged,
)
from .places import SHORT

MADE_BY_THE_PORTAL = ("breached", "superseded")


def normal(entry, place):
    """`contract` in canonical form: ISO durations, percentages as numbers, notice in days, no approvals."""
    entry = dict(entry)
    for key in ("approved_by", "approved_at"):
        if entry.pop(key, None):
            message = "An approval in a file is not taken; it is given in the portal."
            (place / key).say("W214", message, "Remove it.")
    _status(entry, place)
    if "slas" in entry:
        entry["slas"] = _slas(dict(entry["slas"]), place / "slas")
    if "schema_changes" in entry:
        entry["schema_changes"] = _schema_changes(dict(entry["schema_changes"]), place / "schema_changes")
    if "deprecation" in entry:
        entry["deprecation"] = _deprecation(entry, place / "deprecation")
    if "performance" in entry:
        at = place / "performance"
        at.bounded(entry["performance"], "target_row_count", "target_size_bytes")
        at.bounded(entry["performance"], "target_column_count", most=SHORT)
        entry["performance"] = arranged(entry["performance"], PERFORMANCE)
    if entry.get("cost"):
        billed = entry["cost"].get("billing_tags", {})
        entry["cost"] = arranged({**entry["cost"], "billing_tags": dict(sorted(billed.items()))}, COST)
    for key, order in (("maintenance_windows", WINDOW), ("known_consumers", CONSUMER)):
        if key in entry:
            entry[key] = [arranged(one, order) for one in entry[key]]
    for i, window in enumerate(entry.get("maintenance_windows", [])):
        if window["start"] == window["end"]:
            message = "The maintenance window ends when it begins."
            (place / "maintenance_windows" / i / "end").say("E304", message, "Write a later end.")
    if "support" in entry:
        entry["support"] = arranged(entry["support"], SUPPORT)
    return arranged(entry, CONTRACT)


def _status(entry, place):
    if not entry or place.known.contract is None:
        return
    stored, wanted = place.known.contract(place.desk.urn, entry["version"]), entry.get("status", "draft")
    if wanted in MADE_BY_THE_PORTAL and stored != wanted:
        message = f"The portal sets {wanted} itself; a document may only repeat it."
        (place / "status").say("E330", message, "Write active, or the status that is stored.")
    if stored in ("active", "breached"):
        message = f"Version {entry['version']} is in force: a change to it waits for an approval."
        (place / "version").say("W220", message, "Write a new version for new promises.")


def _slas(slas, place):
    if "freshness" in slas:
        found = dict(slas["freshness"])
        if "target" in found:
            found["target"] = (place / "freshness" / "target").duration(found["target"])
        slas["freshness"] = arranged(found, FRESHNESS)
    if "completeness" in slas:
        found, at = dict(slas["completeness"]), place / "completeness"
        if "target" in found:
            found["target"] = (at / "target").target(found["target"])
        at.bounded(found, "min_rows", "max_rows")
        at.ordered(found, "min_rows", "max_rows", "number of rows")
        slas["completeness"] = arranged(found, COMPLETENESS)
    if "availability" in slas:
        found, at = dict(slas["availability"]), place / "availability"
        if "target" in found:
            found["target"] = (at / "target").target(found["target"])
        if "max_downtime" in found:
            found["max_downtime"] = _downtime(found["max_downtime"], at / "max_downtime")
        slas["availability"] = arranged(found, AVAILABILITY)
    if "quality" in slas:
        slas["quality"] = _quality(dict(slas["quality"]), place / "quality")
    if "latency" in slas:
        (place / "latency").bounded(slas["latency"], "p95_ms", "p99_ms", most=SHORT)
        (place / "latency").ordered(slas["latency"], "p95_ms", "p99_ms", "latency")
        slas["latency"] = arranged(slas["latency"], LATENCY)
    return arranged(slas, SLAS)


def _downtime(said, place):
    """`PT1H per month`: a duration and the period that it is counted in (R5, errata row A15)."""
    if isinstance(said, dict):
        found = {**said, "duration": (place / "duration").duration(said["duration"], zero=True)}
    else:
        text, per, period = said.partition(" per ")
        found = {"duration": place.duration(text, zero=True)} | ({"per": period} if per else {})
    if "per" not in found:
        message = "The downtime does not say in which time it is counted."
        place.say("E106", message, "Add a period, such as 1 hour per month.")
        return found["duration"]
    found = arranged(found, DOWNTIME)
    return f"{found['duration']} per {found['per']}" if found.keys() == {"duration", "per"} else found


def _quality(found, place):
    if "min_score" in found:
        found["min_score"] = (place / "min_score").target(found["min_score"])
    rules = place.desk.rules
    for i, name in enumerate(found.get("critical_rules", [])):
        if rules is not None and name not in rules:
            message = f"No quality rule is called {name}; until there is one, the contract cannot take force."
            (place / "critical_rules" / i).say(
                "W207", message, f"Name a rule {name}, or correct the name here."
            )
    return arranged(found, QUALITY)


def _schema_changes(found, place):
    notice = found.get("breaking_change_notice")
    at = place / "breaking_change_notice"
    if isinstance(notice, str):
        try:
            period = Period.parse(notice)
        except ValueError as error:
            at.say("E104", str(error), "Write 30, or 30 days.")
        else:
            if period.months or period.microseconds:
                at.say("E104", f"The notice of {notice} is not in whole days.", "Write 30, or 30 days.")
            found["breaking_change_notice"] = period.days
    place.bounded(found, "breaking_change_notice", most=SHORT)
    return arranged(found, SCHEMA_CHANGES)


def _deprecation(contract, place):
    found = dict(contract["deprecation"])
    if "date" in found:
        found["date"] = (place / "date").date(found["date"])
        if contract.get("status") == "active" and found["date"] < place.known.day.isoformat():
            message = f"The contract is active, but its deprecation was due on {found['date']}."
            (place / "date").say("W216", message, "Write a day to come, or deprecate the contract.")
    if found.get("replacement"):
        found["replacement"] = urns.encoded(found["replacement"])
    return arranged(found, DEPRECATION)
