from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CatalogConfig(AppConfig):
    name = "apps.catalog"
    verbose_name = "Catalog"

    def ready(self):
        from apps.audit.context import before_the_end

        from .versions import capture_touched

        autodiscover_modules("dimension")
        before_the_end(capture_touched)
