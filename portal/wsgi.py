"""What the web server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

# Whoever comes first does not wait for the views to be loaded; and since all of it stays for the life of the process,
# the collector of garbage need not walk through it again and again while pages are made.
get_resolver().url_patterns  # noqa: B018 - reading them loads them
gc.collect()
gc.freeze()

if os.environ.get("DCS_SERVING"):
    from apps.discovery import ahead

    ahead.begin()
