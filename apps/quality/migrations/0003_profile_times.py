from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0002_runs'),
    ]

    operations = [
        migrations.AddField(
            model_name='qualityschedule',
            name='profile_cron',
            field=models.CharField(blank=True, db_default='', default='', max_length=100),
        ),
    ]
