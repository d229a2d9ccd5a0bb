from django.db import migrations, models

from apps.dcs.fields import NewKey
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.AddField(
            "user",
            "must_change_password",
            models.BooleanField(
                default=False,
                db_default=False,
                help_text="The password was given by somebody else; nothing else can be done until it is replaced.",
            ),
        ),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("address", models.CharField(max_length=45)),
                ("failures", models.IntegerField(db_default=0, default=0)),
                ("last_failure", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "sign_in_attempts",
                "default_permissions": (),
                "indexes": [models.Index(fields=["last_failure"], name="sign_in_attempts_last_failure")],
                "constraints": [
                    models.UniqueConstraint(fields=("name", "address"), name="sign_in_attempt_unique")
                ],
            },
        ),
    ]
