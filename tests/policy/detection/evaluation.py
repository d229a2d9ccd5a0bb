"""How well detection does on a corpus: precision, recall, right type, and what is taken for what.

`python -m tests.policy.detection.evaluation` (`make eval-pii`) runs the set that nothing is tuned on. A hit is a column
of which a person would be asked, so from a confidence of 0.5.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass

from apps.policy.detection import detect

PRECISION, RECALL, RIGHT_TYPE = 0.95, 0.92, 0.93


@dataclass
class Outcome:
    """Counts of (what it truly is, what was said) over a corpus; None is no personal data."""

    pairs: Counter
    seconds: float

    @property
    def columns(self):
        return sum(self.pairs.values())

    @property
    def hits(self):
        return sum(n for (truth, said), n in self.pairs.items() if truth and said)

    @property
    def precision(self):
        return self.hits / sum(n for (_truth, said), n in self.pairs.items() if said)

    @property
    def recall(self):
        return self.hits / sum(n for (truth, _said), n in self.pairs.items() if truth)

    @property
    def right_type(self):
        return sum(n for (truth, said), n in self.pairs.items() if truth and truth == said) / self.hits

    @property
    def is_good(self):
        return self.precision >= PRECISION and self.recall >= RECALL and self.right_type >= RIGHT_TYPE

    def lines(self):
        """The report, line by line: the totals, then each type with what it is confused with."""
        yield f"{self.columns} columns, {self.columns / self.seconds:,.0f} a second"
        for title, value, limit in (
            ("precision", self.precision, PRECISION),
            ("recall", self.recall, RECALL),
            ("right type", self.right_type, RIGHT_TYPE),
        ):
            yield f"{title:<12}{value:.3f}  (at least {limit}: {'yes' if value >= limit else 'NO'})"
        yield f"{'type':<20}{'columns':>8}{'found':>8}{'missed':>8}{'wrongly':>8}  taken for"
        for kind in sorted({one for pair in self.pairs for one in pair if one}):
            mine = {said: n for (truth, said), n in self.pairs.items() if truth == kind}
            wrongly = sum(n for (truth, said), n in self.pairs.items() if said == kind and truth != kind)
            others = ", ".join(
                f"{said} {n}" for said, n in sorted(mine.items(), key=str) if said and said != kind
            )
            total = sum(mine.values())
            yield f"{kind:<20}{total:>8}{mine.get(kind, 0):>8}{mine.get(None, 0):>8}{wrongly:>8}  {others}"


def evaluate(samples):
    """The `Outcome` of detection on samples, loading of them not counted."""
    samples = list(samples)
    start = time.perf_counter()
    pairs: Counter = Counter()
    for sample in samples:
        found = detect(sample.name, sample.values)
        pairs[sample.truth, found.pii_type if found else None] += 1
    return Outcome(pairs, time.perf_counter() - start)


def main():
    """Print a report for each part of the set and for all of it; 1 if a limit is not kept over all."""
    from . import found_names, held_out

    parts = {
        "written before the detector": held_out.samples(),
        "names of public schemas": found_names.samples(),
    }
    parts = {title: list(samples) for title, samples in parts.items()}
    parts["all of it"] = [sample for samples in parts.values() for sample in samples]
    for title, samples in parts.items():
        outcome = evaluate(samples)
        sys.stdout.write("\n".join((f"== {title}", *outcome.lines(), "")) + "\n")
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
