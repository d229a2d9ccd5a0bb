"""Changes of what the capsule is and whose it is, and notes that no row names. Rows 62 to 64."""

from .change import M, N
from .codes import found
from .notes import notes

# Sections and keys that other modules compare; statistics are observed and take no part (section 2).
ELSEWHERE = frozenset(
    "schema columns business_terms quality_rules policies column_policies lineage contract tags version_history"
    " statistics location format compression partitioning display_name description".split()
)
NAMED = {"name": M, "capsule_type": N, "layer": M, "domain": M}


def identity(v):
    """The changes of name, type, layer, domain and owner, then of everything else at the root."""
    if v.old.get("urn") != v.new.get("urn") and v.old.get("urn"):
        yield found("capsule_retired", "capsule", "urn", "/urn", v.old.get("urn"), v.new.get("urn"))
    for key, consumer in NAMED.items():
        was, now = v.old.get(key) or None, v.new.get(key) or None
        if key == "capsule_type":
            was, now = was or _type(v.old), now or _type(v.new)
        if was != now:
            yield found("identity_changed", "capsule", key, f"/{key}", was, now, consumer=consumer)
    yield from _owner(v)
    yield from notes(
        v.old,
        v.new,
        ELSEWHERE.union(NAMED, ("urn", "owner")),
        dimension="identity",
        kind="capsule",
        name="",
        at="",
    )


def _type(document):
    """The type that the URN names is the default."""
    parts = str(document.get("urn") or "").split(":")
    return parts[3] if len(parts) > 3 else None


def _owner(v):
    old, new = (_spelled(each.get("owner")) for each in (v.old, v.new))
    for key in ("team", "name", "email", "contact"):
        was, now = old.get(key) or None, new.get(key) or None
        if was != now:
            consumer = N if key == "team" else M
            yield found(
                "identity_changed", "owner", f"owner {key}", f"/owner/{key}", was, now, consumer=consumer
            )
    named = ("team", "name", "email", "contact")
    yield from notes(old, new, named, dimension="identity", kind="owner", name="owner", at="/owner")


def _spelled(owner):
    return {"team": owner} if isinstance(owner, str) else owner or {}
