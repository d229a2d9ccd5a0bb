"""What a document says beyond the columns of a row: kept in the row's `meta["doc"]["rest"]`, and said again."""

from apps.catalog.documents.keys import arranged


def remainder(entry, told):
    """The part of `entry` that is missing from `told`, which is what the columns can say of it; {} for nothing."""
    found = {}
    for key, value in entry.items():
        if key not in told:
            found[key] = value
        elif (
            isinstance(value, dict) and isinstance(told[key], dict) and (rest := remainder(value, told[key]))
        ):
            found[key] = rest
    return found


def completed(told, rest):
    """`told` with what only the `rest` says; where both speak, the columns are right."""
    found = dict(told)
    for key, value in rest.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = completed(found[key], value)
        else:
            found.setdefault(key, value)
    return found


def entry_of(told, meta, order, **parts):
    """The canonical entry of a row: what its columns tell, completed by its `meta`, in the order of its keys.

    `parts` names the orders of the objects inside, such as `retention=RETENTION`.
    """
    found = completed(told, noted(meta).get("rest") or {})
    for key, inner in parts.items():
        if isinstance(found.get(key), dict):
            found[key] = arranged(found[key], inner)
    return arranged(found, order)


def noted(meta):
    """What a document has left in a row's `meta`, {} for a row that no document wrote."""
    found = meta.get("doc")
    return found if isinstance(found, dict) else {}


def meta_with(meta, /, **notes):
    """A row's `meta` with these notes of its document, those that are empty left out; other keys stay."""
    kept = {key: value for key, value in noted(meta).items() if key not in notes}
    doc = kept | {key: value for key, value in notes.items() if value not in (None, {}, [], "")}
    rest = {key: value for key, value in meta.items() if key != "doc"}
    return {**rest, "doc": doc} if doc else rest


def number(decimal):
    """A stored decimal as a document says it: whole ones without a point; None stays None."""
    if decimal is None:
        return None
    return int(decimal) if decimal == decimal.to_integral_value() else float(decimal)


def told_of(**values):
    """The values that there are: neither None nor empty."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
