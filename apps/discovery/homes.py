"""Home, by persona: what needs this person today, and where to go next."""

from django.contrib.auth.decorators import login_required
from django.template.response import TemplateResponse


@login_required
def home(request):
    """What needs this person today, as one of the personas they hold."""
    return TemplateResponse(request, "discovery/home.html")
