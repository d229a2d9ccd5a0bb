from django.conf import settings
from django.contrib.auth.models import UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import migrations, models
from django.utils.timezone import now

from apps.dcs.fields import Moment, NewKey, StringListField, empty_list
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions


class Migration(migrations.Migration):
    initial = True
    dependencies = [("auth", "0012_alter_user_first_name_max_length"), ("dcs", "0001_schema")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=now, verbose_name="date joined")),
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "clearance",
                    models.SmallIntegerField(
                        blank=True,
                        help_text="1 public to 5 secret. Empty: the highest that the person's roles give.",
                        null=True,
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        db_default="auto",
                        default="auto",
                        max_length=10,
                    ),
                ),
                (
                    "density",
                    models.CharField(
                        choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                        db_default="comfortable",
                        default="comfortable",
                        max_length=20,
                    ),
                ),
                (
                    "single_keys",
                    models.BooleanField(db_default=True, default=True, verbose_name="single-letter keys"),
                ),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "db_table": "users",
                "ordering": ["username"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("clearance__range", (0, 5))), name="clearance_valid"
                    )
                ],
                "indexes": [],
            },
            managers=[
                ("objects", UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="memberships",
                        to="auth.group",
                        verbose_name="role",
                    ),
                ),
                ("since", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "memberships",
                "ordering": ["group__name"],
                "constraints": [models.UniqueConstraint(fields=("user", "group"), name="membership_unique")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("expiry", models.DateTimeField(blank=True, null=True)),
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=128, unique=True)),
                ("token_key", models.CharField(blank=True, db_index=True, max_length=25, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("name", models.CharField(help_text="What uses it, such as “dbt in CI”.", max_length=100)),
                ("scopes", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("created", models.DateTimeField(db_default=Moment(), editable=False)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "db_table": "api_tokens",
                "ordering": ["-created"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expiry__isnull", False)), name="tokens_expire"
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="groups",
            field=models.ManyToManyField(
                blank=True, related_name="user_set", through="people.Membership", to="auth.group"
            ),
        ),
        DeleteActions("users_user_permissions", user_id="CASCADE", permission_id="CASCADE"),
        DeleteActions("memberships", user_id="CASCADE", group_id="CASCADE"),
        DeleteActions("api_tokens", user_id="CASCADE"),
    ]
