from django.apps import AppConfig


class PayloadConfig(AppConfig):
    name = "apps.payload"
    verbose_name = "Payload"
