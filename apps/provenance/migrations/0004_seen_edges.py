import apps.dcs.fields
import apps.dcs.keys
import django.db.models.deletion
from django.db import migrations, models


from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_unresolved_terms'),
        ('provenance', '0003_lineage_walk'),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.AddField(
            model_name='columnedge',
            name='meta',
            field=apps.dcs.fields.ObjectField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict),
        ),
        migrations.CreateModel(
            name='RunCapsule',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visibility_rank', models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ('role', models.CharField(choices=[('input', 'Input'), ('output', 'Output')], editable=False, max_length=10)),
                ('rows', models.BigIntegerField(editable=False, null=True)),
                ('size', models.BigIntegerField(editable=False, null=True)),
                ('capsule', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='catalog.capsule')),
                ('run', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='run_capsules', to='catalog.ingestionjob')),
            ],
            options={
                'db_table': 'run_capsules',
                'ordering': ['role', 'capsule__name'],
                'constraints': [models.UniqueConstraint(fields=('run', 'capsule', 'role'), name='run_capsule_unique'), models.CheckConstraint(condition=models.Q(('role__in', ['input', 'output'])), name='run_capsule_role_valid')],
            },
        ),
        DeleteActions("run_capsules", run_id="CASCADE", capsule_id="CASCADE"),
        InheritRank("run_capsules", "capsules", "capsule_id"),
    ]
