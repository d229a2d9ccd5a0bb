"""Policy, the fifth dimension: how the data must be handled."""

from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import facts, vocabularies
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.catalog.models import Column
from apps.ui.formats import deadline, when
from apps.ui.templatetags.ui import sens

from . import access, document, page, suggestion_views
from .models import MaskingRule, Policy

SLUG = "policy"
PERSONAL_SHOWN = 500


def told(policies):
    """Policies as JSON, the newest number first."""
    said = JSONObject(
        number="number",
        level="sensitivity_level",
        status="status",
        starts="effective_from",
        ends="effective_to",
        review="next_review_date",
        hold="legal_hold",
        column="column__name",
    )
    return ArraySubquery(policies.order_by("-number").values(json=said))


def asked(reader):
    """Policies of the capsule and of its columns, and the columns that hold personal data."""
    policies = Policy.objects.visible_to(reader)
    personal = Column.objects.visible_to(reader).filter(
        capsule=OuterRef("pk"), retired_at__isnull=True, pii_type__isnull=False
    )
    return {
        "own": told(policies.filter(capsule=OuterRef("pk"))),
        "columns": told(policies.filter(column__capsule=OuterRef("pk"))),
        "personal": ArraySubquery(
            personal.order_by("ordinal_position", "name").values("name")[:PERSONAL_SHOWN]
        ),
    }


def asked_of_column(reader):
    return {"policies": told(Policy.objects.visible_to(reader).filter(column=OuterRef("pk")))}


def in_force(policies):
    """Those of `policies` (as JSON) that hold today."""
    today = timezone.now().date().isoformat()
    return [
        policy
        for policy in policies
        if policy["status"] == Policy.Status.ACTIVE
        and (policy["starts"] or today) <= today <= (policy["ends"] or today)
    ]


def strictest(policies):
    """The policy with the highest level, or None: several never loosen each other (errata row B18)."""
    return max(policies, key=lambda policy: vocabularies.sensitivity_rank(policy["level"]), default=None)


