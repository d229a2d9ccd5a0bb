from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions

PLACES = [
    ("catalog", "Catalog"),
    ("columns", "Columns"),
    ("search", "Search"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0004_keep_catalogue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("place", models.CharField(choices=PLACES, max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("query", models.CharField(blank=True, db_default="", default="", max_length=2000)),
                ("shared", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=models.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "saved_views",
                "ordering": ["name"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("shared", True)), fields=["name"], name="saved_views_shared"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint("person", "place", Lower("name"), name="saved_view_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("place__in", [place for place, _title in PLACES])),
                        name="saved_view_place_valid",
                    ),
                ],
            },
        ),
        DeleteActions("saved_views", person_id="CASCADE"),
        Audit("saved_views"),
    ]
