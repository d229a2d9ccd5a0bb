"""Regular expressions that people write, compiled by an engine that is linear in what it reads (RE2). Pure."""

from functools import lru_cache

import re2

MOST_MEMORY = 8 << 20  # bytes that a compiled pattern may take
OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = MOST_MEMORY
escape = re2.escape


@lru_cache(maxsize=512)
def compiled(pattern: str):
    """The pattern, ready to match. Raises `ValueError` with the engine's own words for one that it does not read."""
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise ValueError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None
