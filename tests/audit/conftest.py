import pytest


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """A slow hash proves nothing here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
