"""The columns of a capsule as tables and panels show them."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.urls import reverse

from apps.ui import paging

from . import dimensions, facts
from .ddl import create_table
from .keys import SHORT, Kind, keys
from .models import Capsule, Column, Constraint, Index
from .statements import KEY, statement

SLUG = "structure"
PAGE = 200
KEY_COLUMNS = 10
DDL_AT_HAND = 300  # columns up to which the statement travels with the page


def present(capsule, reader):
    """The capsule's present columns, in order."""
    found = Column.objects.visible_to(reader).filter(capsule=capsule, retired_at__isnull=True)
    return found.order_by("ordinal_position", "name")


def matching(columns, text):
    """Those of `columns` whose name, type, description or kind of data says every word of `text`."""
    for word in text.split():
        said = Q(name__icontains=word) | Q(data_type__icontains=word) | Q(description__icontains=word)
        columns = columns.filter(said | Q(pii_type__icontains=word) | Q(semantic_type__icontains=word))
    return columns


def key_columns(capsule, reader):
    """The ten columns that say most: keys first, then personal data, then those that somebody described."""
    rank = Case(
        When(Exists(Constraint.objects.filter(column=OuterRef("pk"), kind=Kind.PRIMARY_KEY)), then=Value(0)),
        When(semantic_type__in=["surrogate_key", "business_key", "natural_key"], then=Value(1)),
        When(semantic_type="foreign_key", then=Value(2)),
        When(pii_type__isnull=False, then=Value(3)),
        When(description__gt="", then=Value(4)),
        default=Value(5),
    )
    fields = [field.attname for field in Column._meta.concrete_fields]

    def build():
        columns = present(KEY, reader)
        best = columns.annotate(rank=rank).order_by("rank", "ordinal_position", "name").values("pk")
        known = facts.expressions(reader, facts.COLUMN)
        return columns.filter(pk__in=best[:KEY_COLUMNS]).values(*fields, **known)

    found = []
    for row in statement("key columns", reader, build).run(capsule.pk):
        column = Column.from_db("default", fields, [row.pop(name) for name in fields])
        facts.keep(column, row, reader)
        found.append(column)
    return table(found, capsule, reader)


def table(columns, capsule, reader):
    """What a table of these columns prints: the rows, and the titles of the cells that any of them fills."""
    facts.learn(columns, reader, kind=facts.COLUMN)
    for column in columns:
        column.capsule = capsule
    told = [(one.cell_title, one.cells(columns, reader)) for one in dimensions.everything() if one.cell_title]
    told = [(title, cells) for title, cells in told if any(cells.values())]
    for column, known in facts.known(SLUG, columns, reader, kind=facts.COLUMN):
        column.keys = [(SHORT[kind], Kind(kind).label) for kind in dict.fromkeys(known["keys"])]
        column.cells = [(title, cells.get(column.pk, "")) for title, cells in told]
        column.url = reverse("catalog:column", args=[capsule.urn, column.name])
    return {
        "rows": columns,
        "heads": [title for title, _cells in told],
        "has_keys": any(column.keys or not column.is_nullable for column in columns),
        "has_kinds": any(column.pii_type or column.semantic_type for column in columns),
    }


def panel(request, capsule):
    """The structure tab: a page of columns, keys, indexes, and what is gone."""
    reader, asked = request.reader, request.GET.get("q", "").strip()
    columns = matching(present(capsule, reader), asked)
    page = paging.page(columns, request, order=("ordinal_position", "name"), size=PAGE, count=bool(asked))
    if not asked:
        # The tab's title has counted them already.
        page = replace(page, total=dimensions.get(SLUG).count([capsule], reader)[capsule.pk])
    printed = table(page.rows, capsule, reader)
    for row in page.rows:
        row.panel_url = address(capsule, request.GET, column=row.name)
    found = present_keys(capsule, reader)
    known = referenced(found, reader)
    opened = _opened(capsule, request, page.rows)
    return {
        "page": page,
        "columns": printed,
        "asked": asked,
        "keys": found,
        "known": known,
        **_listed(capsule, reader),
        "ddl": ddl_at_hand(capsule, page, found, known, asked),
        "opened": opened,
    }


