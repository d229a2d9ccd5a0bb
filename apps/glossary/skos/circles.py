"""Concepts that are broader than themselves."""

from rdflib import SKOS


def circles(graph, concepts):
    """The circles of broader and narrower among the concepts, each as a list that ends where it began."""
    broader = {concept: set() for concept in concepts}
    for concept in concepts:
        broader[concept] |= {one for one in graph.objects(concept, SKOS.broader) if one in broader}
        for one in graph.objects(concept, SKOS.narrower):
            if one in broader:
                broader[one].add(concept)
    return loops(broader)


def loops(above):
    """The circles in {node: nodes above it}, one for each knot of nodes, as lists that end where they began."""
    found, state = [], {}
    for start in sorted(above, key=str):
        if start in state:
            continue
        path, trail = [start], [iter(sorted(above[start], key=str))]
        state[start] = "open"
        while path:
            step = next((one for one in trail[-1] if one in above and state.get(one) != "done"), None)
            if step is None:
                state[path.pop()] = "done"
                trail.pop()
            elif state.get(step) == "open":
                found.append([*path[path.index(step) :], step])
            else:
                state[step] = "open"
                path.append(step)
                trail.append(iter(sorted(above[step], key=str)))
    return found
