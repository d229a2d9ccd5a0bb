"""Drift: what people and other tools changed in capsules since a plan was last applied to them."""

from dataclasses import dataclass

from django.db.models import Max, OuterRef, Subquery

from apps.catalog.models import Capsule, CapsuleVersion


@dataclass(frozen=True)
class Drift:
    """A capsule with versions that no plan made: the last version by a plan, the newest one."""

    capsule: Capsule
    planned: int
    newest: int

    @property
    def number(self):
        return self.newest - self.planned

    @property
    def pair(self):
        """The two versions as the address of their comparison writes them."""
        return f"{self.planned}..{self.newest}"


def drift(plan, reader):
    """The `Drift` of each capsule of `plan`; one query."""
    before = CapsuleVersion._base_manager.filter(capsule=OuterRef("pk")).order_by()
    by_plan = before.filter(deployment_context__has_key="plan").values("capsule")
    found = (
        Capsule.objects.visible_to(reader)
        .filter(urn__in=list(plan.base))
        .annotate(
            planned=Subquery(by_plan.annotate(last=Max("number")).values("last")),
            newest=Subquery(before.values("capsule").annotate(last=Max("number")).values("last")),
        )
        .filter(planned__isnull=False)
        .only("urn", "name")
        .order_by("urn")
    )
    return [Drift(each, each.planned, each.newest) for each in found if each.newest > each.planned]
