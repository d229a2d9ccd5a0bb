import apps.dcs.fields
import apps.dcs.keys
import django.db.models.deletion
from django.db import migrations, models


from apps.dcs.operations import CreateTablesIn, DeleteActions


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_unresolved_terms'),
        ('deploy', '0005_hide_documents'),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name='LineageRun',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', apps.dcs.fields.ObjectField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict, editable=False)),
            ],
            options={
                'db_table': 'lineage_runs',
            },
        ),
        migrations.CreateModel(
            name='LineageDataset',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', apps.dcs.fields.ObjectField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict, editable=False)),
                ('capsule', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='datasets', to='catalog.capsule')),
            ],
            options={
                'db_table': 'lineage_datasets',
            },
        ),
        migrations.CreateModel(
            name='LineageEvent',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('content', models.JSONField(editable=False)),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('event_time', models.DateTimeField(editable=False)),
                ('received_at', models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ('position', models.IntegerField(db_default=0, default=0, editable=False)),
                ('received_from', models.CharField(editable=False, max_length=255)),
                ('projected_at', models.DateTimeField(editable=False, null=True)),
                ('error', models.TextField(db_default='', default='', editable=False)),
            ],
            options={
                'db_table': 'lineage_events',
                'ordering': ['-received_at', '-position'],
                'indexes': [models.Index(condition=models.Q(('projected_at__isnull', True)), fields=['received_at', 'position'], name='lineage_events_waiting'), models.Index(fields=['-received_at', '-position'], name='lineage_events_newest')],
                'constraints': [models.UniqueConstraint(fields=('digest',), name='lineage_event_unique')],
            },
        ),
        DeleteActions("lineage_datasets", capsule_id="SET NULL"),
    ]
