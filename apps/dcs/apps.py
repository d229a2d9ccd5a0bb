from django.apps import AppConfig


class DcsConfig(AppConfig):
    name = "apps.dcs"
    label = "dcs"
    verbose_name = "Schema and database"

    def ready(self):
        from . import checks, lookups  # noqa: F401
