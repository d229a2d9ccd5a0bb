"""How a PostgreSQL server is reached: at an address that was looked at, with a secret read at the last moment."""

import os

from django.utils.translation import gettext as _

from apps.dcs import hosts

from .base import Unreadable
from .secrets import below_root, secret

CONNECT_SECONDS = 3
TRIED = 2  # addresses of one host


def refusal(reason):
    """Why a connection was not made, by the engine's word for it; None for another. Nothing about the network."""
    return {
        "sign-in": _("The server refused the sign-in. Look at the account and at its secret."),
        "database": _("The server has no database of this name, or the account may not enter it."),
        "encryption": _("The server and the portal do not agree on encryption. Look at sslmode."),
        "clear text": _("The server asks for the password in clear text. Use sslmode verify-full."),
        "full": _("The server takes no more connections now. Try again later."),
        "starting": _("The server is starting or stopping. Try again in a minute."),
        "pooler": _(
            "A pooler stands before the server and takes no options. Name the server itself, or let the pooler ignore them."
        ),
        "silent": _("The server did not answer within %(seconds)d seconds.") % {"seconds": CONNECT_SECONDS},
    }.get(reason)


def driver_facts(facts):
    """What the driver connects with, as a dict that holds the password. Raises `Unreadable`."""
    password = secret(facts, "password")
    try:
        addresses = hosts.checked(facts["host"], facts["port"])[:TRIED]
    except hosts.HostRefused as refused:
        raise Unreadable(str(refused)) from None
    except hosts.HostUnknown:
        raise Unreadable(refusal("silent"), "unreachable") from None
    verified = facts.get("sslmode") in ("verify-ca", "verify-full")
    return {
        "host": ",".join([facts["host"].strip()] * len(addresses)),
        # The driver goes where the check has looked, and asks for no address again.
        "hostaddr": ",".join(addresses),
        "port": ",".join([str(facts["port"])] * len(addresses)),
        "dbname": facts["database"],
        "user": facts["user"],
        "password": password.reveal() if password else None,
        # Nothing of the process's own surroundings: no password file, no service, no other options.
        "passfile": f"{os.devnull}/none",
        "sslmode": facts.get("sslmode") or "prefer",
        "sslrootcert": _authority(facts),
        "gssencmode": "disable",
        "require_auth": None if verified else "!password",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "application_name": "data capsule portal",
    }


def _authority(facts):
    """Who vouches for the server: a file below `SECRETS_ROOT`, else the system's authorities where one is asked for."""
    if named := facts.get("sslrootcert"):
        return str(below_root(str(named).removeprefix("file:")))
    return "system" if facts.get("sslmode") == "verify-full" else None
