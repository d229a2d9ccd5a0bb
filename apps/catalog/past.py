"""The capsule as it was: parts of a stored document, tab by tab, in tables and facts."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.workflow.diff import text

from . import spoken

# What each tab shows of a document: its keys, a path where a part of a section is meant.
TABS = {
    "overview": "description display_name domain owner layer status capsule_type tags schema.columns meta",
    "payload": "location format compression partitioning materialization source_system database_name schema_name",
    "structure": "schema.columns schema.constraints schema.indexes partitioning",
    "semantics": "business_terms columns",
    "quality": "quality_rules",
    "policy": "policies column_policies",
    "provenance": "lineage.upstream lineage.downstream lineage.columns lineage.transformation",
    "contract": "contract",
}
PROSE = ("description",)
NARROW = 32  # characters of a cell that stand beside others


@dataclass(frozen=True)
class Part:
    """One section of a tab: `words` of text, `facts` as (name, value), or a table of `rows` of (head, text, wide).

    `names` are the members of a plain list, `code` a text of several lines. Wide cells take a line of their own on a
    narrow page.
    """

    title: str
    words: str = ""
    code: str = ""
    names: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    rows: list = field(default_factory=list)


def parts(document, tab):
    """The `Part`s of `tab`, those that the document has; facts of one value each are gathered in the first."""
    found, single = [], []
    for path in TABS.get(tab, "").split():
        value = _at(document, path.split("."))
        if value in (None, "", [], {}):
            continue
        title = spoken.key(path.rpartition(".")[2])
        if path in PROSE:
            found.append(Part(title, words=value))
        elif isinstance(value, dict | list):
            found += _part(title, value)
        else:
            single.append((title, _said(value)))
    return [Part(_("Facts"), facts=single), *found] if single else found


def _at(value, path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _part(title, value):
    if isinstance(value, list):
        if all(isinstance(each, dict) for each in value):
            return [_table(title, [("", each) for each in value], named=False)]
        return [Part(title, names=[_said(each) for each in value])]
    if value and all(isinstance(each, dict) for each in value.values()):
        return [_table(title, list(value.items()), named=True)]
    code = value.get("code")
    facts = list(_facts({key: each for key, each in value.items() if key != "code"}))
    return [Part(title, facts=facts, code=code if isinstance(code, str) else "")]


def _table(title, entries, *, named):
    """A row an entry; the columns are the keys that any of them has, in the order of their first use."""
    keys = list(dict.fromkeys(key for _name, entry in entries for key in entry))
    heads = ([_("Column")] if named else []) + [spoken.key(key) for key in keys]
    rows = [([name] if named else []) + [_said(entry.get(key)) for key in keys] for name, entry in entries]
    wide = [any(len(row[n]) > NARROW for row in rows) for n in range(len(heads))]
    return Part(title, rows=[list(zip(heads, row, wide, strict=True)) for row in rows])


def _facts(value, before=""):
    """(name, value) of every leaf, nested names told after their parents'."""
    for key, inner in value.items():
        name = f"{before}{spoken.key(key)}"
        if isinstance(inner, dict):
            yield from _facts(inner, f"{name}: ")
        else:
            yield name, _said(inner)


def _said(value):
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{spoken.key(key)} {_said(each)}" for key, each in value.items())
    return text(value)
