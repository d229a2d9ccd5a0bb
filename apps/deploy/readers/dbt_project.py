"""The nodes of a dbt project by name, relation and address, before any of them becomes a document."""

import re
from collections import Counter

from .dbt_artifacts import mapping, pointer, sequence, text
from .dbt_nodes import (
    Note,
    code_of,
    encode,
    layer_by_words,
    name_of,
    package_of,
    relation_of,
)

CAPSULE_KINDS = frozenset(["model", "seed", "snapshot"])
MAX_URN, MAX_NAME, MAX_NOTES = 500, 255, 500

_CALL = re.compile(r"\b(ref|source)\s*\(([^()]*)\)")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_VERSION_ARGUMENT = re.compile(r"\b(?:v|version)\s*=\s*['\"]?([\w.]+)")
_PART = re.compile(r"\"([^\"]+)\"|`([^`]+)`|\[([^\]]+)\]|([^.\s\"`\[\]]+)")
_SECRET = re.compile(r"passw|secret|token|api_?key|private_?key|credential", re.IGNORECASE)


class Project:
    """A manifest with its catalog, indexed once: all that the document of a node needs from its neighbours."""

    def __init__(self, manifest, catalog=None):
        self.content = manifest.content
        # Looking for them in every column of a large project costs more than the rest of its lineage.
        self._has_foreign_keys = manifest.mentions_foreign_keys
        self.metadata = manifest.metadata
        self.adapter = text(self.metadata.get("adapter_type")).lower()
        self.notes, self._silenced = [], 0
        self.complete = True
        self.last_updated = {}
        self.counts: Counter = Counter()
        self.tests: dict = {}
        self.nodes: dict = {}
        self.urns: dict = {}
        self.relations: dict = {}
        self._by_ref: dict = {}
        self._by_source: dict = {}
        self.by_suffix = {}
        self.catalog = {}
        self.analyzed_at = ""
        if catalog is not None:
            if not isinstance(catalog.content.get("nodes"), dict):
                self.note(
                    "warning", "wrong_type", "The catalog's nodes are no object: it was not used.", "/nodes"
                )
            self.catalog = {
                **mapping(catalog.content.get("nodes")),
                **mapping(catalog.content.get("sources")),
            }
            self.analyzed_at = text(catalog.metadata.get("generated_at"))
        self._read_nodes()
        self._read_sources()
        self.name = text(self.metadata.get("project_name")) or self._largest_package()
        self._address()
        self._count_the_rest()
        self._check_whole()
        self._groups = {
            text(group.get("name")): group
            for group in map(mapping, mapping(self.content.get("groups")).values())
        }
        self.consumers = self._exposures()
        self._staged = {
            package_of(node)
            for node in self.nodes.values()
            if node.get("resource_type") == "model" and layer_by_words(node) == "silver"
        }

    def note(self, severity, code, message, at=""):
        """Remember something to tell; errors make the reading incomplete. Beyond 500, notes are counted only."""
        if severity == "error":
            self.complete = False
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Note(severity, code, message, at))
        else:
            self._silenced += 1

    def all_notes(self):
        if self._silenced:
            return [
                *self.notes,
                Note("warning", "more_notes", f"{self._silenced:,} more notes are not listed."),
            ]
        return list(self.notes)

    # Reading

    def _read_nodes(self):
        for unique_id, node in mapping(self.content.get("nodes")).items():
            if not isinstance(node, dict):
                self.note(
                    "error", "node_unreadable", f"Node {unique_id} is no object.", pointer("nodes", unique_id)
                )
                continue
            kind = node.get("resource_type")
            if not isinstance(kind, str):
                kind = node["resource_type"] = unique_id.partition(".")[0]
            if kind in CAPSULE_KINDS:
                self.nodes[unique_id] = node
                self._by_ref.setdefault(name_of(unique_id, node), []).append(unique_id)
                self._check_types("nodes", unique_id, node)
            elif kind == "test":
                self.tests[unique_id] = node
            self.counts[f"{kind}s" if kind != "analysis" else "analyses"] += 1

    def _read_sources(self):
        sources = self.content.get("sources")
        if sources is not None and not isinstance(sources, dict):
            self.note("error", "wrong_type", "The manifest's sources are no object.", "/sources")
        for unique_id, node in mapping(sources).items():
            if not isinstance(node, dict):
                self.note(
                    "error",
                    "node_unreadable",
                    f"Source {unique_id} is no object.",
                    pointer("sources", unique_id),
                )
                continue
            node["resource_type"] = "source"
            self.nodes[unique_id] = node
            key = (text(node.get("source_name")), name_of(unique_id, node))
            self._by_source.setdefault(key, unique_id)
            self._check_types("sources", unique_id, node)
            self.counts["sources"] += 1

    def _check_types(self, section, unique_id, node):
        for field, kind in (("columns", dict), ("config", dict), ("depends_on", dict), ("meta", dict)):
            value = node.get(field)
            if value is not None and not isinstance(value, kind):
                self.note(
                    "warning",
                    "wrong_type",
                    f"{field} of {unique_id} is no object; it was read as if it were left out.",
                    pointer(section, unique_id, field),
                )

    def _count_the_rest(self):
        for key in ("exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "groups"):
            self.counts[key] = len(mapping(self.content.get(key)))
        disabled = self.content.get("disabled")
        names = []
        if isinstance(disabled, dict):
            names = list(disabled)
        elif isinstance(disabled, list):
            names = [text(mapping(node).get("unique_id")) for node in disabled]
        self.disabled = [name for name in names if name.partition(".")[0] in CAPSULE_KINDS | {"source"}]
        self.counts["disabled"] = len(names)
        if self.disabled:
            self.note(
                "info",
                "disabled",
                f"{len(self.disabled)} disabled nodes became no capsules: {', '.join(self.disabled[:10])}.",
                "/disabled",
            )

    def _check_whole(self):
        """A trimmed manifest must not make capsules look vanished: dbt's own map of parents names all nodes."""
        kept = set(self.nodes) | set(self.tests) | set(mapping(self.content.get("nodes")))
        kept.update(self.disabled)
        for key in ("exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions"):
            kept.update(mapping(self.content.get(key)))
        missing = [name for name in mapping(self.content.pop("parent_map", None)) if name not in kept]
        if not missing:
            missing = [
                parent
                for node in self.nodes.values()
                for parent in sequence(mapping(node.get("depends_on")).get("nodes"))
                if isinstance(parent, str) and parent not in kept
            ]
        if missing:
            self.complete = False
            self.note(
                "warning",
                "trimmed",
                f"The manifest mentions {len(missing)} nodes that it does not hold, such as {missing[0]}:"
                " nothing is taken as vanished.",
                "/parent_map",
            )

    def _largest_package(self):
        packages = Counter(package_of(node) for node in self.nodes.values())
        return packages.most_common(1)[0][0] if packages else ""

    def _address(self):
        taken: dict = {}
        for unique_id, node in list(self.nodes.items()):
            urn = self._urn(unique_id, node)
            trouble = ""
            if len(urn) > MAX_URN or not 0 < len(node["name"]) <= MAX_NAME:
                trouble = f"{unique_id[:80]} makes no usable address: {len(urn)} characters, name of {len(node['name'])}."
            elif urn in taken:
                trouble = f"{unique_id} has the same address as {taken[urn]}: {urn}."
            if trouble:
                self.note("error", "bad_address", trouble, pointer("nodes", unique_id))
                del self.nodes[unique_id]
                continue
            taken[urn] = unique_id
            self.urns[unique_id] = urn
            self._relate(unique_id, node)

    def _urn(self, unique_id, node):
        kind = node["resource_type"]
        place = text(node.get("source_name") if kind == "source" else node.get("schema"))
        name = name_of(unique_id, node)
        version = text(node.get("version"))
        if kind == "model" and version:
            name = f"{name}.v{version}"
        node["name"] = name
        namespace = ".".join(part for part in (package_of(node), place) if part) or "default"
        return f"urn:dcs:dbt:{kind}:{encode(namespace, namespace=True)}:{encode(name)}"

    def _relate(self, unique_id, node):
        relation = relation_of(node)
        if not relation:
            return
        other = self.relations.setdefault(relation, unique_id)
        if other != unique_id:
            self.note(
                "warning",
                "relation_twice",
                f"{other} and {unique_id} both describe the relation {'.'.join(relation)}.",
                pointer("nodes", unique_id, "relation_name"),
            )
        for start in range(1, len(relation)):
            self.by_suffix.setdefault(relation[start:], unique_id)

    # Looking up

    def unique_id_of_call(self, call, package=""):
        """The node that `ref('x')`, `ref('package', 'x', v=2)` or `source('s', 't')` names, or None."""
        match = _CALL.search(call)
        if match is None:
            return None
        kind, arguments = match.groups()
        version = _VERSION_ARGUMENT.search(arguments)
        positional = arguments[: version.start()] if version else arguments
        names = _QUOTED.findall(positional)
        if kind == "source":
            return self._by_source.get(tuple(names[:2])) if len(names) > 1 else None
        if not names:
            return None
        found = self._by_ref.get(names[-1], [])
        if len(names) > 1:
            found = [one for one in found if one in self.nodes and package_of(self.nodes[one]) == names[0]]
        wanted = version.group(1) if version else None
        return self._chosen([one for one in found if one in self.nodes], wanted, package)

    def _chosen(self, found, version, package):
        def fits(unique_id):
            node = self.nodes[unique_id]
            own = text(node.get("version"))
            latest = text(node.get("latest_version"))
            return (
                own == version if version else not own or own == latest,
                package_of(node) == (package or self.name),
            )

        return max(found, key=fits, default=None)

    def urn_of_relation(self, name, node):
        """The address of what a constraint points to by `ref(…)`, `source(…)` or a relation's name, or None."""
        return self.urns.get(self._unique_id_of_relation(name, node))

    def _unique_id_of_relation(self, name, node):
        if _CALL.search(name) is not None:
            return self.unique_id_of_call(name, package_of(node))
        parts = tuple(next(filter(None, groups)).lower() for groups in _PART.findall(name))
        if len(parts) == 1:
            # BigQuery quotes all parts at once: `project.dataset.table`.
            parts = tuple(parts[0].split("."))
        own = relation_of(node)
        full = own[: max(0, len(own) - len(parts))] + parts
        return self.relations.get(parts) or self.relations.get(full) or self.by_suffix.get(parts)

    def parents(self, unique_id, node):
        """The capsules whose data this node reads, as unique ids in order."""
        stated = [
            parent
            for parent in sequence(mapping(node.get("depends_on")).get("nodes"))
            if isinstance(parent, str) and parent in self.urns and parent != unique_id
        ]
        if not stated:
            return stated
        only_referenced = self._only_referenced(node) if self._has_foreign_keys else ()
        return [parent for parent in dict.fromkeys(stated) if parent not in only_referenced]

    def _only_referenced(self, node):
        """Parents that a foreign key names and the code does not read: a constraint moves no data."""
        constraints = list(sequence(node.get("constraints")))
        for column in mapping(node.get("columns")).values():
            if isinstance(column, dict) and column.get("constraints"):
                constraints.extend(sequence(column["constraints"]))
        named = {
            self._unique_id_of_relation(text(constraint.get("to")), node)
            for constraint in map(mapping, constraints)
            if constraint.get("type") == "foreign_key" and text(constraint.get("to"))
        }
        named.discard(None)
        if not named:
            return named
        raw, compiled = code_of(node)
        if raw:
            return named - {
                self.unique_id_of_call(call.group(), package_of(node)) for call in _CALL.finditer(raw)
            }
        words = set(re.findall(r"\w+", compiled.lower()))
        return {one for one in named if not words.issuperset(relation_of(self.nodes[one])[-1:])}

    def node_of_test(self, test):
        """The capsule a test is about: its `attached_node`, else the model it names, else the last it needs."""
        attached = test.get("attached_node")
        if isinstance(attached, str) and attached in self.urns:
            return attached
        model = text(mapping(mapping(test.get("test_metadata")).get("kwargs")).get("model"))
        unique_id = self.unique_id_of_call(model, package_of(test)) if model else None
        if unique_id is not None:
            return unique_id
        parents = [
            parent
            for parent in sequence(mapping(test.get("depends_on")).get("nodes"))
            if isinstance(parent, str) and parent in self.urns
        ]
        return parents[-1] if parents else None

    # Facts of a node

    def group_of(self, node):
        name = text(node.get("group")) or text(mapping(node.get("config")).get("group"))
        return name, mapping(self._groups.get(name))

    def meta_of(self, node):
        config = node.get("config")
        return {
            **mapping(node.get("source_meta")),
            **mapping(mapping(config).get("meta")),
            **mapping(node.get("meta")),
        }

    def layer_of(self, node):
        """bronze, silver or gold by the node's own word, folder, name or schema; None if nothing says it.

        In a package that has staging models, a model outside of them is a mart.
        """
        stated = self.meta_of(node).get("layer")
        if isinstance(stated, str) and stated.strip():
            return stated.strip().lower()[:50]
        kind = node["resource_type"]
        if kind in ("source", "seed"):
            return "bronze"
        found = layer_by_words(node)
        if found is None and kind == "model" and package_of(node) in self._staged:
            return "gold"
        return found or ("bronze" if kind == "snapshot" else None)

    def without_secrets(self, meta, unique_id):
        """The same facts without those that a name betrays as a secret; a document may hold none (S14)."""
        kept = {
            key: value for key, value in meta.items() if not (isinstance(value, str) and _SECRET.search(key))
        }
        if len(kept) < len(meta):
            self.note(
                "warning",
                "secret_left_out",
                f"meta of {unique_id} has {', '.join(sorted(set(meta) - set(kept)))}: left out as a secret.",
                pointer("nodes", unique_id, "meta"),
            )
        return kept

    def _exposures(self):
        consumers: dict = {}
        between = {}
        for key in ("metrics", "semantic_models", "saved_queries"):
            between.update(mapping(self.content.get(key)))
        for unique_id, exposure in mapping(self.content.get("exposures")).items():
            exposure = mapping(exposure)
            seen, stack, reached = set(), [exposure], []
            while stack:
                for parent in sequence(mapping(mapping(stack.pop()).get("depends_on")).get("nodes")):
                    if not isinstance(parent, str) or parent in seen:
                        continue
                    seen.add(parent)
                    if parent in self.urns:
                        reached.append(parent)
                    elif parent in between:
                        stack.append(between[parent])
            for parent in reached:
                consumers.setdefault(parent, []).append((unique_id, exposure))
        return consumers
