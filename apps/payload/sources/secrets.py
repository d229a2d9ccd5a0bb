"""Secrets of connections: named where they are stored, read only at the moment of connecting, kept nowhere."""

import os
import re
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from .base import Unreadable

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
MOST_BYTES = 64 * 1024
# The portal's own secrets are none of a source's: who may name a variable may send its value to a host of theirs.
OURS = re.compile(
    r"SECRET_KEY|(MIGRATION_|.*_)?DATABASE_URL|DEMO_PASSWORD|TEST_ADMIN_URL|EMAIL_.*|DJANGO_.*|PG[A-Z]+|PORTAL_.*|DCS_.*"
)


class Secret:
    """A secret on its way to a driver: it does not show itself when it is printed, logged or formatted."""

    __slots__ = ("_value",)

    def __init__(self, value):
        self._value = value

    def reveal(self):
        """The secret itself, for the driver alone."""
        return self._value

    def __repr__(self):
        return "Secret(…)"

    __str__ = __repr__


def secret(connection, name):
    """The `Secret` that a connection names for `name` (`password`), None if it names none. Raises `Unreadable`.

    `{"password_env": "NAME"}`, `{"password": "env:NAME"}` and `{"secrets": {"password": "env:NAME"}}` are one;
    `file:PATH` is a file below `SECRETS_ROOT`.
    """
    reference = reference_of(connection, name)
    return None if reference is None else Secret(_resolved(reference))


def reference_of(connection, name):
    """Where the secret `name` is to be found, such as `env:WAREHOUSE_PASSWORD`; None if the connection does not say."""
    if variable := connection.get(f"{name}_env"):
        return f"env:{variable}"
    named = connection.get("secrets")
    return (named.get(name) if isinstance(named, dict) else None) or connection.get(name) or None


def _resolved(reference):
    scheme, mark, place = str(reference).partition(":")
    if mark and scheme == "env":
        return _from_environment(place)
    if mark and scheme == "file":
        return _from_file(place)
    if mark and scheme == "vault":
        raise Unreadable(_("No vault is connected to this portal. Name the secret as env:NAME or file:PATH."))
    # The text itself may be a secret that somebody wrote by mistake: it is not repeated.
    raise Unreadable(_("A secret is named as env:NAME or file:PATH."))


def _from_environment(name):
    if not VARIABLE.fullmatch(name) or OURS.fullmatch(name):
        raise Unreadable(_("This variable is none that a source may name."))
    if not (value := os.environ.get(name)):
        raise Unreadable(
            _("The variable %(name)s is not set where the portal runs. Its operator sets it.")
            % {"name": name}
        )
    return value


def _from_file(place):
    """The text of a file below `SECRETS_ROOT`, without its last line break."""
    path = below_root(place)
    try:
        if path.stat().st_size <= MOST_BYTES:
            return path.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        pass
    raise Unreadable(_("The file of the secret cannot be read."))


def below_root(place):
    """The `Path` of a file below `SECRETS_ROOT`; no link that leads out is followed. Raises `Unreadable`."""
    refused = Unreadable(_("No file of this name lies below the folder of secrets (SECRETS_ROOT)."))
    if not settings.SECRETS_ROOT or "\0" in place:
        raise refused
    root = Path(settings.SECRETS_ROOT).resolve()
    try:
        path = (root / place).resolve(strict=True)
    except (OSError, RuntimeError):
        raise refused from None
    if not path.is_relative_to(root) or not path.is_file():
        raise refused
    return path
