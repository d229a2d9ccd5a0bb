from django.db import migrations, models

import apps.dcs.models
from apps.workflow.operations import Govern


class Migration(migrations.Migration):
    dependencies = [("glossary", "0002_relations_refusals_imports"), ("catalog", "0002_govern_value_domains")]

    operations = [
        migrations.AlterModelOptions(
            name="term",
            options={"ordering": ["name"], "permissions": [("review_term", "Can decide on terms")]},
        ),
        # The key keeps its SET NULL in the database; only Django leaves it alone.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "term",
                    "domain",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=apps.dcs.models.empty_in_database,
                        related_name="terms",
                        to="catalog.domain",
                    ),
                )
            ]
        ),
        Govern(
            "business_terms",
            state="approval_status",
            free=["draft"],
            pending=["under_review"],
            entering=["approved"],
            governed=[
                "term_name",
                "display_name",
                "definition",
                "abbreviation",
                "synonyms",
                "domain_id",
                "category",
            ],
            evidence=["approved_by", "approved_by_user_id", "approved_at"],
        ),
    ]
