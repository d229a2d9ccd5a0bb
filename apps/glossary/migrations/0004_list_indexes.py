from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("glossary", "0003_govern_terms")]

    operations = [
        migrations.AddIndex(
            "term", models.Index(fields=["domain", "visibility_rank"], name="idx_business_terms_counts")
        ),
        migrations.AddIndex("term", models.Index(Lower("display_name"), name="idx_business_terms_display")),
    ]
