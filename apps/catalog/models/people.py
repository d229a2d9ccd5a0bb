"""Who answers for data: owners and domains, and the people behind them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import Moment, ObjectField
from apps.dcs.models import Keyed, Record, VisibleQuerySet


class Owner(Record):
    """A team or a person who answers for capsules.

    Table `owners` of the reference schema.
    """

    class Kind(models.TextChoices):
        TEAM = "team", _("Team")
        INDIVIDUAL = "individual", _("Individual")

    name = models.CharField(max_length=255)
    kind = models.CharField(
        max_length=50, choices=Kind, default=Kind.TEAM, db_default=Kind.TEAM, db_column="owner_type"
    )
    email = models.CharField(max_length=255, null=True, blank=True)
    slack_channel = models.CharField(max_length=100, null=True, blank=True)
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "owners"
        ordering = ["name", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["name", "kind"], name="unique_owner_name_type"),
            models.CheckConstraint(
                name="owner_type_valid", condition=models.Q(kind__in=["team", "individual"])
            ),
        ]

    def __str__(self):
        return self.name


class Domain(Record):
    """A part of the business that data belongs to, such as sales; domains may lie inside others.

    Table `domains` of the reference schema.
    """

    name = models.CharField(max_length=100)
    description = models.TextField(null=True, blank=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, blank=True, related_name="domains")
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "domains"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="domain_name_unique")]

    def __str__(self):
        return self.name


class Stewardship(Keyed):
    """A person looks after a domain, since when: they decide on its terms and rules (errata rows E1, E23)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="stewardships", db_index=False
    )
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="stewardships")
    since = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "stewardships"
        ordering = ["domain__name", "user__username"]
        constraints = [models.UniqueConstraint(fields=["user", "domain"], name="stewardship_unique")]

    def __str__(self):
        return f"{self.user}: {self.domain}"


class TeamMembership(Keyed):
    """A person belongs to an owner, since when: what the team owns, they may edit (errata rows E1, E23)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_memberships", db_index=False
    )
    owner = models.ForeignKey(Owner, models.CASCADE, related_name="team_memberships")
    since = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "team_memberships"
        ordering = ["owner__name", "user__username"]
        constraints = [models.UniqueConstraint(fields=["user", "owner"], name="team_membership_unique")]

    def __str__(self):
        return f"{self.user}: {self.owner}"
