"""Which terms hang on capsules and columns: what a change of data may make untrue."""

from django.utils.translation import gettext as _

from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Touched

from .models import Term, TermLink


def reach(capsules, columns, reader):
    """The terms that are linked to any of the capsules and columns with these ids; two queries."""
    links = TermLink.objects.visible_to(reader).filter(term__visibility_rank__lte=reader.clearance)
    links = links.order_by("term__name", "pk")
    pairs = [
        pair
        for path, keys in (("capsule", capsules), ("column", columns))
        for pair in links.filter(**{f"{path}__id__among": keys}).values_list("term_id", path)
    ]
    return [Touched("terms", _("Terms"), pairs, lambda keys: _told(keys, reader))]


def _told(keys, reader):
    found = Term.objects.visible_to(reader).filter(pk__among=keys)
    return {
        term.pk: {
            "name": term.display_name or term.name,
            "url": page_of("glossary:term", term.name),
            "note": term.get_status_display(),
        }
        for term in found
    }
