"""The capsule document: read, checked, brought to its canonical form, and written.

`read(data)` gives a `Reading`: documents in canonical form and problems with their places. `write(document)` gives
YAML or JSON. Nothing here touches the database; `Known` is where the portal answers.
"""

from .hashing import bundle_hash, document_hash, state_hash, version_hash
from .known import Known, StoredVersion
from .limits import Limits
from .normal import SECTIONS
from .problems import CODES, Problem
from .quality import category, without_default_names
from .quality import names as rule_names
from .reading import Document, Reading, canonical, read, write
from .writing import write_bundle

__all__ = [
    "CODES",
    "SECTIONS",
    "Document",
    "Known",
    "Limits",
    "Problem",
    "Reading",
    "StoredVersion",
    "bundle_hash",
    "canonical",
    "category",
    "document_hash",
    "read",
    "rule_names",
    "state_hash",
    "version_hash",
    "without_default_names",
    "write",
    "write_bundle",
]
