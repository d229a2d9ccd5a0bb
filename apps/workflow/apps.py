from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkflowConfig(AppConfig):
    name = "apps.workflow"
    verbose_name = "Reviews"

    def ready(self):
        autodiscover_modules("inbox")
