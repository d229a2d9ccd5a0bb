"""Which computers the portal may call when a person names one: none of an internal network, unless the operator allows it.

A name is resolved once, every address it has is looked at, and callers connect to the addresses that were looked at:
a name that leads elsewhere a moment later changes nothing (trust.md, section 7).
"""

import ipaddress
import queue
import re
import socket
import threading
from dataclasses import dataclass

from django.utils.translation import gettext as _

PATIENCE = 3  # seconds until a name that is not resolved is given up
MOST_ADDRESSES = 32
NAME = re.compile(r"(?=.{1,253}\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")


def _networks(words):
    return tuple(ipaddress.ip_network(word) for word in words.split())


# No operator's list opens these: what answers there is the machine itself or its cloud, never a source of data.
NEVER = _networks(
    "0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 100.100.100.200/32 168.63.129.16/32 192.0.0.192/32"
    " ::/128 fe80::/10 fec0::/10 ff00::/8 fd00:ec2::/32"
)
# The registries of special addresses (RFC 6890); the standard library's `is_global` moves between versions.
INTERNAL = _networks(
    "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24"
    " 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24"
    " ::1/128 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 64:ff9b:1::/48 fc00::/7"
)
COMPATIBLE, NAT64, SIX_TO_FOUR = _networks("::/96 64:ff9b::/96 2002::/16")


class HostRefused(Exception):
    """The portal does not call this host; the sentence says why, and nothing about the network."""


class HostUnknown(Exception):
    """No address is known for this host, or not in time."""


@dataclass(frozen=True)
class Allowed:
    """What the operator allows besides public addresses: internal `networks`, `names` of hosts, and the `ports`."""

    networks: tuple = ()
    names: frozenset = frozenset()
    ports: frozenset = frozenset()

    @classmethod
    def of(cls, internal, ports):
        """From the words of the settings: networks, addresses and names; numbers. Raises `ValueError`."""
        networks, names = [], set()
        for word in filter(None, map(str.strip, internal)):
            try:
                networks.append(ipaddress.ip_network(word))
            except ValueError:
                if not NAME.fullmatch(word) or re.fullmatch(r"[\d./]+", word):
                    raise ValueError(f"{word} is neither a network nor the name of a host") from None
                names.add(_plain(word))
        found = frozenset(int(port) for port in ports)
        if bad := sorted(port for port in found if not 0 < port < 65536):
            raise ValueError(f"{bad[0]} is no port")
        return cls(tuple(networks), frozenset(names), found)

    def holds(self, address):
        """True if the operator's networks hold this address."""
        return any(address.version == each.version and address in each for each in self.networks)


def allowed():
    """What the settings `CONNECT_INTERNAL` and `CONNECT_PORTS` allow."""
    from django.conf import settings

    return Allowed.of(settings.CONNECT_INTERNAL, settings.CONNECT_PORTS)


def checked(host, port, rules=None, *, resolve=None):
    """The addresses of `host` as texts, all of them looked at, in the order in which to try them.

    `rules` are those of the settings unless given. Raises `HostRefused` if one address may not be called, and
    `HostUnknown` if there is none.
    """
    rules = allowed() if rules is None else rules
    name = _plain(host)
    if port not in rules.ports:
        raise HostRefused(_("Port %(port)s is not among those that the portal calls.") % {"port": port})
    if not _is_address(name) and not NAME.fullmatch(name):
        raise HostRefused(_("This is no name of a host. Write a name or an address, and no path."))
    found = (resolve or resolved)(name, port)[:MOST_ADDRESSES]
    if not found:
        raise HostUnknown(name)
    for text in found:
        if not may_call(ipaddress.ip_address(text.partition("%")[0]), rules, name=name):
            raise HostRefused(
                _("This host lies in a network that the portal does not call. Its operator can allow it.")
            )
    return found


def may_call(address, rules, *, name=""):
    """True if the address, and the one that it may carry within, is public or allowed by `rules`."""
    for each in carried(address):
        if any(each.version == net.version and each in net for net in NEVER):
            return False
        internal = any(each.version == net.version and each in net for net in INTERNAL) or not each.is_global
        if internal and name not in rules.names and not rules.holds(each):
            return False
    return True


def carried(address):
    """The addresses that are reached through `address`: the IPv4 one inside of it, or else itself.

    IPv4-mapped and -compatible, NAT64 (`64:ff9b::/96`, which the standard library calls global) and 6to4.
    """
    if address.version == 4:
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    number = int(address)
    if address in NAT64 or (address in COMPATIBLE and number > 1):
        return [ipaddress.IPv4Address(number & 0xFFFFFFFF)]
    if address in SIX_TO_FOUR:
        return [ipaddress.IPv4Address((number >> 80) & 0xFFFFFFFF)]
    return [address]


def resolved(name, port):
    """The addresses of a name, asked for once. Raises `HostUnknown`, also when no answer comes in time."""
    answers = queue.Queue()

    def ask():
        try:
            answers.put(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put([])

    # The system's resolver cannot be interrupted: whoever waits leaves, the thread ends by itself.
    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=PATIENCE)
    except queue.Empty:
        raise HostUnknown(name) from None
    return list(dict.fromkeys(entry[4][0] for entry in found))


def _plain(host):
    return str(host).strip().removesuffix(".").casefold()


def _is_address(name):
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
