"""The process that reads data: `python -m apps.payload.child`, started by `payload.sandbox`, and by nobody else.

It knows neither Django nor settings, has no surroundings and no descriptors but its two pipes, and answers lines of JSON
with lines of JSON. What it may take is limited before it opens anything (quality-engine.md, section 6).
"""

import ctypes
import os
import queue
import resource
import signal
import sys
import threading
from collections.abc import Callable

MIB = 2**20
BEYOND = 2048  # MiB of addresses besides the engine's own limit: its code, stacks of threads, Python, numpy
PR_SET_PDEATHSIG = 1
LONGEST = 2000  # characters of what an engine said that go to the parent's log


def main():
    """Speak with the parent until it has nothing more to ask, or is gone."""
    _die_with(int(sys.argv[1]))
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # A library that prints would speak into the answers.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    from .engines import wire

    facts = wire.message(asked.readline())
    _limit(facts["description"], facts["deadline_s"])
    _serve(facts["description"], asked, answers)


def _die_with(parent):
    """Be killed when the parent's thread ends; and end now if it has ended before that was said."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _limit(given, deadline_s):
    memory = (given["memory_mb"] + BEYOND) * MIB
    seconds = int(deadline_s * given["threads"]) + 5
    written = given["spill_mb"] * MIB if given["spill"] else 0
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _serve(given, asked, answers):
    from .engines import opened, wire
    from .engines.base import Unanswered
    from .engines.description import Description

    def answer(said):
        found = wire.line(said)
        if len(found) > given["bytes"]:
            found = wire.line({"error": ["too_much", f"{len(found)} bytes"]})
        answers.write(found)
        answers.flush()

    try:
        with opened(Description.of(given)) as engine:
            questions = queue.SimpleQueue()
            threading.Thread(target=_listen, args=[asked, questions, engine], daemon=True).start()
            answer({"value": [engine.dialect, engine.version]})
            while (question := questions.get()) is not None:
                answer(_answered(engine, question))
    except Unanswered as error:
        answer({"error": [error.code, error.detail[:LONGEST]]})
    except MemoryError:
        answer({"error": ["memory", ""]})


def _listen(asked, questions, engine):
    """Hand on what is asked; a wish to stop is heard while a query runs, and the parent's end as well."""
    from .engines import wire

    for said in asked:
        question = wire.message(said)
        if question["ask"] == "cancel":
            engine.cancel()
        else:
            questions.put(question)
    # Not by way of the questions: the engine may be busy for ever.
    os._exit(0)


def _answered(engine, question):
    from .engines.base import Unanswered

    try:
        return {"value": ASKED[question["ask"]](engine, *question["with"])}
    except Unanswered as error:
        return {"error": [error.code, error.detail[:LONGEST]]}
    except MemoryError:
        return {"error": ["memory", ""]}
    except Exception as error:
        # A mistake of ours in here must not end the process: the parent is told, others are still answered.
        return {"error": ["query", f"{type(error).__name__}: {error}"[:LONGEST]]}


def _metadata(engine, alias):
    found = engine.metadata(alias)
    if found is None:
        return None
    columns = {name: [one.nulls, one.lowest, one.highest] for name, one in found.columns.items()}
    return [found.rows, found.files, found.bytes, columns, found.changed_at]


def _repeated(engine, columns, where, worst):
    found = engine.repeated(columns, where=where, worst=worst)
    return found and [found.rows, found.distinct, found.groups, found.involved, list(found.worst)]


# What may be asked; nothing else of the engine is reached through the pipe.
ASKED: dict[str, Callable] = {
    "relation": lambda engine, alias: engine.relation(alias),
    "types": lambda engine, alias: engine.types(alias),
    "fetch": lambda engine, sql, seconds: engine.fetch(sql, deadline_s=seconds),
    "repeated": _repeated,
    "metadata": _metadata,
    "fingerprint": lambda engine, alias: engine.fingerprint(alias),
    "fingerprints": lambda engine, alias: engine.fingerprints(alias),
    "row_names": lambda engine: list(engine.row_names()),
    "unreadable": lambda engine, alias: engine.unreadable(alias),
    "privileged": lambda engine: engine.privileged,
}

if __name__ == "__main__":
    main()
