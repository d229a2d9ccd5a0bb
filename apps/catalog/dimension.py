"""Structure, the second dimension: columns, keys and indexes."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import document, facts, structure
from .dimensions import Dimension, Gap, State, register
from .keys import SHORT
from .models import Column, Constraint, Index, SemanticType

SLUG = "structure"
INDEX = {
    "name": "name",
    "kind": "kind",
    "unique": "is_unique",
    "primary": "is_primary",
    "columns": "column_names",
    "expressions": "expressions",
    "predicate": "partial_predicate",
}
RETIRED = {"name": "name", "type": "data_type", "at": "retired_at"}
RETIRED_SHOWN = 500
CURRENT = Q(retired_at__isnull=True)
DESCRIBED = CURRENT & Q(description__gt="")
KEYS = [SemanticType.BUSINESS_KEY, SemanticType.NATURAL_KEY, SemanticType.SURROGATE_KEY]
UNTYPED = CURRENT & (Q(data_type__isnull=True) | Q(data_type__in=["", "unknown"]))


def asked(reader):
    """Counts of columns, keys and indexes."""
    columns = Column.objects.visible_to(reader).filter(capsule=OuterRef("pk")).order_by()
    keys = Constraint.objects.visible_to(reader).filter(column__capsule=OuterRef("pk")).order_by()
    retired = columns.filter(retired_at__isnull=False)
    indexes = Index.objects.visible_to(reader).filter(capsule=OuterRef("pk")).order_by()
    Kind = Constraint.Kind
    return {
        "columns": _counted(
            columns,
            total=Count("pk", filter=CURRENT),
            retired=Count("pk", filter=~CURRENT),
            described=Count("pk", filter=DESCRIBED),
            untyped=Count("pk", filter=UNTYPED),
            keyed=Count("pk", filter=CURRENT & Q(semantic_type__in=KEYS)),
        ),
        "keys": _counted(
            keys.annotate(of=F("column__capsule")),
            "of",
            primary=Count("pk", filter=Q(kind=Kind.PRIMARY_KEY)),
            foreign=Count("pk", filter=Q(kind=Kind.FOREIGN_KEY)),
            unique=Count("pk", filter=Q(kind=Kind.UNIQUE)),
        ),
        "indexes": ArraySubquery(indexes.order_by("name").values(json=JSONObject(**INDEX))),
        "retired": ArraySubquery(
            retired.order_by("-retired_at", "name").values(json=JSONObject(**RETIRED))[:RETIRED_SHOWN]
        ),
    }


def asked_of_column(reader):
    """The kinds of key that a column belongs to."""
    kinds = Constraint.objects.visible_to(reader).filter(column=OuterRef("pk"), kind__in=list(SHORT))
    return {"keys": ArraySubquery(kinds.order_by("kind").values("kind"))}


def _counted(rows, by="capsule", **counts):
    return Subquery(rows.values(by).annotate(found=JSONObject(**counts)).values("found"))


def of(capsules, reader):
    """(capsule, columns, keys, indexes) with counts as dicts, empty where there is nothing."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        yield capsule, found["columns"] or {}, found["keys"] or {}, len(found["indexes"] or [])


def count(capsules, reader):
    return {capsule.pk: columns.get("total", 0) for capsule, columns, _keys, _indexes in of(capsules, reader)}


def state(capsules, reader):
    lacking = gaps(capsules, reader)
    return {
        capsule.pk: State(
            "complete" if not lacking[capsule.pk] else "partial" if columns.get("total") else "missing",
            _sentence(columns, keys, indexes),
        )
        for capsule, columns, keys, indexes in of(capsules, reader)
    }


def _sentence(columns, keys, indexes):
    total = columns.get("total", 0)
    if not total:
        return _("No columns known")
    said = [ngettext("%(n)s column", "%(n)s columns", total) % {"n": f"{total:,}"}]
    if keys.get("primary"):
        said.append(_("primary key"))
    if foreign := keys.get("foreign"):
        said.append(
            ngettext("%(n)s foreign key column", "%(n)s foreign key columns", foreign) % {"n": foreign}
        )
    if indexes:
        said.append(ngettext("%(n)s index", "%(n)s indexes", indexes) % {"n": indexes})
    if untyped := columns.get("untyped"):
        said.append(_("%(n)s without a type") % {"n": f"{untyped:,}"})
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, columns, keys, _indexes in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        if not columns.get("total"):
            mine.append(
                Gap(SLUG, _("No column of this capsule is known."), _("Ingest its catalog"), _ingestion())
            )
            continue
        if untyped := columns.get("untyped"):
            sentence = ngettext("%(n)s column has no type.", "%(n)s columns have no type.", untyped) % {
                "n": f"{untyped:,}"
            }
            mine.append(Gap(SLUG, sentence, _("Ingest its catalog"), _ingestion()))
        if not (keys.get("primary") or keys.get("unique") or columns.get("keyed")):
            mine.append(Gap(SLUG, _("No key tells its rows apart."), _("See the columns"), url))
    return found


def _ingestion():
    return reverse("deploy:ingestion")


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Structure"),
        order=2,
        icon="table-2",
        template="catalog/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("schema", "columns"),
        panel=structure.panel,
        facts=asked,
        column_facts=asked_of_column,
        count=count,
        state=state,
        gaps=gaps,
        column_template="catalog/column_structure.html",
        column_panel=structure.column_panel,
    )
)
