from django.apps import AppConfig


class UiConfig(AppConfig):
    """The look: template tags, charts, paging. It knows no domain words and has no tables."""

    name = "apps.ui"
    label = "ui"
