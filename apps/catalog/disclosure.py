"""What of a stored document a reader may see: what is hidden in the catalogue is hidden in its past (trust.md 1.2, 1.3)."""

from apps.people.roles import CONFIDENTIAL, INTERNAL, SECRET

from .models import Capsule, Column

# Facets and the clearance that reading them needs, wherever in a document they stand.
FACETS = {
    "example_values": CONFIDENTIAL,
    "config": CONFIDENTIAL,
    "condition": CONFIDENTIAL,
    "masking_conditions": CONFIDENTIAL,
    "code": INTERNAL,
}
BY_COLUMN = ("columns", "column_policies")


def disclosed(documents, capsule, reader):
    """The documents of versions of `capsule` as `reader` may see them; three queries, none for who sees everything."""
    if reader.clearance >= SECRET:
        return list(documents)
    facets = frozenset(name for name, rank in FACETS.items() if rank > reader.clearance)
    columns, urns = _hidden(documents, capsule, reader)
    return [_without_columns(_kept(document, facets, urns), columns) for document in documents]


def _hidden(documents, capsule, reader):
    """Names of this capsule's hidden columns, and hidden URNs of capsules and columns that the documents mention."""
    own = Column._base_manager.filter(capsule=capsule, visibility_rank__gt=reader.clearance)
    names = frozenset(own.values_list("name", flat=True))
    mentioned = {urn for document in documents for urn in _urns(document)}
    if not mentioned:
        return names, frozenset()
    heads = mentioned | {urn.rpartition(".")[0] for urn in mentioned}
    hidden = {"urn__in": heads, "visibility_rank__gt": reader.clearance}
    capsules = Capsule._base_manager.filter(**hidden).values_list("urn", flat=True)
    columns = Column._base_manager.filter(**hidden).values_list("urn", flat=True)
    return names, frozenset(capsules.union(columns))


def _urns(value):
    if isinstance(value, str):
        if value.startswith("urn:dcs:"):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _urns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _urns(inner)


def _names(value, urns):
    """True if a text names a hidden capsule, or a column of one."""
    return isinstance(value, str) and (value in urns or value.rpartition(".")[0] in urns)


def _kept(value, facets, urns):
    """The value without facets, and without what names a hidden URN."""
    if isinstance(value, dict):
        return {
            key: _kept(inner, facets, urns)
            for key, inner in value.items()
            if key not in facets and not _names(inner, urns)
        }
    if isinstance(value, list):
        return [_kept(inner, facets, urns) for inner in value if not _points_to(inner, urns)]
    return value


def _points_to(value, urns):
    """True for an entry of a list that is, or refers to, something hidden: an upstream, a foreign key."""
    reference = value.get("references") if isinstance(value, dict) else value
    reference = reference.get("table") if isinstance(reference, dict) else reference
    return _names(reference, urns)


def _without_columns(document, names):
    """The document without the columns called so, and what hangs on them."""
    if not names:
        return document
    found = dict(document)
    for key in BY_COLUMN:
        if key in found:
            found[key] = {name: part for name, part in found[key].items() if name not in names}
    if schema := found.get("schema"):
        found["schema"] = {
            key: [each for each in part if not _of(each, names)] if isinstance(part, list) else part
            for key, part in schema.items()
        }
    if rules := found.get("quality_rules"):
        found["quality_rules"] = [rule for rule in rules if not _of(rule, names)]
    if lineage := found.get("lineage"):
        columns = {name: part for name, part in lineage.get("columns", {}).items() if name not in names}
        found["lineage"] = {**lineage, "columns": columns} if "columns" in lineage else lineage
    return found


def _of(entry, names):
    """True if a column, key, index or rule is about one of these columns."""
    about = {
        entry.get("name") if "data_type" in entry else None,
        entry.get("column"),
        *entry.get("columns", ()),
    }
    return not names.isdisjoint(about)
