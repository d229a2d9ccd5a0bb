"""A column of a corpus: what it is called, what stands in it, and what it truly holds."""

import random
from dataclasses import dataclass

JUNK = ("", "n/a", "N/A", "unknown", "-", "test", "none", "?", "0", "xxx", "tbd")


@dataclass(frozen=True)
class Sample:
    """`truth` is one of the 13 types of personal data, or None; `kind` says what makes the column hard."""

    name: str
    values: tuple
    truth: str | None
    kind: str = "plain"


def spoiled(values, chance: random.Random):
    """The values with 10–30 % junk and some NULLs among them."""
    share = chance.uniform(0.10, 0.30)
    return tuple(
        (chance.choice(JUNK) if chance.random() < 0.8 else None) if chance.random() < share else value
        for value in values
    )
