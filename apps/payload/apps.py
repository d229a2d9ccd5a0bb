from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PayloadConfig(AppConfig):
    name = "apps.payload"
    verbose_name = "Payload"

    def ready(self):
        autodiscover_modules("maskers")
