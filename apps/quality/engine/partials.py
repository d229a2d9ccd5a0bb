"""Numbers of rules, remembered for as long as the data, the rule and the code stay the same. Pure.

A folder of small files of typed JSON, none of which is code. The name of a file is a digest of all that the numbers
depend on: the fingerprints of the tables, what the rule asks (not its thresholds), the engine's version, and the code
that compiles it (quality-engine.md, section 4.5). No key and no row of the data is kept, only what was counted.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path

from apps.payload.engines import wire
from apps.payload.engines.base import SUBJECT, Unanswered
from apps.quality.rule_types import TYPES

MOST = 5_000  # files that are kept; the longest unused go first
TIDIED = 64  # so many new ones between two looks at the folder
MOVING = frozenset({"recency_check"})  # whose numbers depend on the time of the run
HERE = Path(__file__).resolve().parent


class Partials:
    """Remembered numbers in `folder`, which is made for this account alone."""

    def __init__(self, folder, engine):
        self.folder, self.engine = Path(folder), engine
        self._states, self._new = {}, 0

    def known(self, spec):
        """The numbers of a rule, None if they are not known."""
        path = self._path(spec)
        if path is None:
            return None
        try:
            found = wire.message(path.read_bytes())["numbers"]
            os.utime(path)
        except (OSError, ValueError, KeyError):
            return None
        return found if isinstance(found, dict) else None

    def remember(self, spec, numbers):
        """Keep the numbers of a rule; that they cannot be kept harms nothing."""
        path = self._path(spec)
        if path is None:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".new", delete=False) as file:
                file.write(wire.line({"numbers": dict(numbers)}))
            os.replace(file.name, path)
            self._new += 1
            if self._new % TIDIED == 1:
                self._tidy()

    def _path(self, spec):
        if spec.type in MOVING or TYPES[spec.type].custom:
            return None
        states = {alias: self._state(alias) for alias in sorted(_aliases(spec))}
        if None in states.values():
            return None
        said = {
            "states": states,
            "type": spec.type,
            "column": spec.column,
            "config": dict(spec.config),
            "asked": [spec.pattern, str(spec.range_min), str(spec.range_max)],
            "references": {name: list(one) for name, one in spec.references.items()},
            "engine": [self.engine.dialect, self.engine.version],
            "code": code(),
        }
        named = json.dumps(said, sort_keys=True, default=str)
        return self.folder / f"{hashlib.sha256(named.encode()).hexdigest()}.json"

    def _state(self, alias):
        if alias not in self._states:
            try:
                self._states[alias] = self.engine.fingerprint(alias)
            except Unanswered:
                self._states[alias] = None
        return self._states[alias]

    def _tidy(self):
        files = [(one.stat().st_mtime, one) for one in self.folder.glob("*.json")]
        for _used, one in sorted(files)[: max(0, len(files) - MOST)]:
            one.unlink(missing_ok=True)


def _aliases(spec):
    return {SUBJECT} | {alias for alias, _column in spec.references.values()}


@cache
def code():
    """A digest of the code that turns rules into questions: with other code, other numbers."""
    import ibis
    import sqlglot

    found = hashlib.sha256(f"{ibis.__version__} {sqlglot.__version__}".encode())
    for folder in (HERE, HERE.parent / "rule_types"):
        for path in sorted(folder.glob("*.py")):
            found.update(path.read_bytes())
    for name in ("patterns.py", "safesql.py", "safenodes.py", "saferows.py"):
        found.update((HERE.parent / name).read_bytes())
    return found.hexdigest()
