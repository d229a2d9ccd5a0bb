"""Two databases to compare: the reference, and ours."""

import os
from pathlib import Path

import pytest
from django.conf import settings

REFERENCE = Path(settings.BASE_DIR) / "docs" / "reference" / "dcs.sql"


@pytest.fixture(scope="session")
def reference_database(server):
    """A connection to a database that holds the reference schema and nothing else."""
    name = f"dcs_reference_{os.getpid()}"
    server.create(name)
    with server.connect(name) as connection:
        connection.execute(REFERENCE.read_text())
        yield connection
    server.drop(name)


@pytest.fixture(scope="session")
def migrated_database(server, django_db_setup):
    """A connection with all rights to the database that the migrations made."""
    with server.connect(settings.DATABASES["default"]["NAME"]) as connection:
        yield connection
