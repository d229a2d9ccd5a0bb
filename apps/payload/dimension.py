"""Payload, the first dimension: where the data lies and how much of it there is."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import vocabularies
from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.catalog.documents.keys import IDENTITY
from apps.catalog.models import SourceSystem
from apps.ui.formats import size

from . import document, snippets

SLUG = "payload"


def state(capsules, reader):
    lacking = gaps(capsules, reader)
    return {
        capsule.pk: State(_mark(capsule, lacking[capsule.pk]), _sentence(capsule)) for capsule in capsules
    }


def _mark(capsule, lacking):
    if not lacking:
        return "complete"
    return "partial" if capsule.storage_location or capsule.materialization else "missing"


def _sentence(capsule):
    """One line: "Table, 1,204,881 rows, 214 MiB, partitioned by order_date"."""
    said = [form(capsule)] if form(capsule) else []
    if capsule.row_count is not None:
        said.append(ngettext("%(n)s row", "%(n)s rows", capsule.row_count) % {"n": f"{capsule.row_count:,}"})
    if capsule.table_size_bytes is not None:
        said.append(str(size(capsule.table_size_bytes)))
    if capsule.partition_key:
        said.append(_("partitioned by %(columns)s") % {"columns": ", ".join(capsule.partition_key)})
    if said and capsule.row_count is None:
        said.append(_("rows not counted"))
    return ", ".join(said) if said else _("Nobody knows where its data lies")


def form(capsule):
    """What the data is stored as, in one word or two; empty if nobody said."""
    word, known = capsule.storage_format or capsule.materialization or "", vocabularies.STORAGE_FORMATS
    known = known.get(word) or vocabularies.MATERIALIZATIONS.get(word)
    return str(known.title) if known else word.capitalize()


def gaps(capsules, reader):
    found = {}
    for capsule in capsules:
        mine = found[capsule.pk] = []
        step, url = _("See what is known"), reverse("catalog:dimension", args=[capsule.urn, SLUG])
        if not capsule.storage_location and capsule.materialization != "ephemeral":
            mine.append(Gap(SLUG, _("No source says where its data lies."), step, url))
        if capsule.row_count is None and not _is_query(capsule):
            mine.append(Gap(SLUG, _("Nobody has counted its rows."), step, url))
    return found


def _is_query(capsule):
    """True for what has no rows of its own: its data is read from others each time."""
    return capsule.materialization in ("view", "ephemeral") or capsule.storage_format == "view"


def panel(request, capsule):
    """The payload tab: location, form and size as far as they are known."""
    dbt = capsule.meta.get("dbt", {})
    return {
        "form": form(capsule),
        "is_query": _is_query(capsule),
        "compression": _word(vocabularies.COMPRESSIONS, capsule.compression),
        "materialization": _word(vocabularies.MATERIALIZATIONS, capsule.materialization),
        "external": dbt.get("external") or {},
        "loader": dbt.get("loader", ""),
        "snippets": snippets.of(capsule, request.reader),
        "system_url": _system(capsule, request.reader),
        "lacking": _lacking(capsule),
    }


def _system(capsule, reader):
    """The page of its source system, where a connection is tried; empty for who may not see it."""
    system = capsule.source_system
    if system is None or not SourceSystem.objects.visible_to(reader).filter(pk=system.pk).exists():
        return ""
    return page_of("deploy:source", system.name)


def _lacking(capsule):
    """What is missing before its rows can be looked at, in a sentence; empty if nothing is."""
    if capsule.materialization == "ephemeral":
        return _("It has no rows of its own: it is part of the queries that use it.")
    if capsule.storage_location and capsule.storage_format not in ("view", "table"):
        return ""
    if capsule.source_system is None:
        return _(
            "Nobody has named its location or its source system. One of them has to say where the rows are."
        )
    if not capsule.source_system.connection:
        return _("%(system)s has no connection yet. An administrator names one.") % {
            "system": capsule.source_system
        }
    return ""


def _word(known, value):
    return str(known[value].title) if value in known else value or ""


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Payload"),
        order=1,
        icon="database",
        template="payload/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=(*IDENTITY, "meta"),
        panel=panel,
        state=state,
        gaps=gaps,
    )
)
