import apps.dcs.fields
import apps.dcs.keys
import django.db.models.deletion
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_job_indexes'),
        ('policy', '0003_keep_policies_in_force'),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name='PIISuggestion',
            fields=[
                ('id', models.UUIDField(db_default=apps.dcs.fields.NewKey(), default=apps.dcs.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('visibility_rank', models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ('pii_type', models.CharField(choices=[('direct_identifier', 'Direct identifier'), ('email', 'E-mail address'), ('phone', 'Phone number'), ('address', 'Address'), ('ssn', 'National number'), ('credit_card', 'Card number'), ('bank_account', 'Bank account'), ('health', 'Health'), ('biometric', 'Biometric'), ('date_of_birth', 'Date of birth'), ('name', 'Name'), ('ip_address', 'IP address'), ('device_id', 'Device')], max_length=50)),
                ('confidence', models.DecimalField(decimal_places=3, max_digits=4)),
                ('evidence', models.CharField(choices=[('name', 'Name'), ('values', 'Values'), ('both', 'Name and values'), ('lineage', 'Lineage')], max_length=10)),
                ('match_rate', models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=5)),
                ('sample_size', models.IntegerField(db_default=0, default=0)),
                ('test', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('word', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('counts', apps.dcs.fields.ObjectField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict)),
                ('detector', models.SmallIntegerField()),
                ('named', models.CharField(max_length=255)),
                ('typed', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('rank_before', models.SmallIntegerField(editable=False, null=True)),
                ('state', models.CharField(choices=[('open', 'Waits'), ('accepted', 'Accepted'), ('refused', 'Refused')], db_default='open', default='open', max_length=10)),
                ('asked_again', models.CharField(blank=True, choices=[('name', 'The column is called otherwise now.'), ('type', 'The column has another type now.'), ('confidence', 'The evidence is stronger now.')], db_default='', default='', max_length=10)),
                ('reason', models.TextField(blank=True, db_default='', default='')),
                ('answered_by', models.CharField(blank=True, db_default='', default='', max_length=255)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('found_at', models.DateTimeField(db_default=apps.dcs.fields.Moment(), editable=False)),
                ('column', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pii_suggestions', to='catalog.column')),
                ('origin', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.column')),
            ],
            options={
                'verbose_name': 'detected personal data',
                'verbose_name_plural': 'detected personal data',
                'db_table': 'pii_suggestions',
                'ordering': ['-confidence', 'id'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['-confidence', 'id'], name='idx_pii_suggestions_open')],
                'constraints': [models.UniqueConstraint(fields=('column', 'pii_type'), name='a_column_is_suggested_a_type_once'), models.CheckConstraint(condition=models.Q(('pii_type__in', ['direct_identifier', 'email', 'phone', 'address', 'ssn', 'credit_card', 'bank_account', 'health', 'biometric', 'date_of_birth', 'name', 'ip_address', 'device_id'])), name='pii_suggestion_type_valid'), models.CheckConstraint(condition=models.Q(('evidence__in', ['name', 'values', 'both', 'lineage'])), name='pii_suggestion_evidence_valid'), models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='pii_suggestion_confidence_valid'), models.CheckConstraint(condition=models.Q(('state', 'open'), models.Q(('answered_at__isnull', False), ('state__in', ['accepted', 'refused']), models.Q(('answered_by', ''), _negated=True)), _connector='OR'), name='pii_suggestion_answer_has_a_name')],
            },
        ),
        DeleteActions("pii_suggestions", column_id="CASCADE", origin_id="SET NULL"),
        InheritRank("pii_suggestions", "columns", "column_id"),
        Audit("pii_suggestions"),
    ]
