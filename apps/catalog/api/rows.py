"""What rows of capsules and columns have in common when they are shown and taken."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog import edits
from apps.catalog.vocabularies import SENSITIVITY


def tell(row):
    """Say in words what the row stores in numbers, and keep back what `meta` holds for the portal alone."""
    if "sensitivity" in row:
        row["sensitivity"] = SENSITIVITY[row["sensitivity"] - 1]
    if "meta" in row:
        row["meta"] = edits.told(row["meta"])
    if "provenance" in row:
        row["provenance"] = row["provenance"] or {}


def refuse_kept(meta):
    """Raise `ValidationError` for keys of `meta` that the portal keeps."""
    if kept := sorted(edits.KEPT_META.intersection(meta)):
        raise serializers.ValidationError(
            _("The portal keeps these keys itself: %(kept)s.") % {"kept": ", ".join(kept)}
        )
    return meta


def tags_of(links, name, reader):
    """An expression for the tags of a capsule or column: [{"id", "name", "category"}]."""
    linked = links.objects.visible_within(reader).filter(**{name: OuterRef("pk")}).order_by("tag__name", "pk")
    return ArraySubquery(
        linked.values(json=JSONObject(id="tag_id", name="tag__name", category="tag__category"))
    )


def claimed(values):
    """The fields that somebody filled in by hand when they made the row."""
    own = {"meta", "urn", "name", "capsule"}
    return [name for name, value in values.items() if name not in own and value not in (None, "", [], {})]
