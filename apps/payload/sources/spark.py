"""How a server of Spark Connect is reached: at an address that was looked at, with a token read at the last moment."""

from urllib.parse import quote

from django.utils.translation import gettext as _

from apps.dcs import hosts

from .base import Unreadable
from .secrets import secret


def driver_facts(facts):
    """{address} for the client, which may hold a token. Raises `Unreadable`."""
    token = secret(facts, "token")
    if token and not facts["tls"]:
        raise Unreadable(_("A token is sent over TLS alone. Set sslmode to require."))
    try:
        address = hosts.checked(facts["host"], facts["port"])[0]
    except hosts.HostRefused as refused:
        raise Unreadable(str(refused)) from None
    except hosts.HostUnknown:
        raise Unreadable(_("The source did not answer."), "unreachable") from None
    # With TLS the certificate says who answers, and it names the host.
    host = facts["host"].strip() if facts["tls"] else f"[{address}]" if ":" in address else address
    told = {"use_ssl": "true" if facts["tls"] else "false"}
    if facts["user"]:
        told["user_id"] = facts["user"]
    if token:
        told["token"] = token.reveal()
    parameters = ";".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
    return {"address": f"sc://{host}:{facts['port']}/;{parameters}"}
