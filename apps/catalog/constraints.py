"""Keys, checks and indexes as rules say them: what each kind needs, and what follows for the columns (errata rows C2, C4)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict

from . import edits, urns
from .models import Column, Constraint

Kind = Constraint.Kind
NOT_NULL = (Kind.PRIMARY_KEY, Kind.NOT_NULL)
OF_KIND = {
    "referenced_table_urn": Kind.FOREIGN_KEY,
    "referenced_column_urn": Kind.FOREIGN_KEY,
    "on_delete_action": Kind.FOREIGN_KEY,
    "on_update_action": Kind.FOREIGN_KEY,
    "check_expression": Kind.CHECK,
    "default_value": Kind.DEFAULT,
    "default_expression": Kind.DEFAULT,
}


def check(constraint):
    """Raise `ValidationError`, by column of the table, unless the constraint says what its kind needs and no more."""
    problems = {}
    for name, kind in OF_KIND.items():
        if getattr(constraint, name) and constraint.kind != kind:
            problems[name] = _("Only a constraint of type %(kind)s has this.") % {"kind": kind}
    if constraint.kind == Kind.FOREIGN_KEY and not constraint.referenced_table_urn:
        problems["referenced_column_urn"] = _(
            "A foreign key needs the column, or the table, that it points to."
        )
    if constraint.kind == Kind.CHECK and not constraint.check_expression:
        problems["check_expression"] = _("A check needs its expression.")
    if (
        constraint.kind == Kind.DEFAULT
        and constraint.default_value is None
        and not constraint.default_expression
    ):
        problems["default_value"] = _("A default needs a value or an expression.")
    if problems:
        raise ValidationError(problems)


def complete(constraint):
    """Fill in what follows: the table of the column that a foreign key points to.

    Raises `ValidationError` if both are given and disagree (errata row C18).
    """
    target = constraint.referenced_column_urn
    if not target:
        return
    known = (
        Column.objects.filter(urn__in=urns.spellings(target)).values_list("capsule__urn", flat=True).first()
    )
    table = known or table_of(target)
    given = constraint.referenced_table_urn
    if given and table not in urns.spellings(given):
        raise ValidationError({"referenced_table_urn": _("The column lies in %(table)s.") % {"table": table}})
    constraint.referenced_table_urn = table


def table_of(column_urn):
    """The capsule's part of a column URN: up to the last dot after the last colon."""
    head, colon, tail = column_urn.rpartition(":")
    name, dot, _column = tail.rpartition(".")
    return f"{head}{colon}{name}" if dot else column_urn


def add(constraint, *, by):
    """Save a new constraint of a locked column. Raises `Conflict` if the column has it already."""
    complete(constraint)
    check(constraint)
    same = Constraint.objects.filter(column=constraint.column, kind=constraint.kind)
    if constraint.kind not in (*NOT_NULL, Kind.DEFAULT):
        same = same.filter(
            name=constraint.name,
            check_expression=constraint.check_expression,
            referenced_column_urn=constraint.referenced_column_urn,
            referenced_table_urn=constraint.referenced_table_urn,
        )
    if same.exists():
        raise Conflict(_("The column has this constraint already."), code="already_exists")
    constraint.save(force_insert=True)
    follow(constraint.column, by=by)
    return constraint


def revise(constraint, changes, *, by):
    """Change a stored constraint; `changes` maps attributes to values. Returns the names that changed."""
    changed = [name for name, value in changes.items() if getattr(constraint, name) != value]
    if not changed:
        return []
    if "referenced_column_urn" in changed and "referenced_table_urn" not in changed:
        constraint.referenced_table_urn = None
        changed.append("referenced_table_urn")
        changes.pop("referenced_table_urn", None)
    for name in changed:
        setattr(constraint, name, changes.get(name, getattr(constraint, name)))
    complete(constraint)
    check(constraint)
    constraint.save(update_fields=changed)
    follow(constraint.column, by=by)
    return changed


def remove(constraint, *, by):
    """Delete a constraint; the column may then hold NULL unless another one forbids it."""
    column, kind = constraint.column, constraint.kind
    constraint.delete()
    if kind in NOT_NULL:
        follow(column, by=by, loosen=True)


def follow(column, *, by, loosen=False):
    """Let `is_nullable` say what the constraints say: a key and a NOT NULL forbid NULL."""
    forbidden = Constraint.objects.filter(column=column, kind__in=NOT_NULL).exists()
    if forbidden or loosen:
        edits.revise(column, by=by, is_nullable=not forbidden)


def check_index(index, column_names):
    """Raise `ValidationError`, by column of the table, unless the index names what it indexes; `column_names` exist."""
    problems = {}
    if not index.column_names and not index.expressions:
        problems["column_names"] = _("Name columns or expressions, at least one.")
    if unknown := [name for name in index.column_names if name not in column_names]:
        problems["column_names"] = _("The capsule has no column %(unknown)s.") % {
            "unknown": ", ".join(unknown)
        }
    if index.is_partial != bool(index.partial_predicate):
        problems["partial_predicate"] = _("An index is partial exactly when it has a predicate.")
    if problems:
        raise ValidationError(problems)
