"""Who or what a pair of lists lets in: an allowing list, empty for everybody, and a denying list, which wins."""

from dataclasses import dataclass

OTHERS = "all others"


@dataclass(frozen=True, slots=True)
class Allowance:
    """Some words, or all but some words, of an open vocabulary such as roles or regions.

    Errata row B19: where two allowing lists have nothing in common nothing is allowed, not everything.
    """

    all_but: bool = True
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, allowed, denied=()) -> "Allowance":
        """What an allowing and a denying list of a document let in."""
        if allowed:
            return cls(False, frozenset(allowed) - frozenset(denied or ()))
        return cls(True, frozenset(denied or ()))

    def __and__(self, other: "Allowance") -> "Allowance":
        if self.all_but and other.all_but:
            return Allowance(True, self.words | other.words)
        if self.all_but or other.all_but:
            few, many = (other, self) if self.all_but else (self, other)
            return Allowance(False, few.words - many.words)
        return Allowance(False, self.words & other.words)

    def beyond(self, other: "Allowance") -> tuple[str, ...]:
        """What this lets in and `other` does not, in order of the alphabet; `OTHERS` for words without a name."""
        if not self.all_but:
            return tuple(sorted(word for word in self.words if not other.lets(word)))
        if other.all_but:
            return tuple(sorted(other.words - self.words))
        return (OTHERS,)

    def lets(self, word: str) -> bool:
        """Whether a word is let in."""
        return (word not in self.words) if self.all_but else word in self.words
