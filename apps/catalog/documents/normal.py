"""The canonical form: the one spelling of everything that a document says (document format, section 6)."""

from apps.catalog import urns

from . import contracts as contract
from . import identity, lineage, meaning, policies, quality, renames, sql, structure
from .keys import IDENTITY
from .places import Desk, Place
from .problems import Lines, Problems
from .secrets import check_everywhere

# What a document may leave alone (section 2): scalars of the identity, and sections that are authoritative.
SECTIONS = (
    "schema columns business_terms quality_rules policies column_policies lineage.upstream lineage.downstream"
    " lineage.columns lineage.transformation contract tags meta"
).split()
UNTOUCHED = ("urn", "name", "statistics", "tags")  # identity that is no scalar of section 2


def canonical(capsule, desk, faulty=frozenset()):
    """The canonical content of `data_capsule`; what is wrong in it goes to the desk's problems.

    `capsule` is valid by the schema, but for the keys in `faulty`, which are left out and counted as unknown.
    """
    place = Place(desk)
    desk.urn = urns.encoded(capsule["urn"])
    desk.dialect = sql.dialect(desk.urn)
    desk.columns = _columns(capsule, desk, faulty)
    desk.rules = None if "quality_rules" in faulty else _rules(capsule)
    check_everywhere(capsule, place)
    found = identity.normal(capsule, place)
    if "schema" in capsule:
        found["schema"] = structure.normal(capsule["schema"], place / "schema")
        renames.check(capsule["schema"], place / "schema")
    if "business_terms" in capsule:
        found["business_terms"] = meaning.terms(capsule["business_terms"], place / "business_terms")
    if "columns" in capsule:
        found["columns"] = meaning.normal(capsule["columns"], found.get("schema"), place / "columns")
    if "quality_rules" in capsule:
        found["quality_rules"] = quality.normal(capsule["quality_rules"], place / "quality_rules")
    if "policies" in capsule:
        found["policies"] = policies.normal(capsule["policies"], place / "policies")
    if "column_policies" in capsule:
        found["column_policies"] = policies.of_columns(capsule["column_policies"], place / "column_policies")
    if "lineage" in capsule:
        found["lineage"] = lineage.normal(capsule["lineage"], place / "lineage")
    lineage.reused(capsule.get("version", ""), place)
    if "version_history" in capsule:
        found["version_history"] = lineage.history(capsule["version_history"], place / "version_history")
    if "contract" in capsule:
        found["contract"] = contract.normal(capsule["contract"], place / "contract")
    return {key: value for key, value in found.items() if value not in ([], {})}


def again(capsule):
    """A dict that is valid by the schema, in canonical form; nobody is told what is wrong in it."""
    desk = Desk(1, None, Problems(Lines("")))
    desk.expressions = desk.queries = desk.patterns = -1  # nothing is parsed whose faults nobody is told
    return canonical(capsule, desk)


def present(capsule):
    """The sections and scalars of section 2 that `capsule` says something about, `lineage.upstream` with a dot."""
    found = {key for key in capsule if key in SECTIONS or key.startswith("x-")}
    found |= {key for key in capsule if key in IDENTITY and key not in UNTOUCHED}
    return frozenset(found | {f"lineage.{key}" for key in capsule.get("lineage", {})})


def part(capsule, name):
    """What `capsule` says under `name` of `present`; None for nothing."""
    first, _, second = name.partition(".")
    found = capsule.get(first)
    return found.get(second) if second and found else (None if second else found)


def _columns(capsule, desk, faulty):
    """{name: None} of the declared columns, in order; None if nobody knows them."""
    if "schema" in capsule:
        return dict.fromkeys(structure.declared_names(capsule["schema"]))
    if "schema" in faulty or desk.known.columns is None:
        return None
    return dict.fromkeys(desk.known.columns(desk.urn) or ())


def _rules(capsule):
    return set(quality.names(capsule["quality_rules"])) if "quality_rules" in capsule else None
