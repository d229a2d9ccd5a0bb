"""Masking rules: written, proposed and removed. Pages and API come through here.

A rule is stored switched off, and its review opened at once; in force it changes by reviews alone (errata row E22).
"""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Column
from apps.dcs import keyring
from apps.dcs.canonical import plain
from apps.dcs.refusals import Conflict
from apps.workflow import reviews

from .masking import Problem
from .models import MaskingRule
from .refusals import said

PERMISSION = "catalog.edit_policy"
REPEATED = {
    "masking_method": "method",
    "preserve_length": "preserve_length",
    "preserve_format": "preserve_format",
    "preserve_type": "preserve_type",
    "preserve_null": "preserve_null",
    "is_reversible": "is_reversible",
}


class Unfit(Exception):
    """A rule that could not mask; `fields` maps names of the API to lists of sentences."""

    def __init__(self, fields):
        super().__init__(fields)
        self.fields = fields


def settle(rule):
    """Bring a rule into the form in which it is stored. Raises `Unfit`."""
    rule.config = dict(rule.config or {})
    problems = {}
    for key, field in REPEATED.items():
        # What repeats a column of the rule is in that column alone (errata row A25).
        if key in rule.config and rule.config.pop(key) != getattr(rule, field):
            problems[f"method_config.{key}"] = [said(Problem(key, "differs", {"column": key}))]
    if rule.method == "tokenization":
        problems["masking_method"] = [said(Problem("masking_method", "no_vault"))]
    if not rule.name:
        rule.name = f"{rule.column.name}_{rule.method}"[:255]
    problems |= rule.told_problems()
    if problems:
        raise Unfit(problems)


def create(column, values, *, by, reason=""):
    """A new rule of a column, switched off, and the review that would switch it on: (rule, review). Raises `Unfit`."""
    with acting(by, reason=reason or _("New masking rule")), transaction.atomic():
        column = Column._base_manager.select_for_update().get(pk=column.pk)
        rule = MaskingRule(column=column, **values, is_enabled=False)
        settle(rule)
        _require_name(rule)
        if rule.is_keyed:
            # It keeps to the key with which it began: another one would make other values.
            rule.meta = {**(rule.meta or {}), "kid": keyring.ring().active("masking").kid}
        rule.save(force_insert=True)
        review = reviews.propose(rule, {"is_enabled": True}, by=by, reason=reason or _("New masking rule"))
        rule.refresh_from_db()
        return rule, review


def _require_name(rule):
    same = MaskingRule._base_manager.filter(column=rule.column, name__iexact=rule.name).exclude(pk=rule.pk)
    if same.exists():
        raise Conflict(_("The column has a masking rule of this name."), code="name_taken")


def change(rule, values, *, by, reason=""):
    """Change a rule: the review that would do it, None where nothing waits for one. Raises `Unfit`."""
    free = {name: values.pop(name) for name in ("description", "meta") if name in values}
    with acting(by, reason=reason or _("Edited")), transaction.atomic():
        rule = (
            MaskingRule._base_manager.select_for_update(of=("self",)).select_related("column").get(pk=rule.pk)
        )
        if free:
            for name, value in free.items():
                setattr(rule, name, {**value, **_kept(rule)} if name == "meta" else value)
            rule.save(update_fields=list(free))
        draft = MaskingRule._base_manager.select_related("column").get(pk=rule.pk)
        for name, value in values.items():
            setattr(draft, name, value)
        settle(draft)
        _require_name(draft)
        wanted = {
            field.column: plain(getattr(draft, field.attname))
            for field in MaskingRule.governed().values()
            if getattr(draft, field.attname) != getattr(rule, field.attname)
        }
        waiting = reviews.waiting_review(rule)
        if waiting is not None and wanted:
            return reviews.revise(waiting, wanted, by=by, reason=reason)
        return reviews.propose(rule, wanted, by=by, reason=reason) if wanted else None


def _kept(rule):
    """What of `meta` the portal keeps itself."""
    return {
        key: value
        for key, value in (rule.meta or {}).items()
        if key in ("kid", "wanted", "short", "retired_at")
    }


def switch(rule, *, on, by, reason=""):
    """Propose that a rule masks, or ceases to. Raises `Conflict` if it does already."""
    return change(rule, {"is_enabled": on}, by=by, reason=reason)


def remove(rule, *, by, reason=""):
    """Delete a rule that does not mask. Raises `Conflict` for one that does."""
    if rule.is_enabled:
        why = _("%(name)s masks. Propose to switch it off first.") % {"name": rule}
        raise Conflict(why, code="in_force")
    with acting(by, reason=reason or _("Deleted")):
        rule.delete()
