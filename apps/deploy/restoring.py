"""Plans that bring a capsule back to what one of its versions says."""

from django.utils.translation import gettext as _

from apps.catalog import documents, snapshots
from apps.catalog.disclosure import disclosed
from apps.catalog.documents import Document
from apps.catalog.documents.normal import present
from apps.dcs.refusals import Conflict

from . import plan

OPTIONS = plan.Options(
    overwrite=True
)  # whoever restores wants what was, also where people have written since
NAME = "version"  # the text of a version is used once: what is restored is a new version


def text(capsule, version, reader):
    """The document that makes `capsule` what `version` says, what came since emptied; as YAML.

    Raises `Conflict` if either of the two is not wholly visible to the reader: what is hidden would be lost.
    """
    now = {} if capsule.is_retired else snapshots.states_of([capsule])[capsule.pk]
    if disclosed([version.snapshot, now], capsule, reader) != [version.snapshot, now]:
        raise Conflict(
            _("Parts of this version are hidden from you, so you cannot restore it."),
            code="export_incomplete",
        )
    content = {key: value for key, value in version.snapshot.items() if key != NAME}
    sections = (present(version.snapshot) | present(now)) - {NAME}
    return documents.write(Document(1, content, frozenset(sections), None, None))