def _listed(capsule, reader):
    """Indexes and retired columns, as the dimension's facts have them."""
    _capsule, found = facts.known(SLUG, [capsule], reader)[0]
    indexes = [{**index, "kind": Index.Kind(index["kind"]).label} for index in found["indexes"] or []]
    retired = [{**one, "at": datetime.fromisoformat(one["at"])} for one in found["retired"] or []]
    return {"indexes": indexes, "retired": retired}


def address(capsule, current, **changes):
    """The structure tab with the same filter and page, and `changes`."""
    kept = {
        key: value for key, value in current.items() if key in ("q", "after", "before", "column") and value
    }
    pairs = sorted((key, value) for key, value in {**kept, **changes}.items() if value)
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    return f"{url}?{urlencode(pairs)}" if pairs else url


def links(capsule, current, panel):
    """Where the open panel leads: to its neighbours, and away; closing tells which row to come back to."""
    away = address(capsule, current, column="")
    return {
        "before_url": address(capsule, current, column=panel["before"].name) if panel["before"] else "",
        "after_url": address(capsule, current, column=panel["after"].name) if panel["after"] else "",
        "close_url": away,
        "back_url": address(capsule, current, column="", **{"from": panel["opened"].name}),
    }


def present_keys(capsule, reader):
    """Keys and checks of the present columns; what belongs to a retired column is gone with it."""
    constraints = (
        Constraint.objects.visible_to(reader)
        .filter(column__capsule=capsule, column__retired_at__isnull=True)
        .exclude(kind=Kind.NOT_NULL)
        .select_related("column")
    )
    return keys(constraints)


def referenced(found, reader):
    """{urn: capsule} of the tables that foreign keys point to and that the reader may know of."""
    wanted = {key.table_urn for key in found if key.table_urn}
    if not wanted:
        return {}
    return {capsule.urn: capsule for capsule in Capsule.objects.visible_to(reader).filter(urn__in=wanted)}


def ddl_at_hand(capsule, page, found, known, asked):
    """The statement for the copy button, where the page holds all columns anyway."""
    whole = not (asked or page.next or page.previous) and len(page) <= DDL_AT_HAND
    return create_table(capsule, page.rows, found, known) if whole and page.rows else ""


def ddl(capsule, reader):
    """The statement that would make the capsule's table."""
    found = present_keys(capsule, reader)
    return create_table(capsule, present(capsule, reader), found, referenced(found, reader))


def _opened(capsule, request, page_rows):
    """The column whose panel is open beside the table, or None."""
    name = request.GET.get("column", "")
    if not name:
        return None
    return next((row for row in page_rows if row.name == name), None) or named(capsule, name, request.reader)


def named(capsule, name, reader):
    """The column called `name`, a retired one too, or None."""
    column = (
        Column.objects.visible_to(reader)
        .filter(capsule=capsule, name=name)
        .select_related("value_domain")
        .first()
    )
    if column is not None:
        column.capsule = capsule
    return column


def neighbours(capsule, column, reader):
    """The columns before and after `column`, in order; None at the ends."""
    columns = present(capsule, reader)
    place = column.ordinal_position
    if place is None:
        return None, None
    before = columns.filter(Q(ordinal_position__lt=place) | Q(ordinal_position=place, name__lt=column.name))
    after = columns.filter(Q(ordinal_position__gt=place) | Q(ordinal_position=place, name__gt=column.name))
    return (
        before.order_by(F("ordinal_position").desc(), "-name").first(),
        after.order_by("ordinal_position", "name").first(),
    )


def column_panel(request, column):
    """Keys of the column, with the tables they point to."""
    constraints = Constraint.objects.visible_to(request.reader).filter(column=column).select_related("column")
    found = keys(constraints)
    return {"keys": found, "known": referenced(found, request.reader)}
