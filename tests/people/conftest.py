import pytest


@pytest.fixture(autouse=True)
def _quick_hashes(request, settings):
    """A slow hash proves nothing but in the tests that are about it."""
    if "real_hashes" not in request.fixturenames:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def real_hashes():
    """Hash passwords as in production."""
