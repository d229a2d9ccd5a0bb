from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import apps.dcs.fields
import apps.dcs.keys
from apps.audit.operations import Audit
from apps.dcs.operations import CreateTablesIn, DeleteActions, KeepTime, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
ALTER TABLE dcs.metadata_audit_log ALTER COLUMN review_id DROP DEFAULT;
DROP TRIGGER stamp_account ON dcs.users;
DROP TRIGGER stamp_since ON dcs.memberships;
DROP FUNCTION dcs.close_reviews() CASCADE;
DROP FUNCTION dcs.guard_governed() CASCADE;
DROP FUNCTION dcs.says_the_same(jsonb, jsonb);
DROP FUNCTION dcs.stamp_step() CASCADE;
DROP FUNCTION dcs.guard_delegation() CASCADE;
DROP FUNCTION dcs.guard_members() CASCADE;
DROP FUNCTION dcs.part_of(jsonb, jsonb);
DROP FUNCTION dcs.members_hash(uuid, integer);
DROP FUNCTION dcs.note_author() CASCADE;
DROP FUNCTION dcs.guard_review() CASCADE;
DROP FUNCTION dcs.guard_decision() CASCADE;
DROP FUNCTION dcs.reviews_waiting_for(uuid);
DROP FUNCTION dcs.decision_refusal(uuid, uuid, uuid);
DROP FUNCTION dcs.quorum_holds(dcs.reviews);
DROP FUNCTION dcs.domain_refusal(dcs.reviews, uuid);
DROP FUNCTION dcs.capacity_refusal(dcs.reviews, uuid);
DROP FUNCTION dcs.looked_after(uuid);
DROP FUNCTION dcs.acting_person();
DROP FUNCTION dcs.stamp_account();
DROP FUNCTION dcs.stamp_since();
DROP TRIGGER append_only ON dcs.review_decisions;
DROP TRIGGER append_only_truncate ON dcs.review_decisions;
DROP TRIGGER append_only ON dcs.review_authors;
DROP TRIGGER append_only_truncate ON dcs.review_authors;
DROP TRIGGER append_only ON dcs.review_members;
DROP TRIGGER append_only_truncate ON dcs.review_members;
DROP TRIGGER append_only ON dcs.steps;
DROP TRIGGER append_only_truncate ON dcs.steps;
DROP TRIGGER append_only ON dcs.reviews;
DROP TRIGGER append_only_truncate ON dcs.reviews;
DROP TRIGGER append_only ON dcs.review_delegations;
DROP TRIGGER append_only_truncate ON dcs.review_delegations;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("audit", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL("CREATE SEQUENCE dcs.reviews_number", "DROP SEQUENCE dcs.reviews_number"),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=apps.dcs.fields.Next("dcs.reviews_number"), editable=False
                    ),
                ),
                ("subject_table", models.CharField(max_length=100)),
                ("subject_id", models.UUIDField()),
                ("kind", models.CharField(max_length=50)),
                ("title", models.CharField(max_length=500)),
                ("summary", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("domain_id", models.UUIDField(null=True)),
                ("domain_name", models.CharField(blank=True, db_default="", default="", max_length=100)),
                (
                    "domains",
                    apps.dcs.fields.StringListField(
                        blank=True, db_default=apps.dcs.fields.empty_list(), default=list
                    ),
                ),
                ("base_content", models.JSONField(null=True)),
                ("base_hash", models.CharField(blank=True, db_default="", default="", max_length=64)),
                (
                    "proposal",
                    apps.dcs.fields.ObjectField(
                        blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict
                    ),
                ),
                ("proposal_hash", models.CharField(max_length=64)),
                ("change_hash", models.CharField(max_length=64)),
                ("revision", models.IntegerField(db_default=1, default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "In review"),
                            ("approved", "Approved"),
                            ("applied", "Applied"),
                            ("changes_requested", "Changes requested"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("superseded", "Overtaken"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=20,
                    ),
                ),
                (
                    "risk",
                    models.CharField(
                        choices=[
                            ("low", "Low risk"),
                            ("medium", "Medium risk"),
                            ("high", "High risk"),
                            ("critical", "Critical risk"),
                        ],
                        db_default="medium",
                        default="medium",
                        max_length=10,
                    ),
                ),
                (
                    "marks",
                    apps.dcs.fields.StringListField(
                        blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list
                    ),
                ),
                ("quorum", models.SmallIntegerField(db_default=1, default=1)),
                (
                    "capacities",
                    apps.dcs.fields.StringListField(
                        blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("submitted_at", models.DateTimeField(editable=False, null=True)),
                ("due", models.DateField(null=True)),
                ("decided_at", models.DateTimeField(editable=False, null=True)),
                ("applied_at", models.DateTimeField(editable=False, null=True)),
                ("row_version", models.IntegerField(db_default=1, default=1)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "reviews",
                "ordering": ["-created_at", "-number"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event", models.CharField(max_length=30)),
                ("stage", models.CharField(blank=True, db_default="", default="", max_length=60)),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("decider", "You can decide on it."),
                            ("stand_in", "A colleague asked you to decide in their place."),
                            ("author", "You wrote it."),
                            ("watcher", "You watch it."),
                            ("owner", "You look after its domain."),
                            ("talked", "You took part in its discussion."),
                        ],
                        max_length=20,
                    ),
                ),
                ("text", models.CharField(max_length=1000)),
                ("url", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("urgent", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ("read_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "notifications",
                "ordering": ["-created_at"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(blank=True, db_default="", default="", max_length=50)),
                ("starts_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("created_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="stand-in",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "review_delegations",
                "ordering": ["-starts_at"],
            },
        ),
        migrations.CreateModel(
            name="ReviewAuthor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("revision", models.IntegerField(db_default=1, default=1)),
                ("added_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authors",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "review_authors",
                "ordering": ["added_at"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="ReviewMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("revision", models.IntegerField()),
                ("subject_table", models.CharField(max_length=100)),
                ("subject_id", models.UUIDField()),
                (
                    "action",
                    models.CharField(choices=[("create", "New"), ("change", "Changed")], max_length=10),
                ),
                ("title", models.CharField(max_length=500)),
                ("base", models.JSONField(null=True)),
                ("content", models.JSONField()),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "review_members",
                "ordering": ["title", "subject_id"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("revision", models.IntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("request_changes", "Requested changes"),
                            ("reject", "Rejected"),
                            ("comment", "Commented"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "capacity",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=50),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("via", models.CharField(db_default="", default="", editable=False, max_length=20)),
                ("decided_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "review_decisions",
                "ordering": ["decided_at"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("subject_table", models.CharField(max_length=100)),
                ("subject_id", models.UUIDField()),
                ("name", models.CharField(max_length=50)),
                ("before", models.CharField(max_length=50)),
                ("after", models.CharField(max_length=50)),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("actor_name", models.CharField(db_default="", default="", editable=False, max_length=255)),
                ("via", models.CharField(db_default="", default="", editable=False, max_length=20)),
                ("taken_at", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "actor",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "steps",
                "ordering": ["-taken_at"],
            },
        ),
        migrations.CreateModel(
            name="Watcher",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("since", models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watchers",
                        to="workflow.review",
                    ),
                ),
            ],
            options={
                "db_table": "review_watchers",
                "ordering": ["since"],
            },
        ),
        migrations.CreateModel(
            name="NoticePreference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=apps.dcs.fields.NewKey(),
                        default=apps.dcs.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "mails",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("daily", "Once a day, together"),
                            ("never", "Never; I look here"),
                        ],
                        db_default="daily",
                        default="daily",
                        max_length=10,
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notice_preference",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "notice_preferences",
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mails__in", ["at_once", "daily", "never"])), name="mails_valid"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["subject_table", "subject_id"], name="reviews_subject"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "submitted")), fields=["due"], name="reviews_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("state", "submitted")), fields=["change_hash"], name="reviews_alike"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(fields=("number",), name="review_number_unique"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "submitted",
                            "approved",
                            "applied",
                            "changes_requested",
                            "rejected",
                            "withdrawn",
                            "superseded",
                        ],
                    )
                ),
                name="review_state_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("risk__in", ["low", "medium", "high", "critical"])),
                name="review_risk_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("quorum__gte", 1), ("revision__gte", 1)), name="review_needs_somebody"
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["person", "-created_at"], name="notifications_person"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("mailed_at__isnull", True)),
                fields=["created_at"],
                name="notifications_unsent",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", ""), _negated=True),
                fields=("person", "review", "event", "stage"),
                name="one_reminder_a_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_person", models.F("to_person")), _negated=True),
                name="nobody_stands_in_for_themselves",
                violation_error_message="Choose somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                ),
                name="delegation_ends_after_it_starts",
                violation_error_message="The end lies after the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("review__isnull", False), ("ends_at__isnull", False), _connector="OR"),
                name="an_absence_has_an_end",
                violation_error_message="Say until when.",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewauthor",
            constraint=models.UniqueConstraint(fields=("review", "person"), name="review_author_unique"),
        ),
        migrations.AddIndex(
            model_name="reviewmember",
            index=models.Index(fields=["subject_table", "subject_id"], name="review_members_subject"),
        ),
        migrations.AddConstraint(
            model_name="reviewmember",
            constraint=models.UniqueConstraint(
                fields=("review", "revision", "subject_table", "subject_id"), name="review_member_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("action", "create"), ("base__isnull", True))
                | models.Q(("action", "change"), ("base__isnull", False)),
                name="review_member_action_valid",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewdecision",
            index=models.Index(fields=["review", "revision"], name="review_decisions_review"),
        ),
        migrations.AddConstraint(
            model_name="reviewdecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decision", "comment"), _negated=True),
                fields=("review", "revision", "person"),
                name="one_decision_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["approve", "request_changes", "reject", "comment"])),
                name="decision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decision", "approve"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="refusals_say_why",
                violation_error_message="Say why, so that the author knows what to do.",
            ),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(fields=["subject_table", "subject_id", "-taken_at"], name="steps_subject"),
        ),
        migrations.AddConstraint(
            model_name="watcher",
            constraint=models.UniqueConstraint(fields=("review", "person"), name="review_watcher_unique"),
        ),
        DeleteActions("steps", actor_id="RESTRICT", review_id="RESTRICT"),
        DeleteActions("reviews", created_by_id="RESTRICT", submitted_by_id="RESTRICT"),
        DeleteActions("review_authors", review_id="RESTRICT", person_id="RESTRICT"),
        DeleteActions("review_members", review_id="RESTRICT"),
        DeleteActions(
            "review_decisions", review_id="RESTRICT", person_id="RESTRICT", on_behalf_of_id="RESTRICT"
        ),
        DeleteActions(
            "review_delegations",
            from_person_id="RESTRICT",
            to_person_id="RESTRICT",
            review_id="RESTRICT",
            created_by_id="RESTRICT",
        ),
        DeleteActions("review_watchers", review_id="CASCADE", person_id="CASCADE"),
        DeleteActions("notifications", person_id="CASCADE", review_id="CASCADE"),
        DeleteActions("notice_preferences", person_id="CASCADE"),
        KeepTime("reviews"),
        Audit("steps"),
        Audit("reviews"),
        Audit("review_authors"),
        Audit("review_members"),
        Audit("review_decisions"),
        Audit("review_delegations"),
        Audit("review_watchers"),
        Audit("notice_preferences"),
        # Notifications repeat what the log has, and move whenever somebody reads.
        RunSQLFile(SQL / "reviews_v1.sql", reverse=UNDO),
    ]
