from pathlib import Path

import apps.dcs.fields
import apps.dcs.keys
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, RunSQLFile


SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """Two people let a change go past a contract, and say why."""

    dependencies = [
        ('catalog', '0005_job_indexes'),
        ('contracts', '0007_announce_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visibility_rank', models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ('contract_version', models.CharField(editable=False, max_length=50)),
                ('plan', models.CharField(editable=False, max_length=40)),
                ('plan_key', models.UUIDField(editable=False)),
                ('covers', models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list, editable=False)),
                ('reason', models.TextField(editable=False, validators=[django.core.validators.MinLengthValidator(20)])),
                ('asked_at', models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ('decision', models.CharField(blank=True, choices=[('granted', 'Granted'), ('refused', 'Refused')], db_default='', default='', editable=False, max_length=10)),
                ('why', models.TextField(blank=True, db_default='', default='', editable=False)),
                ('decided_at', models.DateTimeField(editable=False, null=True)),
                ('used_by', models.CharField(blank=True, db_default='', default='', editable=False, max_length=40)),
                ('used_at', models.DateTimeField(editable=False, null=True)),
                ('asked_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('capsule', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='catalog.capsule')),
                ('decided_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'contract_overrides',
                'ordering': ['-asked_at'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['capsule', '-asked_at'], name='contract_overrides_capsule'), models.Index(fields=['plan_key'], name='contract_overrides_plan')],
                'constraints': [models.CheckConstraint(condition=django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length(django.db.models.functions.text.Trim('reason')), 20), name='overrides_say_why'), models.CheckConstraint(condition=models.Q(('decided_by', None), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='override_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('decision', ''), ('used_at', None), ('used_by', '')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('decision', 'granted')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('decision', 'refused'), ('used_at', None), ('used_by', '')), _connector='OR'), name='override_decision_valid')],
            },
        ),
        DeleteActions("contract_overrides", capsule_id="CASCADE", asked_by_id="RESTRICT", decided_by_id="RESTRICT"),
        InheritRank("contract_overrides", "capsules", "capsule_id"),
        RunSQLFile(SQL / "keep_override_v1.sql", reverse="DROP FUNCTION dcs.keep_override() CASCADE"),
        Audit("contract_overrides"),
    ]
