"""How OpenLineage names datasets, and how the portal does: relations, addresses, slugs. Pure."""

import hashlib
import re
import uuid
from dataclasses import dataclass

from apps.catalog import urns

OWN = uuid.UUID("6f4e2f0c-6a0e-5d55-9a0e-2b1f6f1f7c11")  # the name space of keys that are worked out
LONGEST_URN, LONGEST_NAME = 440, 255  # of a dataset, so that its columns' addresses fit in 500 characters
SAME_SCHEME = {"postgresql": "postgres", "redshift": "postgres", "awsathena": "athena", "mariadb": "mysql"}
# Namespaces that a slug tells apart: a word, or a scheme, a host and a port.
WORD = re.compile(r"[a-z0-9._]+")
ADDRESS = re.compile(r"([a-z0-9]+)://([a-z0-9._-]+?)(?::(\d+))?")
LIKE_A_PORT = re.compile(r"-\d+$")
NOT_IN_SLUG = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True)
class Relation:
    """The table that a dataset's name means: scheme, database, schema, table, in lower case; parts may be empty."""

    scheme: str
    database: str
    schema: str
    table: str


def key_of_run(run_id):
    """The key of the job that stands for a run: nobody can name a row of another kind by its run id."""
    return uuid.uuid5(OWN, f"run {run_id}")


def key_of_job(namespace, name):
    """The key under which the edges of a job without runs are kept."""
    return uuid.uuid5(OWN, f"job {namespace}\n{name}")


def key_of_dataset(namespace, name):
    """The key of a dataset."""
    return uuid.uuid5(OWN, f"dataset {namespace}\n{name}")


def key_of_check(*parts):
    """The key of what one run found about one thing."""
    return uuid.uuid5(OWN, "check " + "\n".join(map(str, parts)))


def scheme_of(namespace):
    """The kind of system: `postgres` of `postgres://db:5432`."""
    found = namespace.partition(":")[0].lower()
    return SAME_SCHEME.get(found, found)


def relation(namespace, name):
    """The `Relation` that a dataset means, or None if its name is a path or a word alone."""
    parts = [part.strip('"`[]') for part in name.split(".")]
    if "/" in name or not 2 <= len(parts) <= 3 or not all(parts):
        return None
    database, schema, table = ["", *parts][-3:] if len(parts) == 2 else parts
    return Relation(scheme_of(namespace), database.lower(), schema.lower(), table.lower())


def urn(namespace, name):
    """`urn:dcs:openlineage:dataset:<namespace slug>:<name>`; what a slug or the length leaves out becomes a digest."""
    slug = NOT_IN_SLUG.sub("-", namespace.lower()).strip("-")[:80] or "default"
    if not _is_plain(namespace):
        slug = f"{slug}-{_short(namespace)}"  # two namespaces must not become one
    made = f"urn:dcs:openlineage:dataset:{slug}:{urns.encoded(name.replace('%', '%25'))}"
    return made if len(made) <= LONGEST_URN else f"{made[: LONGEST_URN - 9]}-{_short(name)}"


def _is_plain(namespace):
    found = ADDRESS.fullmatch(namespace)
    if found is None:
        return len(namespace) <= 80 and WORD.fullmatch(namespace) is not None
    _scheme, host, port = found.groups()
    return len(namespace) <= 80 and (port is not None or LIKE_A_PORT.search(host) is None)


def _short(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def shown_name(name):
    """What people call the dataset: its last part."""
    last = name.rpartition(".")[2] if relation("", name) else name.rstrip("/").rpartition("/")[2]
    return (last.strip('"`[]') or name)[:LONGEST_NAME]
