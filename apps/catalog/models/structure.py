"""What a capsule is made of: columns, keys and indexes, and the vocabularies that bound their values."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.querysets import ColumnQuerySet, OfCapsuleQuerySet, OfColumnQuerySet
from apps.dcs.fields import NumberField, ObjectField, StringListField, URNField, empty_list, list_of_text
from apps.dcs.models import Record, VisibleQuerySet
from apps.workflow.reviewable import Affected, Reviewable, Risk

from .capsules import Capsule
from .people import Owner


class SemanticType(models.TextChoices):
    """The part that a column plays in its table."""

    PII = "pii", _("Personal data")
    BUSINESS_KEY = "business_key", _("Business key")
    NATURAL_KEY = "natural_key", _("Natural key")
    SURROGATE_KEY = "surrogate_key", _("Surrogate key")
    FOREIGN_KEY = "foreign_key", _("Foreign key")
    METRIC = "metric", _("Metric")
    MEASURE = "measure", _("Measure")
    DIMENSION = "dimension", _("Dimension")
    TIMESTAMP = "timestamp", _("Timestamp")
    EVENT_TIME = "event_time", _("Event time")
    PROCESSING_TIME = "processing_time", _("Processing time")


class PIIType(models.TextChoices):
    """Which personal data a column holds."""

    DIRECT_IDENTIFIER = "direct_identifier", _("Direct identifier")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    ADDRESS = "address", _("Address")
    SSN = "ssn", _("National number")
    CREDIT_CARD = "credit_card", _("Card number")
    BANK_ACCOUNT = "bank_account", _("Bank account")
    HEALTH = "health", _("Health")
    BIOMETRIC = "biometric", _("Biometric")
    DATE_OF_BIRTH = "date_of_birth", _("Date of birth")
    NAME = "name", _("Name")
    IP_ADDRESS = "ip_address", _("IP address")
    DEVICE_ID = "device_id", _("Device")


class ReferentialAction(models.TextChoices):
    """What becomes of referring rows."""

    CASCADE = "CASCADE", _("Cascade")
    SET_NULL = "SET NULL", _("Set null")
    SET_DEFAULT = "SET DEFAULT", _("Set default")
    RESTRICT = "RESTRICT", _("Restrict")
    NO_ACTION = "NO ACTION", _("No action")


class ValueDomain(Reviewable, Record):
    """A vocabulary: the values that columns bound to it may hold.

    Table `value_domains` of the capsule design, section 3.2.4. Once a column is bound to it, it changes by reviews
    alone (errata row E22); until then by hand.
    """

    # The trigger `govern` has the same list.
    governed_fields = (
        "name",
        "kind",
        "description",
        "allowed_values",
        "pattern",
        "pattern_description",
        "min_value",
        "max_value",
        "reference_table_urn",
        "reference_column_urn",
        "is_extensible",
    )
    review_kind = "value_domain"
    review_permission = "catalog.review_valuedomain"
    review_icon = "list-checks"
    review_domain = None
    HARMLESS = frozenset({"description", "pattern_description"})

    class Kind(models.TextChoices):
        ENUM = "enum", _("List of values")
        PATTERN = "pattern", _("Pattern")
        RANGE = "range", _("Range")
        REFERENCE_DATA = "reference_data", _("Reference data")

    name = models.CharField(max_length=255, db_column="domain_name")
    kind = models.CharField(max_length=50, choices=Kind, db_column="domain_type")
    description = models.TextField(null=True, blank=True)
    allowed_values = models.JSONField(null=True, blank=True)
    pattern = models.TextField(null=True, blank=True, db_column="pattern_regex")
    pattern_description = models.TextField(null=True, blank=True)
    min_value = NumberField(null=True, blank=True)
    max_value = NumberField(null=True, blank=True)
    reference_table_urn = URNField(null=True, blank=True)
    reference_column_urn = URNField(null=True, blank=True)
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, blank=True, related_name="value_domains")
    is_extensible = models.BooleanField(default=False, db_default=False)
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "value_domains"
        ordering = ["name"]
        permissions = [("review_valuedomain", "Can decide on value domains")]
        indexes = [models.Index(fields=["kind"], name="idx_value_domains_type")]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="value_domain_name_unique"),
            models.CheckConstraint(
                name="domain_type_valid",
                condition=models.Q(kind__in=["enum", "pattern", "range", "reference_data"]),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_in_force(self):
        """True if a column is bound to it."""
        return Column._base_manager.filter(value_domain=self).exists()

    def risk_of(self, base, proposal):
        """Low for words about it; values that disappear are marked (trust.md, section 2.3)."""
        base = base or {}
        changed = {name for name in proposal if proposal[name] != base.get(name)}
        retired = [
            value
            for value in base.get("allowed_values") or []
            if value not in (proposal["allowed_values"] or [])
        ]
        return Risk("low" if changed <= self.HARMLESS else "medium", marks=("breaking",) if retired else ())

    def affected(self, reader):
        """The columns that are bound to it."""
        columns = Column.objects.visible_to(reader).filter(value_domain=self).select_related("capsule")
        return columns.count(), [
            Affected(column.name, column.get_absolute_url(), column.capsule.name)
            for column in columns.order_by("capsule__name", "ordinal_position")[:20]
        ]


class Column(Record):
    """A column of a capsule: its type, its meaning, the values it may hold.

    Table `columns` of the reference schema and section 3.2.3 of the design. `stats` holds the latest
    profile's summary, masked; neither the audit log nor versions count it (errata row E15).
    """

    class FormatKind(models.TextChoices):
        REGEX = "regex", _("Regular expression")
        STRFTIME = "strftime", _("Date picture")
        MASK = "mask", _("Mask")

    urn = URNField(_("URN"))
    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=255)
    data_type = models.CharField(max_length=100, null=True, blank=True)
    ordinal_position = models.IntegerField(null=True, blank=True)
    is_nullable = models.BooleanField(default=True, db_default=True)
    semantic_type = models.CharField(max_length=50, choices=SemanticType, null=True, blank=True)
    pii_type = models.CharField(_("PII type"), max_length=50, choices=PIIType, null=True, blank=True)
    pii_detected_by = models.CharField(_("PII detected by"), max_length=50, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    meta = ObjectField()
    tags = StringListField()
    stats = ObjectField(editable=False)
    has_tests = models.BooleanField(default=False, db_default=False)
    test_count = models.IntegerField(default=0, db_default=0)
    unit_of_measure = models.CharField(max_length=100, null=True, blank=True)
    value_domain_name = models.CharField(
        max_length=100,
        null=True,
        blank=True,
        db_column="value_domain",
        help_text=_("For a vocabulary that is not registered; the registered one rules."),
    )
    value_domain = models.ForeignKey(
        ValueDomain,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="columns",
        db_column="value_domain_id",
    )
    value_range_min = NumberField(null=True, blank=True)
    value_range_max = NumberField(null=True, blank=True)
    allowed_values = models.JSONField(null=True, blank=True)
    format_pattern = models.CharField(max_length=255, null=True, blank=True)
    format_kind = models.CharField(max_length=20, choices=FormatKind, null=True, blank=True)
    example_values = models.JSONField(default=list, db_default=empty_list(), blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    sensitivity_rank = models.SmallIntegerField(default=2, db_default=2, editable=False)

    objects = ColumnQuerySet.as_manager()

    class Meta:
        db_table = "columns"
        ordering = ["capsule", "ordinal_position", "name"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(meta__doc__has_key="unresolved_terms"),
                name="idx_columns_unresolved_terms",
            ),
            models.Index(
                fields=["pii_type"], condition=models.Q(pii_type__isnull=False), name="idx_columns_pii_type"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["urn"], name="column_urn_unique"),
            models.UniqueConstraint(fields=["capsule", "name"], name="unique_column_per_capsule"),
            models.CheckConstraint(
                name="semantic_type_valid", condition=models.Q(semantic_type__in=SemanticType.values)
            ),
            models.CheckConstraint(name="pii_type_valid", condition=models.Q(pii_type__in=PIIType.values)),
            models.CheckConstraint(
                name="format_kind_valid", condition=models.Q(format_kind__in=["regex", "strftime", "mask"])
            ),
            models.CheckConstraint(
                name="value_range_ordered",
                condition=models.Q(value_range_min__lte=models.F("value_range_max")),
                violation_error_message=_("The smallest value is above the largest."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("catalog:column", args=[self.capsule.urn, self.name])

    @property
    def is_retired(self):
        """True if the column is gone from its source."""
        return self.retired_at is not None


class Constraint(Record):
    """A key, check or default of one column; a composite key is several rows with one name.

    Table `column_constraints` of the capsule design, section 2.2.1; errata row C2.
    """

    class Kind(models.TextChoices):
        PRIMARY_KEY = "primary_key", _("Primary key")
        FOREIGN_KEY = "foreign_key", _("Foreign key")
        UNIQUE = "unique", _("Unique")
        CHECK = "check", _("Check")
        NOT_NULL = "not_null", _("Not null")
        DEFAULT = "default", _("Default")

    column = models.ForeignKey(Column, models.CASCADE, related_name="constraints")
    kind = models.CharField(max_length=50, choices=Kind, db_column="constraint_type")
    name = models.CharField(max_length=255, null=True, blank=True, db_column="constraint_name")
    ordinal = models.IntegerField(null=True, blank=True)
    referenced_table_urn = URNField(null=True, blank=True)
    referenced_column_urn = URNField(null=True, blank=True)
    on_delete_action = models.CharField(max_length=50, choices=ReferentialAction, null=True, blank=True)
    on_update_action = models.CharField(max_length=50, choices=ReferentialAction, null=True, blank=True)
    check_expression = models.TextField(null=True, blank=True)
    default_value = models.TextField(null=True, blank=True)
    default_expression = models.TextField(null=True, blank=True)
    is_enforced = models.BooleanField(default=True, db_default=True)
    is_deferrable = models.BooleanField(default=False, db_default=False)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = OfColumnQuerySet.as_manager()

    class Meta:
        db_table = "column_constraints"
        ordering = ["kind", "name", "ordinal"]
        indexes = [
            models.Index(fields=["kind"], name="idx_column_constraints_type"),
            models.Index(
                fields=["referenced_table_urn"],
                condition=models.Q(referenced_table_urn__isnull=False),
                name="idx_column_constraints_ref",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="constraint_type_valid",
                condition=models.Q(
                    kind__in=["primary_key", "foreign_key", "unique", "check", "not_null", "default"]
                ),
            ),
            models.CheckConstraint(
                name="on_delete_action_valid",
                condition=models.Q(on_delete_action__in=ReferentialAction.values),
            ),
            models.CheckConstraint(
                name="on_update_action_valid",
                condition=models.Q(on_update_action__in=ReferentialAction.values),
            ),
        ]

    def __str__(self):
        return self.name or self.get_kind_display()


class Index(Record):
    """An index of a capsule.

    Table `capsule_indexes` of the capsule design, section 2.2.2.
    """

    class Kind(models.TextChoices):
        BTREE = "btree", "B-tree"
        HASH = "hash", "Hash"
        GIN = "gin", "GIN"
        GIST = "gist", "GiST"
        BRIN = "brin", "BRIN"
        SPGIST = "spgist", "SP-GiST"

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="indexes")
    name = models.CharField(max_length=255, db_column="index_name")
    kind = models.CharField(
        max_length=50, choices=Kind, default=Kind.BTREE, db_default=Kind.BTREE, db_column="index_type"
    )
    is_unique = models.BooleanField(default=False, db_default=False)
    is_primary = models.BooleanField(default=False, db_default=False)
    column_names = models.JSONField(default=list, blank=True, validators=[list_of_text])
    expressions = StringListField(null=True, db_column="column_expressions")
    is_partial = models.BooleanField(default=False, db_default=False)
    partial_predicate = models.TextField(null=True, blank=True)
    tablespace = models.CharField(max_length=255, null=True, blank=True)
    fill_factor = models.IntegerField(null=True, blank=True)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "capsule_indexes"
        ordering = ["name"]
        verbose_name_plural = _("indexes")
        constraints = [
            models.UniqueConstraint(fields=["capsule", "name"], name="capsule_index_unique"),
            models.CheckConstraint(
                name="index_type_valid",
                condition=models.Q(kind__in=["btree", "hash", "gin", "gist", "brin", "spgist"]),
            ),
            models.CheckConstraint(
                name="fill_factor_valid",
                condition=models.Q(fill_factor__range=(10, 100)),
                violation_error_message=_("The fill factor is between 10 and 100."),
            ),
        ]

    def __str__(self):
        return self.name
