"""The hashes that plans, versions and acceptances are bound to (document format, section 6)."""

from apps.dcs import canonical

NO_STATE = "absent"
OBSERVED = ("statistics",)  # an observation takes no part in any hash


def document_hash(capsule, emptied=()):
    """SHA-256 of a canonical document, 64 hexadecimal digits.

    `emptied` are the sections that the document empties (`tags: []`). The canonical form leaves them out, but they
    retire what is stored, so two documents that differ in them must not be accepted under one hash.
    """
    content = {key: value for key, value in capsule.items() if key not in OBSERVED}
    for name in emptied:
        content[name] = ""
    return canonical.digest_of_json(content)


def bundle_hash(hashes):
    """The hash of several documents, the same in any order; of one document its own."""
    hashes = sorted(hashes)
    return hashes[0] if len(hashes) == 1 else canonical.digest(hashes)


def version_hash(state):
    """The hash of a stored state, kept as `capsule_versions.version_hash`."""
    return canonical.digest_of_json(_state(state))


def state_hash(state, number):
    """The hash of a stored state and the number of its current version; `absent` for no state."""
    if state is None:
        return NO_STATE
    return canonical.digest_of_json({"state": _state(state), "version": number})


def _state(state):
    return {key: value for key, value in state.items() if key not in (*OBSERVED, "version_history")}
