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


class Glass:
    """What of the changes of many capsules a reader may see; at most four queries, none for who sees everything.

    `values` is anything that the changes say: hidden addresses are looked for in it.
    """

    def __init__(self, urns, values, reader):
        self._clear = reader.clearance >= SECRET
        if self._clear:
            self.hidden = frozenset()
            return
        above = {"visibility_rank__gt": reader.clearance}
        self._facets = _facets(reader)
        #: The capsules among `urns` that the reader may not know of.
        self.hidden = frozenset(
            Capsule._base_manager.filter(urn__in=urns, **above).values_list("urn", flat=True)
        )
        self._columns = {}
        found = Column._base_manager.filter(capsule__urn__in=urns, **above)
        for urn, name in found.values_list("capsule__urn", "name"):
            self._columns.setdefault(urn, set()).add(name)
        self._urns = _hidden_among(set(_urns(values)), reader)

    def lets(self, urn, item):
        """One item of a plan of the capsule `urn` as the reader may see it; None if not at all."""
        if self._clear:
            return item
        names = self._columns.get(urn, frozenset())
        path = item["pointer"].split("/")[1:]
        if item["name"] in names or item["name"] in self._urns or not names.isdisjoint(path[1:]):
            return None
        if any(isinstance(item[side], dict) and _of(item[side], names) for side in ("old", "new")):
            return None
        secret = path[-1] in self._facets if path else False
        sides = {
            side: None if secret else _kept(item[side], self._facets, self._urns) for side in ("old", "new")
        }
        impact = [each for each in item.get("impact", ()) if not _names(each, self._urns)]
        return {**item, **sides, "impact": impact}

    def names(self, urn, name):
        """True if the reader may know of a column of the capsule `urn`."""
        return self._clear or name not in self._columns.get(urn, ())

    def knows(self, urn):
        """True if the reader may know of this capsule, which the changes mention."""
        return self._clear or not (_names(urn, self._urns) or urn in self.hidden)


def disclosed(documents, capsule, reader):
    """The documents of versions of `capsule` as `reader` may see them; three queries, none for who sees everything."""
    if reader.clearance >= SECRET:
        return list(documents)
    facets = _facets(reader)
    columns, urns = _hidden(documents, capsule, reader)
    return [_without_columns(_kept(document, facets, urns), columns) for document in documents]


def _hidden(documents, capsule, reader):
    """Names of this capsule's hidden columns, and hidden URNs of capsules and columns that the documents mention."""
    own = Column._base_manager.filter(capsule=capsule, visibility_rank__gt=reader.clearance)
    names = frozenset(own.values_list("name", flat=True))
    mentioned = {urn for document in documents for urn in _urns(document)}
    return names, _hidden_among(mentioned, reader)


def _facets(reader):
    return frozenset(name for name, rank in FACETS.items() if rank > reader.clearance)


def _hidden_among(mentioned, reader):
    """Those of these URNs of capsules and columns that the reader may not know of."""
    if not mentioned:
        return frozenset()
    heads = mentioned | {urn.rpartition(".")[0] for urn in mentioned}
    hidden = {"urn__in": heads, "visibility_rank__gt": reader.clearance}
    capsules = Capsule._base_manager.filter(**hidden).values_list("urn", flat=True)
    columns = Column._base_manager.filter(**hidden).values_list("urn", flat=True)
    return frozenset(capsules.union(columns))


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
