"""Rename hints, `x-renamed-from`: what they may claim (rule S2b; design of changes, section 2)."""

HINT = "x-renamed-from"


def check(section, place):
    """Problems of the hints in `schema`; without the portal's columns only what the file itself contradicts."""
    hints, names = [], set()
    stack = [("", column, place / "columns" / i) for i, column in enumerate(section.get("columns", []))]
    while stack:
        parent, column, at = stack.pop()
        name = f"{parent}{column['name']}"
        names.add(name)
        if isinstance(column.get(HINT), str) and column[HINT]:
            hints.append((column[HINT], name, at / HINT))
        stack += [(f"{name}.", field, at / "fields" / i) for i, field in enumerate(column.get("fields", []))]
    if not hints:
        return
    stored = None
    if place.known.columns is not None:
        stored = place.known.columns(place.desk.urn)
        if stored is None:  # a new capsule: the hint says nothing
            return
        stored = set(stored)
    claimed = set()
    for old, new, at in reversed(hints):
        if stored is not None and new in stored and old not in stored:
            continue  # spent by an earlier apply
        if stored is not None and old not in stored:
            message = f"Neither {old} nor {new} is a column of the stored capsule."
            at.say("E318", message, "Correct the former name, or remove x-renamed-from.")
        elif stored is not None and new in stored:
            message = f"{new} is said to be the former {old}, but both are stored columns."
            at.say("E319", message, "Remove x-renamed-from; a column takes a name that is free.")
        elif old in names:
            message = f"{new} is said to be the former {old}, which is still in the document."
            at.say("E319", message, f"Remove {old}, or remove x-renamed-from.")
        elif old in claimed:
            message = f"Two columns are said to be the former {old}."
            at.say("E319", message, "Keep x-renamed-from in one of them.")
        claimed.add(old)
