"""The current state of capsules as canonical documents, for plans, versions, exports and comparisons."""

from . import dimensions
from .documents.keys import IDENTITY, MEANING, SECTIONS, arranged, in_order
from .models import Capsule

UNSTATED = frozenset({"statistics", "version_history"})  # observations and the past are no part of a state


def states(capsule_ids):
    """The canonical content of `data_capsule` of each capsule: {capsule id: dict}, ids that are unknown left out.

    All sections but `statistics` and `version_history`. Every dimension is asked once for all capsules, so the
    number of queries does not grow with them; callers with tens of thousands ask in parts, for the memory. Nothing
    is hidden from anybody: whoever shows a state asks first who may see it (errata row E12).
    """
    return states_of(
        Capsule._base_manager.filter(pk__in=list(capsule_ids)).select_related(
            "owner", "domain", "source_system"
        )
    )


def states_of(capsules):
    """The same for capsules that are loaded, with `owner`, `domain` and `source_system`."""
    capsules = list(capsules)
    parts = [dimension.snapshot(capsules) for dimension in dimensions.everything()] if capsules else []
    return {
        capsule.pk: assembled(part[capsule.pk] for part in parts if capsule.pk in part)
        for capsule in capsules
    }


def assembled(parts):
    """One canonical dict of the sections that the dimensions gave; `columns` is made of several dimensions' words."""
    found, meaning = {}, {}
    for part in parts:
        for name, entry in part.get("columns", {}).items():
            meaning.setdefault(name, {}).update(entry)
        found |= {key: value for key, value in part.items() if key != "columns"}
    if meaning:
        found["columns"] = {name: arranged(entry, MEANING) for name, entry in _ordered(meaning, found)}
    own = sorted(key for key in found if key.startswith("x-"))
    order = [*IDENTITY, "meta", *own, *SECTIONS]
    return {
        key: in_order(found[key]) if key == "meta" or key in own else found[key]
        for key in order
        if key in found and key not in UNSTATED and found[key] not in ([], {})
    }


def _ordered(meaning, found):
    """Columns in the order of their declaration, others after them by name."""
    order = {name: i for i, name in enumerate(_declared(found.get("schema", {}).get("columns", ())))}
    return sorted(meaning.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def _declared(columns, parent=""):
    for column in columns:
        name = f"{parent}{column['name']}"
        yield name
        yield from _declared(column.get("fields", ()), f"{name}.")
