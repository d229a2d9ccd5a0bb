"""Pages about the portal itself: its keys, and how far everybody can use it."""

from django.contrib.auth.decorators import login_required
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

# What a test or a tool looks at; a line is here only while the thing it names runs with the tests.
CHECKED = (
    {
        "title": _("Contrast"),
        "how": _("Every text and control colour is measured on every ground it stands on, light and dark."),
    },
    {
        "title": _("Structure"),
        "how": _("Pages are opened in a real browser and read by the checker axe, in light and dark."),
    },
    {
        "title": _("Without JavaScript"),
        "how": _("Searching, filtering, sorting and paging are plain links and forms, tested as such."),
    },
    {
        "title": _("Keys"),
        "how": _("No key has two meanings in one place, and each can be seen on the page of keys."),
    },
    {
        "title": _("Width"),
        "how": _("Pages are opened at 375 pixels, where none may scroll sideways."),
    },
)
UNCHECKED = (
    _("No person who uses a screen reader every day has walked through the portal yet."),
    _("Speech control and switch devices have not been tried."),
    _("No outside body has audited the portal; what stands above are our own checks."),
)


@login_required
def key_map(request):
    """The key map, the same that the dialog under `?` shows."""
    return TemplateResponse(request, "discovery/keys.html")


def accessibility(request):
    """What is checked about accessibility, and what is not; open to everybody, signed in or not."""
    context = {"checked": CHECKED, "unchecked": UNCHECKED}
    return TemplateResponse(request, "discovery/accessibility.html", context)
