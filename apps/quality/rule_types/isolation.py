"""An isolation forest of one column: values that few random cuts part from all others are outliers. Pure.

After Liu, Ting and Zhou: 100 trees over at most 256 values, grown to the logarithm of their number; the score of a value is
2 to the power of minus its mean depth, measured in that of a search that fails. The trees are drawn from a fixed seed, so
that the same values have the same outliers.
"""

import math

SAMPLE = 256  # values that the trees are grown on, spread evenly over the sorted ones
LEAST = 8  # of fewer, none stands out
TREES = 100
SEED = 20_260_301
LIMIT = 0.6  # above this score a value is an outlier
EULER = 0.5772156649015329


def outlying(values, limit=LIMIT):
    """Ranges (above, below) of numbers that are outliers, None for no bound on that side; [] if there are none."""
    import numpy

    points = numpy.sort(numpy.asarray(values, dtype=numpy.float64))
    if len(points) < LEAST or points[0] == points[-1]:
        return []
    far = scores(points) > limit
    found = []
    places = numpy.flatnonzero(numpy.diff(far)) + 1
    starts, ends = [0, *places.tolist()], [*places.tolist(), len(points)]
    for start, end in zip(starts, ends, strict=True):
        if far[start]:
            above = None if start == 0 else _between(points[start - 1], points[start])
            below = None if end == len(points) else _between(points[end - 1], points[end])
            found.append((above, below))
    return found


def scores(points):
    """The score of each of some sorted values, in (0, 1]: about 0.5 is nothing, near 1 stands alone."""
    import numpy

    random = numpy.random.default_rng(SEED)
    depths = numpy.zeros(len(points))
    deepest = math.ceil(math.log2(len(points)))
    for _tree in range(TREES):
        _grow(points, depths, random, deepest)
    return 2 ** (-depths / TREES / usual(len(points)))


def _grow(points, depths, random, deepest):
    """Add the depth at which each value stands alone in one more tree."""
    open_ = [(0, len(points), 0)]
    while open_:
        start, end, depth = open_.pop()
        low, high = points[start], points[end - 1]
        if low == high or depth == deepest:
            depths[start:end] += depth + usual(end - start)
            continue
        part = random.random()
        cut = low * (1 - part) + high * part  # their difference may be beyond what a number holds
        # Not the last: a cut that rounding has put on the highest value would part nothing.
        middle = min(start + int(points[start:end].searchsorted(cut, side="right")), end - 1)
        middle = max(middle, start + 1)
        open_ += [(start, middle, depth + 1), (middle, end, depth + 1)]


def usual(size):
    """The mean depth of so many values in a random tree."""
    if size < 2:
        return 0.0
    return 1.0 if size == 2 else 2 * (math.log(size - 1) + EULER) - 2 * (size - 1) / size


def _between(one, other):
    return float(one + (other - one) / 2)
