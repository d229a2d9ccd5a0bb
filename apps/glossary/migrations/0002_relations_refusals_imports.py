from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.fields.json import KeyTransform

from apps.audit.operations import Audit
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Moment, NewKey, ObjectField, StringListField, empty_list, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime

KEY = ("id", models.UUIDField(db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False))
RANK = ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False))


def moment():
    return models.DateTimeField(db_default=Moment(), editable=False)


def child_of(to):
    return models.ForeignKey(
        blank=True, null=True, on_delete=models.CASCADE, related_name="term_refusals", to=to
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("glossary", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                KEY,
                RANK,
                ("capsule", child_of("catalog.capsule")),
                ("column", child_of("catalog.column")),
                (
                    "term",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="refusals", to="glossary.term"),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("refused_by", models.CharField(max_length=255)),
                ("refused_at", moment()),
            ],
            options={
                "db_table": "term_refusals",
                "ordering": ["-refused_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=exactly_one("capsule", "column"),
                        name="term_refusal_has_subject",
                        violation_error_message="Name a capsule or a column, one of the two.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=("capsule", "term"),
                        name="capsule_term_refused_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("column__isnull", False)),
                        fields=("column", "term"),
                        name="column_term_refused_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TermImport",
            fields=[
                KEY,
                RANK,
                ("created_at", moment()),
                ("updated_at", moment()),
                ("file_name", models.CharField(max_length=255)),
                ("format", models.CharField(max_length=20)),
                ("options", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("rows", models.JSONField(db_default=empty_list(), default=list)),
                ("warnings", StringListField(blank=True, db_default=empty_list(), default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("proposed", "In review"),
                            ("applied", "Applied"),
                            ("dropped", "Dropped"),
                        ],
                        db_default="planned",
                        default="planned",
                        max_length=20,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("outcome", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("applied_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "db_table": "term_imports",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["planned", "proposed", "applied", "dropped"])),
                        name="term_import_state_valid",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="term",
            index=GinIndex(
                OpClass(KeyTransform("relations", "meta"), name="jsonb_path_ops"),
                name="idx_business_terms_relations",
            ),
        ),
        DeleteActions("term_refusals", capsule_id="CASCADE", column_id="CASCADE", term_id="CASCADE"),
        DeleteActions("term_imports", author_id="RESTRICT"),
        KeepTime("term_imports"),
        InheritRank("term_refusals", "capsules", "capsule_id"),
        InheritRank("term_refusals", "columns", "column_id"),
        Audit("term_refusals"),
        Audit("term_imports", ignore=("rows",)),
    ]
