"""Making, changing and retiring quality rules: pages, API and imports come through here.

A rule keeps its subject and, once it was checked, its record; what nobody expects any more is retired, not deleted.
"""

from datetime import UTC

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import access, documents
from apps.catalog.models import Capsule
from apps.dcs.refusals import Conflict

from . import configs
from .models import QualityRule

KEPT = (
    "retired_at",
    "muted_until",
    "muted_by",
    "value_type",
    "doc",
)  # of `meta`: only these verbs write them
LONGEST = 255
ADD, CHANGE = "quality.add_qualityrule", "quality.change_qualityrule"


def may_write(reader, capsule, permission=CHANGE):
    """May the reader make or change rules of this capsule? Producers of its team and stewards of its domain."""
    refused = access.lacking(reader, permission)
    return access.may_edit(reader, capsule) if refused is None else refused


def create(values, *, by, reason=""):
    """A new rule; `values` has the model's names, `capsule` or `column` among them, and may lack what follows from them.

    Raises `Conflict` if the capsule has a rule of this name, and `configs.Misconfigured` for what its type does not take.
    """
    rule = QualityRule(**{**values, "config": dict(values.get("config") or {}), "meta": _own(values)})
    home = rule.home
    may_write(by, home, ADD).or_refuse()
    configs.settle(rule)
    with acting(by, reason=reason or _("New quality rule")):
        _lock(home)
        rule.name = _name(rule, home) if not rule.name else rule.name
        _refuse_taken(rule, home)
        rule.save(force_insert=True)
        rule.refresh_from_db()
    return rule


def change(rule, values, *, by, seen=None, reason=""):
    """Set fields of `rule`; returns it as stored. `seen` is the `updated_at` that the person saw.

    Raises `Conflict` if the row has moved since, or the name is taken, and `configs.Misconfigured`.
    """
    home = rule.home
    may_write(by, home).or_refuse()
    with acting(by, reason=reason or _("Quality rule changed")):
        _lock(home)
        stored = QualityRule.objects.select_for_update(of=("self",), no_key=True).get(pk=rule.pk)
        if seen is not None and stored.updated_at != seen:
            raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
        before = {field.attname: getattr(stored, field.attname) for field in stored._meta.concrete_fields}
        for name, value in values.items():
            setattr(stored, name, value)
        if "threshold_value" in values and "config" not in values:
            # The number that is written now counts, not the duration that said the same before.
            stored.config = {key: value for key, value in stored.config.items() if key != "max_age"}
        if "meta" in values:
            stored.meta = {
                **_own(values),
                **{key: before["meta"][key] for key in KEPT if key in before["meta"]},
            }
        if "rule_type" in values and "category" not in values:
            stored.category = None
        if {"rule_type", "config", "severity", *configs.COLUMNS}.intersection(values):
            configs.settle(stored)
        stored.category = stored.category or documents.category({"rule": stored.rule_type})
        if stored.name != before["name"]:
            stored.name = stored.name or _name(stored, home)
            _refuse_taken(stored, home)
        moved = [name for name, value in before.items() if getattr(stored, name) != value]
        if moved:
            stored.save(update_fields=moved)
            stored.refresh_from_db()
    return stored


def retire(rule, *, by, reason=""):
    """Switch a rule off for good; its checks stay. A document that names it again brings it back."""
    may_write(by, rule.home).or_refuse()
    with acting(by, reason=reason or _("Quality rule retired")):
        stored = QualityRule.objects.select_for_update(of=("self",), no_key=True).get(pk=rule.pk)
        if stored.is_retired:
            raise Conflict(_("%(rule)s is retired already.") % {"rule": stored}, code="already_retired")
        stored.is_enabled = False
        stored.meta = {**stored.meta, "retired_at": timezone.now().isoformat(timespec="seconds")}
        stored.save(update_fields=["is_enabled", "meta"])
    return stored


def mute(rule, until, *, by, reason=""):
    """Leave a rule unchecked until a moment, or check it again from now on if that is None."""
    may_write(by, rule.home).or_refuse()
    if until is not None and until <= timezone.now():
        raise ValueError(_("Write a date to come."))
    with acting(
        by, reason=reason or (_("Quality rule muted") if until else _("Quality rule no longer muted"))
    ):
        stored = QualityRule.objects.select_for_update(of=("self",), no_key=True).get(pk=rule.pk)
        kept = {key: value for key, value in stored.meta.items() if key not in ("muted_until", "muted_by")}
        if until is not None:
            kept |= {
                "muted_until": until.astimezone(UTC).isoformat(timespec="seconds"),
                "muted_by": by.name,
            }
        if kept != stored.meta:
            stored.meta = kept
            stored.save(update_fields=["meta"])
    return stored


def _own(values):
    return {key: value for key, value in (values.get("meta") or {}).items() if key not in KEPT}


def _lock(capsule):
    """Names are unique within a capsule, so its rules are written one after another."""
    Capsule._base_manager.select_for_update(no_key=True).only("pk").get(pk=capsule.pk)


def _names(home, but=None):
    """The names that rules of the capsule and its columns have; retired ones give theirs up."""
    rules = QualityRule._base_manager.order_by().exclude(meta__has_key="retired_at")
    own = rules.filter(capsule=home).exclude(pk=but)
    columns = rules.filter(column__capsule=home).exclude(pk=but)
    return own.values_list("name", flat=True).union(columns.values_list("name", flat=True), all=True)


def _refuse_taken(rule, home):
    if rule.name in set(_names(home, rule.pk)):
        raise Conflict(
            _("%(capsule)s has a rule of this name already.") % {"capsule": home.name},
            code="already_exists",
            fields={"rule_name": [_("This is taken already.")]},
        )


def _name(rule, home):
    """`<type>_<column or capsule>`, numbered if it is taken (errata row A23)."""
    subject = rule.column.name if rule.column_id else home.name
    plain = name = f"{rule.rule_type}_{subject}"[: LONGEST - 10]
    taken, number = set(_names(home, rule.pk)), 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name
