"""The lineage explorer."""

from django.contrib.auth.decorators import login_required
from django.template.response import TemplateResponse


@login_required
def lineage(request):
    """Where data comes from and where it goes, around one capsule."""
    return TemplateResponse(request, "provenance/lineage.html", {})
