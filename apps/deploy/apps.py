from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "apps.deploy"
    verbose_name = "Deployment"

    def ready(self):
        from apps.catalog.comparison import register_drafts

        from . import schema_files  # noqa: F401 - readers of schemas register themselves
        from .drafts import find

        register_drafts(find)
