"""The portal's settings, on a database server of the tests' own.

The names are set before the settings are read, and for every process that a test starts.
"""

import os

os.environ.setdefault("DCS_CLUSTER", "postgres-test")
os.environ.setdefault("SECRET_KEY", "only for tests, and long enough to be no warning")

# Tests travel in time, and PostgreSQL's clock stays where it is.
os.environ.setdefault("CONTEXT_SECONDS", str(100 * 365 * 24 * 3600))

from portal.settings import *  # noqa: E402, F403
