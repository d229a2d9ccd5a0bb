from django.apps import AppConfig


class DeployConfig(AppConfig):
    name = "apps.deploy"
    verbose_name = "Deployment"
