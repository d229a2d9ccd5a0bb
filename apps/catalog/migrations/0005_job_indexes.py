from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_unresolved_terms'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ingestionjob',
            index=models.Index(fields=['source_type', '-started_at', '-number'], name='idx_ingestion_jobs_source'),
        ),
        migrations.AddIndex(
            model_name='ingestionjob',
            index=models.Index(condition=models.Q(('source_type', 'openlineage'), _negated=True), fields=['-started_at', '-number'], name='idx_ingestion_jobs_own'),
        ),
    ]
