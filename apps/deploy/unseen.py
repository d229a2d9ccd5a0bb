"""What an author cannot see stays as it is: no document of theirs retires or changes it (errata row E12)."""

import json

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from .exporting import Hiding
from .wanted import PAST


def keep(steps, reader):
    """Put back into what is wanted whatever is hidden from `reader` in the stored states of the steps.

    Raises `PermissionDenied` where a document says something of its own about a thing that is hidden.
    """
    stored = [step for step in steps if step.before is not None]
    hiding = Hiding([step.capsule for step in stored], [step.before for step in stored], reader)
    for step in stored:
        seen, whole = hiding.of(step.capsule, step.before)
        if whole:
            continue
        apart = {key: step.wanted[key] for key in PAST if key in step.wanted}
        wanted = {key: value for key, value in step.wanted.items() if key not in apart}
        try:
            step.wanted = with_hidden(step.before, seen, wanted) | apart
        except _Touched:
            raise PermissionDenied(_("You may not change %(urn)s.") % {"urn": step.urn}) from None


class _Touched(Exception):
    """The document says something about a thing that its author cannot see."""


def with_hidden(state, seen, wanted):
    """`wanted` with everything of `state` that is missing in `seen`, what the author sees of it; JSON values."""
    if seen == state:
        return wanted
    if wanted == seen:
        return state
    if all(isinstance(each, dict) for each in (state, seen, wanted)):
        return _object(state, seen, wanted)
    if all(isinstance(each, list) for each in (state, seen, wanted)):
        return _list(state, seen, wanted)
    raise _Touched


def _object(state, seen, wanted):
    found = {}
    for key in [*state, *(key for key in wanted if key not in state)]:
        if key in state and key not in seen:
            if wanted.get(key) not in (None, {}, []):
                raise _Touched
            found[key] = state[key]
        elif key in wanted:
            found[key] = with_hidden(state[key], seen[key], wanted[key]) if key in state else wanted[key]
        elif key in state and (rest := _hidden_rest(state[key], seen[key])) is not None:
            found[key] = rest
    return found


def _hidden_rest(state, seen):
    """What stays of something that the author wants gone: its hidden part, None if there is none."""
    if state == seen:
        return None
    if isinstance(state, dict | list) and isinstance(seen, type(state)):
        return with_hidden(state, seen, type(state)()) or None
    raise _Touched


def _list(state, seen, wanted):
    stored, shown = ({_identity(each): each for each in entries} for entries in (state, seen))
    found = []
    for entry in wanted:
        name = _identity(entry)
        if name in stored and name not in shown:
            raise _Touched
        found.append(with_hidden(stored[name], shown[name], entry) if name in stored else entry)
    places = [_identity(each) for each in found]
    before = None
    for entry in state:
        name = _identity(entry)
        if name not in shown:
            at = places.index(before) + 1 if before in places else 0
            found.insert(at, entry)
            places.insert(at, name)
        before = name if name in places else before
    return found


def _identity(entry):
    """What tells one entry of a list from the others: its name, else all of it."""
    if isinstance(entry, dict) and entry.get("name"):
        return "name", entry["name"]
    return "", json.dumps(entry, sort_keys=True)
