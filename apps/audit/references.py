"""What the rows are called that other rows point to: the log keeps keys, people want names."""

from functools import cache

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast

from . import words

LINKED = 2  # how many names make the name of a row that has none, such as a membership


def names(changes, reader):
    """{(table, key): name} of every row that `changes` point to and `reader` may know of; one query."""
    wanted = {}
    for change in changes:
        for column, model in _keys_of(change.table_name).items():
            for values in (change.old_values, change.new_values):
                if values and values.get(column) is not None:
                    wanted.setdefault(model, set()).add(values[column])
    queries = [_named(model, keys, reader) for model, keys in wanted.items()]
    if not queries:
        return {}
    found = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    return {(table, key): name for table, key, name in found}


def name(change, called):
    """What the row of `change` was called; a row without a name is called by those it links: `ana.ruiz: steward`."""
    values = change.new_values or change.old_values
    if own := words.name(change.table_name, values):
        return own
    linked = [
        shown(change.table_name, column, (values or {}).get(column), called)
        for column in _keys_of(change.table_name)
    ]
    return ": ".join([each for each in linked if each][:LINKED])


def shown(table, column, stored, called):
    """The name behind a stored key, if `column` is one and it is known; empty otherwise."""
    model = _keys_of(table).get(column)
    return called.get((model._meta.db_table, str(stored)), "") if model and stored is not None else ""


@cache
def _keys_of(table):
    """{column: model it points to} of the references that have a name, in the order of the model."""
    model = words.models().get(table)
    if model is None:
        return {}
    keys = {each.column: each.related_model for each in model._meta.concrete_fields if each.is_relation}
    return {column: target for column, target in keys.items() if _name_field(target)}


@cache
def _name_field(model):
    attributes = {each.name for each in model._meta.concrete_fields}
    return next((each for each in words.NAMES if each in attributes), "")


def _named(model, keys, reader):
    rows = model._default_manager.order_by()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(reader)
    return (
        rows.filter(pk__in=keys)
        .annotate(
            of_table=Value(model._meta.db_table, output_field=CharField()),
            of_key=Cast("pk", CharField()),
            called=Cast(F(_name_field(model)), CharField()),
        )
        .values_list("of_table", "of_key", "called")
    )
