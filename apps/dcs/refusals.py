"""Why something was not done: conflicts that the code sees, and refusals that come from the database."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _


class Conflict(Exception):
    """What is asked contradicts what is stored; nothing was changed. Pages and API answer 409.

    `code` is a stable word for programs, `fields` maps names of the reference schema to sentences.
    """

    def __init__(self, detail, code="conflict", fields=None):
        super().__init__(detail)
        self.detail, self.code, self.fields = str(detail), code, fields or {}


@contextmanager
def refused_as(code, detail):
    """A refusal by a trigger of the database that hints at `code`, as a `Conflict` in these words."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if getattr(getattr(error.__cause__, "diag", None), "message_hint", None) != code:
            raise
        raise Conflict(detail, code=code) from None


@dataclass(frozen=True)
class Refusal:
    """What the database refused: `status` 400 or 409, a stable `code`, and sentences per column."""

    status: int
    code: str
    detail: str
    fields: dict[str, list[str]] = field(default_factory=dict)


UNIQUE, FOREIGN_KEY, CHECK, NOT_NULL, EXCLUSION = "23505", "23503", "23514", "23502", "23P01"
TOO_LONG, OUT_OF_RANGE = "22001", "22003"
KEY = re.compile(r"\((?P<columns>.*?)\)=")


def explain(error):
    """The `Refusal` behind a Django `IntegrityError` or `DataError`; None if the database said no more.

    The values that were refused are never repeated: they may belong to a row that the reader cannot see.
    """
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    state = getattr(cause, "sqlstate", None) or ""
    if diagnosis is None or not state:
        return None
    columns = _columns(diagnosis)
    if state in (UNIQUE, EXCLUSION):
        return Refusal(
            409, "already_exists", _("This already exists."), _about(columns, _("This is taken already."))
        )
    if state == FOREIGN_KEY:
        if "is still referenced" in (diagnosis.message_detail or ""):
            return Refusal(409, "in_use", _("This is still in use."))
        return _invalid(columns, _("There is no such row."))
    if state == NOT_NULL:
        return _invalid([diagnosis.column_name], _("This may not be empty."))
    if state == CHECK:
        constraint = _constraints(diagnosis.table_name).get(diagnosis.constraint_name)
        return _invalid(columns, _message(constraint))
    if state == TOO_LONG:
        return _invalid([], _("A text is longer than may be stored."))
    if state == OUT_OF_RANGE:
        return _invalid([], _("A number is larger than can be stored."))
    if state.startswith("22"):
        return _invalid([], _("A value cannot be stored as it is."))
    return None


def _invalid(columns, sentence):
    return Refusal(400, "validation_error", _("Some of this cannot be saved."), _about(columns, sentence))


def _about(columns, sentence):
    return {name: [str(sentence)] for name in columns if name} or {"non_field_errors": [str(sentence)]}


def _message(constraint):
    if (
        constraint is not None
        and constraint.violation_error_message != constraint.default_violation_error_message
    ):
        return constraint.violation_error_message
    return _("This value is not allowed.")


def _columns(diagnosis):
    """The columns that a refusal is about: from the constraint's definition, else from what the server says."""
    model = _models().get(diagnosis.table_name)
    constraint = _constraints(diagnosis.table_name).get(diagnosis.constraint_name)
    if model is not None and constraint is not None:
        names = getattr(constraint, "fields", None) or sorted(
            _named_in(getattr(constraint, "condition", None))
        )
        return [_column(model, name) for name in names]
    if found := KEY.search(diagnosis.message_detail or ""):
        return re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"lower|coalesce|::\w+", "", found["columns"]))
    if model is not None:
        return [
            f.column
            for f in model._meta.concrete_fields
            if (diagnosis.constraint_name or "").startswith(f.column)
        ]
    return []


def _named_in(condition):
    """The fields that a constraint's condition speaks of."""
    if isinstance(condition, models.Q):
        return {name for child in condition.children for name in _named_in(child)}
    if isinstance(condition, tuple):
        name, value = condition
        named = _named_in(value) if hasattr(value, "resolve_expression") else set()
        return {name.split("__")[0]} | named
    if isinstance(condition, models.F):
        return {condition.name.split("__")[0]}
    if hasattr(condition, "get_source_expressions"):
        return {name for child in condition.get_source_expressions() for name in _named_in(child)}
    return set()


def _column(model, name):
    try:
        return model._meta.get_field(name).column
    except models.FieldDoesNotExist:
        return name


@cache
def _models():
    return {model._meta.db_table: model for model in apps.get_models()}


def _constraints(table):
    model = _models().get(table)
    return {constraint.name: constraint for constraint in model._meta.constraints} if model else {}
