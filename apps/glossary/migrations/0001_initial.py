from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Length, Lower, Trim
from django.db.models.lookups import GreaterThanOrEqual

from apps.audit.operations import Audit
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Moment, NewKey, ObjectField, StringListField, empty_list, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="Term",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("name", models.CharField(db_column="term_name", max_length=255)),
                ("display_name", models.CharField(blank=True, max_length=255, null=True)),
                ("definition", models.TextField()),
                ("abbreviation", models.CharField(blank=True, max_length=50, null=True)),
                ("synonyms", StringListField(blank=True, db_default=empty_list(), default=list)),
                (
                    "domain",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="terms",
                        to="catalog.domain",
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="terms",
                        to="catalog.owner",
                    ),
                ),
                ("steward_email", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("under_review", "Under review"),
                            ("approved", "Approved"),
                            ("deprecated", "Deprecated"),
                        ],
                        db_column="approval_status",
                        db_default="draft",
                        default="draft",
                        editable=False,
                        max_length=50,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by_user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approved_by", models.CharField(editable=False, max_length=255, null=True)),
                ("approved_at", models.DateTimeField(editable=False, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("tags", StringListField(blank=True, db_default=empty_list(), default=list)),
            ],
            options={
                "db_table": "business_terms",
                "ordering": ["name"],
                "indexes": [
                    models.Index(fields=["category"], name="idx_business_terms_category"),
                    models.Index(fields=["status"], name="idx_business_terms_status"),
                    GinIndex(
                        models.Func(
                            models.Value("english"),
                            CombinedExpression(
                                CombinedExpression(models.F("name"), "||", models.Value(" ")),
                                "||",
                                models.F("definition"),
                            ),
                            function="to_tsvector",
                        ),
                        name="idx_business_terms_search",
                    ),
                    GinIndex(
                        SearchVector(
                            "name", "display_name", "abbreviation", "definition", "synonyms", config="english"
                        ),
                        name="idx_business_terms_document",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="term_name_unique"),
                    models.UniqueConstraint(
                        Lower("name"),
                        name="business_term_name_unique",
                        violation_error_message="A term of this name exists, perhaps in another case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "under_review", "approved", "deprecated"])
                        ),
                        name="approval_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=GreaterThanOrEqual(
                            Length(Trim("definition", function="btrim"), function="char_length"), 10
                        ),
                        name="definition_long_enough",
                        violation_error_message="A definition has at least 10 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_by_user", models.F("author")), _negated=True),
                            models.Q(("approved_by_user", models.F("submitted_by")), _negated=True),
                        ),
                        name="term_approved_by_another",
                        violation_error_message="Somebody else than the author has to approve.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TermLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="term_links",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="term_links",
                        to="catalog.column",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="links", to="glossary.term"),
                ),
                (
                    "relationship",
                    models.CharField(
                        choices=[
                            ("implements", "Implements"),
                            ("related_to", "Related to"),
                            ("example_of", "Example of"),
                        ],
                        db_column="relationship_type",
                        db_default="implements",
                        default="implements",
                        max_length=50,
                    ),
                ),
                ("added_by", models.CharField(blank=True, max_length=255, null=True)),
                ("added_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                (
                    "capsule_version",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="catalog.capsuleversion",
                    ),
                ),
            ],
            options={
                "db_table": "capsule_business_terms",
                "ordering": ["term__name"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=["capsule"],
                        name="idx_term_links_capsule",
                    ),
                    models.Index(
                        condition=models.Q(("column__isnull", False)),
                        fields=["column"],
                        name="idx_term_links_column",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=exactly_one("capsule", "column"),
                        name="capsule_business_terms_has_subject",
                        violation_error_message="Name a capsule or a column, one of the two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("relationship__in", ["implements", "related_to", "example_of"])),
                        name="relationship_type_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=("capsule", "term", "relationship"),
                        name="capsule_term_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("column__isnull", False)),
                        fields=("column", "term", "relationship"),
                        name="column_term_unique",
                    ),
                ],
            },
        ),
        DeleteActions(
            "business_terms",
            domain_id="SET NULL",
            owner_id="SET NULL",
            author_id="RESTRICT",
            submitted_by_id="RESTRICT",
            approved_by_user_id="RESTRICT",
        ),
        DeleteActions(
            "capsule_business_terms",
            capsule_id="CASCADE",
            column_id="CASCADE",
            term_id="CASCADE",
            capsule_version_id="SET NULL",
        ),
        KeepTime("business_terms"),
        KeepTime("capsule_business_terms"),
        InheritRank("capsule_business_terms", "capsules", "capsule_id"),
        InheritRank("capsule_business_terms", "columns", "column_id"),
        Audit("business_terms"),
        Audit("capsule_business_terms"),
    ]
