"""Upstream, downstream, code and history (document format, section 3.6; rules R11, S5, S10, S12)."""

import re

from apps.catalog import urns

from .keys import HISTORY, LINEAGE, TRANSFORMATION, arranged
from .places import SHORT

COLUMN = re.compile(r"urn:dcs:[a-z0-9_\-]+:[a-z0-9_\-]+:[^:\s]+:\S.*\.\S.*", re.ASCII)
LANGUAGES = ("sql", "python", "spark_sql", "dbt", "other")  # errata row C32


def normal(section, place):
    """`lineage` in canonical form: encoded URNs, each once, and columns in the order of their declaration."""
    found = dict(section)
    for key in ("upstream", "downstream"):
        if key in section:
            found[key] = _capsules(section[key], place / key)
    if "columns" in section:
        found["columns"] = _columns(section["columns"], place / "columns")
    if "transformation" in section:
        found["transformation"] = _transformation(dict(section["transformation"]), place / "transformation")
    return arranged(found, LINEAGE)


def _capsules(listed, place):
    found = {}
    for i, urn in enumerate(listed):
        urn = urns.encoded(urn)
        if urn == place.desk.urn:
            message = "The capsule is listed as its own neighbour."
            (place / i).say("E312", message, "Remove it; a capsule cannot be made of itself.")
        elif place.known.capsule and urn not in (place.desk.bundled or ()) and not place.known.capsule(urn):
            message = f"No capsule is stored as {urn}; a placeholder is made."
            (place / i).say("W208", message, "Correct the URN, or deploy that capsule too.")
        found[urn] = None
    return list(found)


def _columns(section, place):
    known, found = place.desk.columns, {}
    for name, sources in section.items():
        if known is not None and name not in known:
            message = f"The column {name} is not declared in schema.columns."
            (place / name).say("E310", message, f"Declare {name}, or correct it.")
        listed = {}
        for i, urn in enumerate(sources):
            if not COLUMN.fullmatch(urn):
                message = f"{urn[:80]!r} is no URN of a column."
                (place / name / i).say("E104", message, "Write urn:dcs:dbt:model:shop:stg_orders.order_id.")
            listed[urns.encoded(urn)] = None
        found[name] = list(listed)
    order = {name: i for i, name in enumerate(known or ())}
    named = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return {name: found[name] for name in named if found[name]}


def _transformation(found, place):
    place.bounded(found, "line_start", "line_end", most=SHORT)
    place.ordered(found, "line_start", "line_end", "lines")
    if found.get("language"):
        word = found["language"].lower()
        if word not in LANGUAGES:
            message = f"The language {found['language']!r} is not in its list."
            (place / "language").say("E103", message, f"Write one of: {', '.join(LANGUAGES)}.")
        found["language"] = word
    return arranged(found, TRANSFORMATION)


def history(section, place, version=""):
    """`version_history` in canonical form, in the order written; `version` is the document's own."""
    stored = place.known.versions(place.desk.urn) if place.known.versions else []
    by_name = {one.version: one for one in stored}
    found, seen = [], {}
    for i, entry in enumerate(section):
        entry = dict(entry)
        if "date" in entry:
            entry["date"] = (place / i / "date").date(entry["date"])
        entry = arranged(entry, HISTORY)
        said = (entry.get("date", ""), entry.get("changes", ""), entry.get("breaking", False))
        known = by_name.get(entry["version"])
        if seen.setdefault(entry["version"], said) != said:
            message = f"The version {entry['version']} is there twice, with different words."
            (place / i / "version").say("E313", message, "Keep one entry for each version.")
        elif known and known.date is not None and said != (known.date, known.changes, known.breaking):
            message = f"The version {entry['version']} is stored with another date, text or flag."
            (place / i / "version").say(
                "E313", message, "Write what is stored: history is added to, not rewritten."
            )
        found.append(entry)
    return found


def reused(version, place):
    """A problem if `version` names a stored version that is not the newest (S12)."""
    stored = place.known.versions(place.desk.urn) if version and place.known.versions else []
    if version in [one.version for one in stored[:-1]] and version != stored[-1].version:
        message = f"The version {version} is an older one that is stored already."
        (place / "version").say("E314", message, f"Write a version that follows {stored[-1].version}.")


def cycles(graph):
    """The sets of URNs that lead back to themselves in {urn: upstream URNs}, each as a sorted list.

    Tarjan's strongly connected components (1972), without recursion.
    """
    number, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in graph:
        if root in number:
            continue
        work = [(root, iter(graph.get(root, ())))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, children = work[-1]
            for child in children:
                if child not in number:
                    number[child] = low[child] = len(number)
                    stack.append(child)
                    on_stack.add(child)
                    work.append((child, iter(graph.get(child, ()))))
                    break
                if child in on_stack:
                    low[node] = min(low[node], number[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))
    return found
