"""An engine in a process of its own: limited, killed at its deadline, and gone when its parent is.

`Sandbox(description)` is a context manager and an `Engine` (quality-engine.md, section 6). The process is started, not
forked: of this one it has neither memory, surroundings nor descriptors. What is read is told to it through a pipe, so no
secret is on a command line. Use it in the thread that opened it: the child ends with that thread. Pure.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from .engines import wire
from .engines.base import SUBJECT, ColumnBounds, Repeated, TableMetadata, Unanswered
from .engines.description import FILES

GRACE_S = 2  # between the deadline, which the engine is told, and the end of its process
START = "import sys; sys.path.insert(0, sys.argv[2]); from apps.payload.child import main; main()"
ROOT = str(Path(__file__).resolve().parents[2])
SLACK = 64 * 1024  # bytes of an answer besides its values
TIMES = 25  # that a child of files is started again after its death


class Sandbox:
    """The engine of a `Description` in a child; `deadline_s` is for all that is asked together."""

    def __init__(self, description, *, deadline_s=None, footers=None):
        self.described, self.footers = description, footers
        self.left_out = {}  # {alias: why it is not open}
        self.deadline_s = description.deadline_s if deadline_s is None else deadline_s
        self.process: Any = None
        self._known, self._left = {}, b""
        self._asking, self._writing = threading.Lock(), threading.Lock()
        self._stopped_at, self._started = None, 0

    def __enter__(self):
        self._until = time.monotonic() + self.deadline_s
        self._start()
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """End the child and all it started, at once."""
        process, self.process = self.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _start(self):
        self._started += 1
        self._left = b""
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", START, str(os.getpid()), ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={},
            cwd="/",
            start_new_session=True,
        )
        facts = {"description": self.described.as_dict(), "deadline_s": self.deadline_s}
        try:
            self.dialect, self.version = self._exchange(facts, self._until)
        except BaseException:
            self.close()
            raise

    # ---------- what is asked ----------

    def relation(self, alias=SUBJECT):
        """How SQL writes the table of an alias."""
        return self._once("relation", alias)

    def types(self, alias=SUBJECT):
        """{column: type, as the engine spells it} in the order of the table."""
        return self._once("types", alias)

    def row_names(self):
        """SQL expressions that tell rows of the subject apart, in reading order."""
        return tuple(self._once("row_names"))

    @property
    def privileged(self):
        """True for an account that may do anything: SQL that people wrote is not run as one."""
        return self._once("privileged")

    def fetch(self, sql, *, deadline_s=None):
        """The rows of one statement as tuples."""
        return [tuple(row) for row in self._ask("fetch", sql, within=deadline_s)]

    def repeated(self, columns, *, where="", worst=0):
        """The `Repeated` of keys, or None: group instead."""
        found = self._ask("repeated", list(columns), where, worst)
        if found is None:
            return None
        *counts, most = found
        rows, distinct, groups, involved = counts
        return Repeated(rows, distinct, groups, involved, tuple(map(tuple, most)))

    def metadata(self, alias=SUBJECT):
        """The `TableMetadata` of an alias, or None."""
        state = self.footers and self.fingerprint(alias)
        if state and (known := self.footers.known(state)):
            return known
        found = self._ask("metadata", alias)
        if found is None:
            return None
        rows, files, size, columns, changed_at = found
        bounds = {name: ColumnBounds(*told) for name, told in columns.items()}
        found = TableMetadata(rows, files, size, bounds, changed_at)
        if state:
            self.footers.remember(state, found)
        return found

    def fingerprint(self, alias=SUBJECT):
        """A text that changes whenever the data does, or None: nobody knows."""
        return self._ask("fingerprint", alias)

    def fingerprints(self, alias=SUBJECT):
        """{name of a file: its fingerprint} of a table made of files; none of another."""
        return self._ask("fingerprints", alias)

    def unreadable(self, alias=SUBJECT):
        """{column: how many of its values did not read as its type}."""
        return self._ask("unreadable", alias)

    def cancel(self):
        """End what is being asked, within two seconds, and answer nothing more; called from another thread."""
        self._stopped_at = time.monotonic()
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._say({"ask": "cancel"}, self.process)

    # ---------- how ----------

    def _once(self, ask, *given):
        if (ask, given) not in self._known:
            self._known[ask, given] = self._ask(ask, *given)
        return self._known[ask, given]

    def _ask(self, ask, *given, within=None):
        with self._asking:
            if self._stopped_at is not None:
                raise Unanswered("cancelled", "before it was asked")
            left = self._until - time.monotonic()
            if left <= 0:
                self.close()
                raise Unanswered("deadline", "before it was asked")
            self._revive()
            seconds = left if within is None else min(within, left)
            given = (*given, seconds) if ask == "fetch" else given
            return self._exchange({"ask": ask, "with": list(given)}, time.monotonic() + seconds)

    def _revive(self):
        """Start a child of files again: what it read lies there as before. A server's state would be another one."""
        if self.process is not None:
            return
        if self.described.engine != FILES or self._started > TIMES:
            raise Unanswered("died", "the child is gone")
        self._start()

    def _exchange(self, said, until):
        process = self.process
        try:
            self._say(said, process)
            answer = wire.message(self._line(process, until))
        except (OSError, ValueError) as error:
            raise self._died(str(error), until) from None
        if "error" in answer:
            code, detail = answer["error"]
            raise Unanswered(code, detail)
        return answer["value"]

    def _say(self, said, process):
        line = memoryview(wire.line(said))
        with self._writing:
            while line:
                line = line[process.stdin.write(line) :]

    def _line(self, process, until):
        """The next line of the child; its process is killed when it keeps silent for too long."""
        most = self.described.bytes + SLACK
        pieces, size = [self._left], len(self._left)
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in pieces[-1]:
                if waiting.select(0.25):
                    piece = process.stdout.read(1 << 16)
                    if not piece:
                        raise OSError("no more answers")
                    pieces.append(piece)
                    size += len(piece)
                    if size > most:
                        self.close()
                        raise Unanswered("too_much", f"more than {most} bytes")
                    continue
                self._look_at_the_clock(until)
        line, _end, self._left = b"".join(pieces).partition(b"\n")
        return line

    def _look_at_the_clock(self, until):
        now = time.monotonic()
        if self._stopped_at is not None and now > self._stopped_at + GRACE_S:
            self.close()
            raise Unanswered("cancelled", "killed")
        if now > until + GRACE_S:
            self.close()
            raise Unanswered("deadline", "killed")

    def _died(self, said, until):
        """The `Unanswered` of a child that is gone, by what has ended it."""
        process, code = self.process, None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
            code = process.returncode
        self.close()
        if code == -signal.SIGXCPU or time.monotonic() > until:
            return Unanswered("deadline", f"{said} ({code})")
        return Unanswered("died", f"{said} ({code})")
