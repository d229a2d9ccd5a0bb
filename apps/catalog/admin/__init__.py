"""The catalogue in the back office."""

from . import capsules, people, products, sources, structure, tags, versions

__all__ = ["capsules", "people", "products", "sources", "structure", "tags", "versions"]
