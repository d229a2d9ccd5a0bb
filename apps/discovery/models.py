"""The catalogue summary, a row a capsule, counted ahead of time; and the views of lists that people keep."""

from django.conf import settings
from django.db import connection, models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.dcs.fields import Moment, PeriodField
from apps.dcs.models import Keyed


class SummaryIsRefreshing(Exception):
    """Somebody else refreshes the summary at this moment."""


class CapsuleSummaryQuerySet(models.QuerySet):
    def visible_to(self, reader):
        """The summaries of the capsules that the reader may know of."""
        return self.filter(capsule__visibility_rank__lte=reader.clearance)

    def refresh(self):
        """Count everything anew without blocking readers; returns when, in UTC.

        Raises `SummaryIsRefreshing` if a refresh is running already.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT dcs.refresh_catalog_summary()")
            (refreshed_at,) = cursor.fetchone()
        if refreshed_at is None:
            raise SummaryIsRefreshing("The summary is being refreshed already.")
        return refreshed_at

    def refreshed_at(self):
        """When the summary was last counted (UTC), or None if never (errata row A7)."""
        found = SummaryRefresh.objects.filter(view_name=self.model._meta.db_table)
        return found.values_list("refreshed_at", flat=True).first()


class CapsuleSummary(models.Model):
    """What the catalogue list shows of a capsule, as of the last refresh.

    Materialised view `catalog_capsule_summary` of the capsule design, section 8.3, as errata rows A1 to A7
    correct it.
    """

    capsule = models.OneToOneField(
        Capsule,
        models.DO_NOTHING,
        primary_key=True,
        db_column="id",
        db_constraint=False,
        related_name="summary",
    )
    urn = models.CharField(max_length=500)
    name = models.CharField(max_length=255)
    capsule_type = models.CharField(max_length=50)
    layer = models.CharField(max_length=50, null=True)
    description = models.TextField(null=True)
    column_count = models.BigIntegerField()
    index_count = models.BigIntegerField()
    pk_count = models.BigIntegerField()
    fk_count = models.BigIntegerField()
    business_term_count = models.BigIntegerField()
    quality_rule_count = models.BigIntegerField()
    enabled_quality_rule_count = models.BigIntegerField()
    highest_sensitivity = models.TextField(null=True)
    has_masking = models.BooleanField()
    freshness_sla = PeriodField(null=True)
    quality_score_sla = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    contract_status = models.CharField(max_length=50, null=True)
    upstream_count = models.BigIntegerField()
    downstream_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = CapsuleSummaryQuerySet.as_manager()

    class Meta:
        db_table = "catalog_capsule_summary"
        managed = False
        default_permissions = ("view",)
        permissions = [("refresh_summary", "Can refresh the catalogue summary")]
        ordering = ["name", "urn"]
        verbose_name_plural = _("capsule summaries")

    def __str__(self):
        return self.name


class CapsuleFactsQuerySet(models.QuerySet):
    def visible_to(self, reader):
        """The facts as the reader may know them: a row a capsule, without the parts that are hidden from them."""
        return self.filter(visible_from__lte=reader.clearance, visible_to__gte=reader.clearance)

    def current(self):
        """Of capsules that are not retired."""
        return self.filter(retired=False)


class CapsuleFacts(models.Model):
    """What is counted of a capsule, kept by triggers; for one reader there is one row a capsule.

    Table `capsule_facts`. The list of the catalogue reads it by SQL of its own (`rows.py`).
    """

    capsule = models.OneToOneField(Capsule, models.DO_NOTHING, primary_key=True, related_name="+")
    visible_from = models.SmallIntegerField()
    visible_to = models.SmallIntegerField()
    retired = models.BooleanField()
    name_key = models.TextField()
    capsule_type = models.TextField()
    layer = models.TextField(null=True)
    layer_rank = models.SmallIntegerField(null=True)
    column_count = models.IntegerField()
    described_columns = models.IntegerField()
    present = models.SmallIntegerField()
    index_count = models.IntegerField()
    pk_count = models.IntegerField()
    fk_count = models.IntegerField()
    term_count = models.IntegerField()
    rule_count = models.IntegerField()
    enabled_rules = models.IntegerField()
    policy_rank = models.SmallIntegerField(null=True)
    has_masking = models.BooleanField()
    freshness_sla = PeriodField(null=True)
    quality_score_sla = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    contract_status = models.TextField(null=True)
    health = models.TextField(null=True)
    data_updated_at = models.DateTimeField(null=True)
    upstream_count = models.IntegerField()
    downstream_count = models.IntegerField()
    updated_at = models.DateTimeField()

    objects = CapsuleFactsQuerySet.as_manager()

    class Meta:
        db_table = "capsule_facts"
        managed = False
        default_permissions = ()
        ordering = ["name_key", "capsule"]
        verbose_name = _("capsule")

    def __str__(self):
        return self.name_key


class SummaryRefresh(Keyed):
    """When a materialised view was last counted, by whom, in how many milliseconds, to how many rows.

    One row a view, written by the function that refreshes it. It is not audited: a refresh changes no
    metadata.
    """

    view_name = models.CharField(max_length=100)
    refreshed_at = models.DateTimeField(db_default=Moment(), editable=False)
    refreshed_by = models.CharField(max_length=255, null=True, editable=False)
    duration_ms = models.BigIntegerField(null=True, editable=False)
    row_count = models.BigIntegerField(null=True, editable=False)

    class Meta:
        db_table = "summary_refreshes"
        ordering = ["view_name"]
        default_permissions = ("view",)
        verbose_name_plural = _("summary refreshes")
        constraints = [models.UniqueConstraint(fields=["view_name"], name="summary_refresh_view_unique")]

    def __str__(self):
        return f"{self.view_name}: {self.refreshed_at:%Y-%m-%d %H:%M}"


class SavedView(Keyed):
    """A list under filters that somebody wants to find again, by a name; shared, everybody may open it.

    What is kept is the address, never a result: whoever opens it sees what they may see, as it is then.
    """

    class Place(models.TextChoices):
        CATALOG = "catalog", _("Catalog")
        COLUMNS = "columns", _("Columns")
        SEARCH = "search", _("Search")

    PAGES = {
        Place.CATALOG: "discovery:catalog",
        Place.COLUMNS: "discovery:columns",
        Place.SEARCH: "discovery:search",
    }

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False, editable=False
    )
    place = models.CharField(max_length=20, choices=Place)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, default="", db_default="")
    shared = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "saved_views"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("person", "place", Lower("name"), name="saved_view_name_unique"),
            models.CheckConstraint(
                name="saved_view_place_valid",
                condition=models.Q(place__in=["catalog", "columns", "search"]),
            ),
        ]
        indexes = [models.Index(fields=["name"], condition=models.Q(shared=True), name="saved_views_shared")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        path = reverse(self.PAGES[self.place])
        return f"{path}?{self.query}" if self.query else path
