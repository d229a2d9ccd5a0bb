from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "apps.deploy"
    verbose_name = "Deployment"

    def ready(self):
        from apps.catalog.comparison import register_drafts

        from .drafts import find

        register_drafts(find)
