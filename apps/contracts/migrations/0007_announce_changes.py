from pathlib import Path

import apps.dcs.fields
import apps.dcs.keys
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, RunSQLFile


SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Changes to come are announced to consumers, who answer."""

    dependencies = [
        ('catalog', '0005_job_indexes'),
        ('contracts', '0006_let_contracts_follow'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL("CREATE SEQUENCE dcs.announcements_number", "DROP SEQUENCE dcs.announcements_number"),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visibility_rank', models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ('number', models.BigIntegerField(db_default=apps.dcs.fields.Next('dcs.announcements_number'), editable=False)),
                ('contract_version', models.CharField(editable=False, max_length=50)),
                ('covers', models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list, editable=False)),
                ('carried_out', models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict, editable=False)),
                ('told', apps.dcs.fields.StringListField(blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list, editable=False)),
                ('text', models.TextField(editable=False)),
                ('effective_on', models.DateField(editable=False)),
                ('announced_at', models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ('announced_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('capsule', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='catalog.capsule')),
            ],
            options={
                'db_table': 'announcements',
                'ordering': ['-announced_at'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visibility_rank', models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ('consumer', models.CharField(editable=False, max_length=255)),
                ('says', models.CharField(choices=[('acknowledged', 'Acknowledged'), ('objected', 'Objected')], editable=False, max_length=20)),
                ('reason', models.TextField(blank=True, db_default='', default='', editable=False)),
                ('answered_at', models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ('announcement', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='contracts.announcement')),
                ('person', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'announcement_answers',
                'ordering': ['answered_at', 'pk'],
                'default_permissions': ('view',),
            },
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(fields=['capsule', '-announced_at'], name='announcements_capsule'),
        ),
        migrations.AddConstraint(
            model_name='announcement',
            constraint=models.UniqueConstraint(fields=('number',), name='announcement_number_unique'),
        ),
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(fields=['announcement', 'answered_at'], name='announcement_answers_of'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.CheckConstraint(condition=models.Q(('says__in', ['acknowledged', 'objected'])), name='announcement_answer_valid'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.CheckConstraint(condition=models.Q(('says', 'acknowledged'), models.Q(('reason', ''), _negated=True), _connector='OR'), name='objections_say_why'),
        ),
        DeleteActions("announcements", capsule_id="CASCADE", announced_by_id="RESTRICT"),
        DeleteActions("announcement_answers", announcement_id="CASCADE", person_id="RESTRICT"),
        InheritRank("announcements", "capsules", "capsule_id"),
        InheritRank("announcement_answers", "announcements", "announcement_id"),
        RunSQLFile(SQL / "keep_announced_v1.sql", reverse="DROP FUNCTION dcs.keep_announced() CASCADE"),
        Audit("announcements"),
        Audit("announcement_answers"),
    ]
