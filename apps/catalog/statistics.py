"""Observations of a capsule's size that documents bring: taken if they are newer than the stored ones (section 3.1)."""

from datetime import UTC, datetime

from .models import Capsule


def observe(wanted):
    """Store row counts and sizes of {capsule: state}; without a time of their own they fill only what is unknown."""
    changed = []
    for capsule, state in wanted.items():
        said = state["statistics"]
        at = said.get("analyzed_at") and _moment(said["analyzed_at"])
        known = capsule.last_analyzed_at
        if known is not None and (at is None or at <= known):
            continue
        values = {"row_count": said.get("row_count"), "table_size_bytes": said.get("size_bytes")}
        values = {name: value for name, value in values.items() if value is not None}
        if at is not None:
            values["last_analyzed_at"] = at
        if any(getattr(capsule, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(capsule, name, value)
            changed.append(capsule)
    if changed:
        Capsule._base_manager.bulk_update(changed, ["row_count", "table_size_bytes", "last_analyzed_at"])


def _moment(text):
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
