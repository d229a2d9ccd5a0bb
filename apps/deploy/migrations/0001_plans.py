from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey, Next, ObjectField, empty_list, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, KeepTime

KEY = ("id", models.UUIDField(db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False))


def an_object(**options):
    return ObjectField(blank=True, db_default=empty_object(), default=dict, **options)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL("CREATE SEQUENCE dcs.plans_number", "DROP SEQUENCE dcs.plans_number"),
        migrations.CreateModel(
            name="Plan",
            fields=[
                KEY,
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("number", models.BigIntegerField(db_default=Next("dcs.plans_number"), editable=False)),
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
                ("document_hash", models.CharField(max_length=64)),
                ("base", an_object(editable=False)),
                ("options", an_object(editable=False)),
                ("content", models.JSONField(db_default=empty_list(), default=list, editable=False)),
                ("result", an_object(editable=False)),
                ("held", an_object()),
                ("expires_at", models.DateTimeField(editable=False)),
                ("applied_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "db_table": "plans",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="plan_number_unique"),
                ],
            },
        ),
        DeleteActions("plans", author_id="RESTRICT"),
        KeepTime("plans"),
        Audit("plans", ignore=("content", "result")),
    ]