def of(capsules, reader):
    """(capsule, all its policies, those in force, personal columns that no policy in force covers)."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        own, columns = found["own"] or [], found["columns"] or []
        holding = in_force([*own, *columns])
        covered = {policy["column"] for policy in holding}
        bare = [] if None in covered else [name for name in found["personal"] or [] if name not in covered]
        yield capsule, [*own, *columns], holding, bare


def count(capsules, reader):
    return {capsule.pk: len(policies) for capsule, policies, _holding, _bare in of(capsules, reader)}


def state(capsules, reader):
    found = {}
    for capsule, policies, holding, bare in of(capsules, reader):
        mark = "complete" if holding and not bare else "partial" if policies else "missing"
        found[capsule.pk] = State(mark, _sentence(policies, holding, bare))
    return found


def _sentence(policies, holding, bare):
    said = []
    if holding:
        said.append(
            ngettext("%(n)s policy in force", "%(n)s policies in force", len(holding)) % {"n": len(holding)}
        )
    elif policies:
        said.append(
            ngettext("%(n)s policy, not in force", "%(n)s policies, none in force", len(policies))
            % {"n": len(policies)}
        )
    else:
        said.append(_("No policy yet"))
    if bare:
        said.append(
            ngettext("%(n)s personal column without one", "%(n)s personal columns without one", len(bare))
            % {"n": len(bare)}
        )
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, _policies, holding, bare in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        if bare:
            sentence = ngettext(
                "%(n)s column with personal data has no policy.",
                "%(n)s columns with personal data have no policy.",
                len(bare),
            )
            step = ngettext("See the column", "See the %(n)s columns", len(bare)) % {"n": len(bare)}
            mine.append(Gap(SLUG, sentence % {"n": len(bare)}, step, url))
        elif not holding:
            mine.append(
                Gap(SLUG, _("No policy says how its data must be handled."), _("See what a policy says"), url)
            )
    return found


def strip(capsules, reader):
    return {
        capsule.pk: [sensitivity(capsule, holding), review(capsule, holding)]
        for capsule, _policies, holding, _bare in of(capsules, reader)
    }


def sensitivity(capsule, holding):
    """The strictest level in force, or the level of what nobody has classified."""
    item = {
        "key": "sensitivity",
        "title": _("Sensitivity"),
        "url": reverse("catalog:dimension", args=[capsule.urn, SLUG]),
    }
    ruling = strictest(holding)
    if ruling is None:
        level = vocabularies.SENSITIVITY[capsule.sensitivity_rank - 1]
        return {**item, "sensitivity": level, "sub": _("by default, no policy yet")}
    origin = (
        _("from column %(name)s") % {"name": ruling["column"]}
        if ruling["column"]
        else _("of the whole capsule")
    )
    said = _("Policy P-%(number)s, %(origin)s. The strictest of %(n)s in force holds.")
    why = {
        "title": vocabularies.Sensitivity(ruling["level"]).label,
        "text": said % {**ruling, "origin": origin, "n": len(holding)},
    }
    return {
        **item,
        "sensitivity": ruling["level"],
        "sub": origin,
        "why": why,
        "url_label": _("See the policies"),
    }


def review(capsule, holding):
    """When the next policy is due for review."""
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    item = {"key": "review", "title": _("Policy review due"), "url": url}
    due = min((policy["review"] for policy in holding if policy["review"]), default=None)
    if due is None:
        return {**item, "value": None, "sub": _("no date set") if holding else _("no policy yet")}
    return {**item, "value": when(date.fromisoformat(due)), "sub": deadline(date.fromisoformat(due), "left")}


def notices(capsules, reader):
    found = {}
    for capsule, policies, _holding, _bare in of(capsules, reader):
        mine = found[capsule.pk] = []
        for policy in policies:
            if policy["status"] == Policy.Status.SUSPENDED:
                title = _("Policy P-%(number)s is suspended.") % policy
                mine.append(
                    {
                        "hue": "critical",
                        "title": title,
                        "text": _("It protects nothing until it is reinstated."),
                    }
                )
    return found


def cells(columns, reader):
    """The strictest level that a policy of the column itself gives it."""
    found = {}
    for column, known in facts.known(SLUG, columns, reader, kind=facts.COLUMN):
        if ruling := strictest(in_force(known["policies"] or [])):
            found[column.pk] = sens(ruling["level"])
    return found


def panel(request, capsule):
    """The policy tab: the capsule's policies, and what each column falls under."""
    reader = request.reader
    found = Policy.objects.visible_to(reader).about(capsule).select_related("owner", "column")
    policies = sorted(found, key=lambda policy: policy.column_id is not None)
    masks = list(
        MaskingRule.objects.visible_to(reader).filter(column__capsule=capsule).select_related("column")
    )
    _capsule, _policies, holding, bare = next(iter(of([capsule], reader)))
    general = strictest([policy for policy in holding if not policy["column"]])
    own_level = {policy["column"]: policy for policy in sorted(holding, key=_rank) if policy["column"]}
    personal = Column.objects.visible_to(reader).filter(capsule=capsule, retired_at__isnull=True)
    personal = [column for column in personal if column.pii_type or column.name in own_level]
    for column in personal:
        column.policy = strictest(filter(None, (own_level.get(column.name), general)))
        column.masks = [mask for mask in masks if mask.column_id == column.pk]
    return {
        "policies": policies,
        "masks": masks,
        "general": general,
        "classified": personal,
        "bare": bare,
        **suggestion_views.of_capsule(request, capsule),
        "effective": page.effective(capsule, reader, on=timezone.now().date(), policies=policies)
        if policies
        else None,
        "may_write": access.may_write(reader, capsule),
        "may_simulate": reader.may(access.DECIDE),
    }


def _rank(policy):
    return vocabularies.sensitivity_rank(policy["level"])


def column_panel(request, column):
    """What holds for a column, and how its values are masked; the method alone, not how it is set up."""
    found = page.effective(column, request.reader, on=timezone.now().date())
    masks = MaskingRule.objects.visible_to(request.reader).filter(column=column).enabled()
    trace_url = reverse("policy:trace", args=[column.capsule.urn, column.name])
    masking_url = reverse("policy:masking", args=[column.capsule.urn, column.name])
    return {
        "effective": found,
        "masks": masks,
        "column": column,
        "trace_url": trace_url,
        "masking_url": masking_url,
        **suggestion_views.of_column(request, column),
        "may_write": access.may_write(request.reader, column.capsule),
    }


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Policy"),
        order=5,
        icon="shield-check",
        template="policy/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("policies", "column_policies"),
        panel=panel,
        facts=asked,
        count=count,
        state=state,
        gaps=gaps,
        strip=strip,
        notices=notices,
        cells=cells,
        cell_title=gettext_lazy("Sensitivity"),
        column_facts=asked_of_column,
        column_template="policy/column.html",
        column_panel=column_panel,
    )
)
