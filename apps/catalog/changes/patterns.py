"""Which example values a new format pattern no longer takes, told without running a pattern that might never end."""

import re
import warnings
from functools import lru_cache

PERCENT = re.compile(r"%[a-zA-Z]")


def failing(examples, old: str, new: str) -> list[str]:
    """The examples that fit the pattern `old` and not `new`; none where either is no regular expression.

    A pattern matches a whole value (errata row C25); strftime pictures are not tried.
    """
    before, after = _compiled(old), _compiled(new)
    if before is None or after is None:
        return []
    texts = [
        str(each) for each in examples if isinstance(each, str | int | float) and not isinstance(each, bool)
    ]
    return [each for each in texts if before.fullmatch(each) and not after.fullmatch(each)]


@lru_cache(maxsize=1_000)
def _compiled(pattern):
    if PERCENT.search(pattern):
        return None
    # RE2 runs in linear time, whatever the pattern; it refuses the few forms that could not.
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re2.compile(pattern, options)
    except re2.error:
        return None
