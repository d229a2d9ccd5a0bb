"""The past that documents tell (`version_history`, format section 3.6): versions of which only words are known."""

import datetime

from .models import CapsuleVersion


class Told:
    """What `version_history` of some capsules tells beyond the versions that are stored, {capsule id: entries}."""

    def __init__(self, history):
        rows = CapsuleVersion._base_manager.filter(capsule__in=list(history), name__isnull=False)
        stored = {}
        for capsule, name in rows.values_list("capsule_id", "name"):
            stored.setdefault(capsule, set()).add(name)
        self._new = {
            capsule: [entry for entry in entries if entry["version"] not in stored.get(capsule, ())]
            for capsule, entries in history.items()
        }

    def before(self, version):
        """Unsaved versions for all entries but the one about `version` itself, numbered from its number on.

        In the order of their dates; files list the newest first, so those of one date, or without any, come from the
        bottom up. `version` moves on to the number after them.
        """
        entries = [each for each in self._new.get(version.capsule_id, ()) if each["version"] != version.name]
        made = [
            _version(version, entry, number)
            for number, entry in enumerate(_oldest_first(entries), version.number)
        ]
        version.number += len(made)
        return made

    def describe(self, version):
        """Say of `version` what the entry about it says; whether it breaks anything was computed (rule R12)."""
        for entry in self._new.get(version.capsule_id, ()):
            if entry["version"] == version.name:
                version.change_summary = entry.get("changes") or version.change_summary
                version.meta = version.meta | {"told": entry}


def _oldest_first(entries):
    """By date; an entry without one stays behind the entry that stands below it."""
    found, date = [], ""
    for entry in reversed(entries):
        date = entry.get("date") or date
        found.append((date, entry))
    return [entry for _date, entry in sorted(found, key=lambda pair: pair[0])]


def _version(newer, entry, number):
    date = entry.get("date") and datetime.date.fromisoformat(entry["date"])
    at = date and datetime.datetime.combine(date, datetime.time.min, datetime.UTC)
    return CapsuleVersion(
        capsule=newer.capsule,
        number=number,
        name=entry["version"],
        snapshot={},
        change_summary=entry.get("changes"),
        breaking_change=entry.get("breaking", False),
        deployed_at=at or None,
        created_at=newer.created_at,
        visibility_rank=newer.visibility_rank,
        meta={"told": entry},
    )


def history(versions):
    """The `version_history` of stored versions with names, newest first, as documents write it."""
    return [_entry(version) for version in sorted(versions, key=lambda each: -each.number)]


def _entry(version):
    if told := version.meta.get("told"):
        return told
    entry = {"version": version.name, "date": version.created_at.astimezone(datetime.UTC).date().isoformat()}
    if version.change_summary:
        entry["changes"] = version.change_summary
    return entry | ({"breaking": True} if version.breaking_change else {})
