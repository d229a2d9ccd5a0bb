"""Directed graphs as compressed sparse rows: breadth-first walks over all of a large lineage in milliseconds.

The neighbours of node n are `targets[starts[n]:starts[n + 1]]`. Two arrays of integers, 4 bytes an edge.
"""

import numpy as np

UPSTREAM, DOWNSTREAM = "upstream", "downstream"


class Rows:
    """The edges of a graph of `size` nodes (0 to size - 1), each with the clearance that it takes to see it."""

    def __init__(self, sources, targets, ranks, size):
        order = np.argsort(sources, kind="stable").astype(np.int32)
        self.starts = np.zeros(size + 1, np.int32)
        np.cumsum(np.bincount(sources, minlength=size), out=self.starts[1:])
        self.targets = np.asarray(targets, np.int32)[order]
        self.ranks = np.asarray(ranks, np.int8)[order]

    def levels(self, start, depth, visible, clearance):
        """The nodes at each distance from `start`, nearest first, as arrays; `visible` is a mask of nodes.

        Hidden nodes are neither returned nor walked through; circles end.
        """
        return self.walk(np.array([start]), depth, visible, clearance)[0]

    def walk(self, starts, depth, visible, clearance, shut=()):
        """(nodes at each distance from the nearest of `starts`, the node before each of them, by node).

        `shut` are positions of edges, as `between` gives them, that are not taken.
        """
        seen = np.zeros(len(self.starts) - 1, bool)
        seen[starts] = True
        before = np.full(len(seen), -1, np.int32)
        frontier, found = np.asarray(starts), []
        for _step in range(depth):
            edges, lengths = self._edges(frontier)
            if not len(edges):
                break
            there = self.targets[edges]
            taken = (self.ranks[edges] <= clearance) & visible[there] & ~seen[there]
            if len(shut):
                taken &= ~np.isin(edges, shut)
            there = there[taken]
            # Of several ways to a node the first counts: written last, it stays.
            before[there[::-1]] = np.repeat(frontier, lengths)[taken][::-1]
            near = np.unique(there)
            if not len(near):
                break
            seen[near] = True
            found.append(near)
            frontier = near
        return found, before

    def neighbours(self, nodes, clearance):
        """(which of `nodes`, by its place among them, which node it leads to) of each of their edges that is visible."""
        edges, lengths = self._edges(nodes)
        taken = self.ranks[edges] <= clearance
        return np.repeat(np.arange(len(nodes)), lengths)[taken], self.targets[edges][taken]

    def _edges(self, nodes):
        """(positions of all edges of `nodes`, one range after the other, how many each of them has)."""
        begin, lengths = self.starts[nodes], self.starts[nodes + 1] - self.starts[nodes]
        ends = np.cumsum(lengths)
        return np.repeat(begin - (ends - lengths), lengths) + np.arange(ends[-1] if len(ends) else 0), lengths

    def between(self, sources, targets):
        """The positions of the edges from each of `sources` to its partner in `targets`."""
        found = [
            self.starts[source]
            + np.flatnonzero(self.targets[self.starts[source] : self.starts[source + 1]] == target)
            for source, target in zip(sources, targets, strict=True)
        ]
        return np.concatenate(found) if found else np.array([], np.int64)
