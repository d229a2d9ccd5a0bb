"""Which hosts the portal calls: public ones, and of internal ones those that the operator names."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.dcs.hosts import Allowed, HostRefused, HostUnknown, carried, checked, may_call

PUBLIC = Allowed.of([], [5432])


def leading_to(*addresses):
    return lambda name, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 - refused here
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "169.254.0.1",
        "192.0.0.8",
        "192.0.0.192",
        "168.63.129.16",
        "100.100.100.200",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "100::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_inside_of_networks_are_refused(address):
    with pytest.raises(HostRefused):
        checked("warehouse.example.org", 5432, PUBLIC, resolve=leading_to(address))


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses_are_called(address):
    assert checked("warehouse.example.org", 5432, PUBLIC, resolve=leading_to(address)) == [address]


def test_one_internal_address_among_public_ones_refuses_the_host():
    with pytest.raises(HostRefused):
        checked("two.example.org", 5432, PUBLIC, resolve=leading_to("93.184.216.34", "10.0.0.1"))


@pytest.mark.parametrize(
    "spelling",
    [
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "::1",
        "127.0.0.1",
    ],
)
def test_no_spelling_of_this_machine_is_called(spelling):
    with pytest.raises((HostRefused, HostUnknown)):
        checked(spelling, 5432, PUBLIC)


@pytest.mark.parametrize(
    "host",
    ["/var/run/postgresql", "@abstract", "", "a b", "a,b", "host/db", "user@host", "http://x", "a\0", "ä.de"],
)
def test_what_is_no_name_of_a_host_is_refused(host):
    with pytest.raises(HostRefused):
        checked(host, 5432, PUBLIC, resolve=leading_to("93.184.216.34"))


@pytest.mark.parametrize("port", [22, 80, 0, -1, 6379, "5432"])
def test_only_the_operator_s_ports_are_called(port):
    with pytest.raises(HostRefused, match="Port"):
        checked("warehouse.example.org", port, PUBLIC, resolve=leading_to("93.184.216.34"))


def test_a_host_without_an_address_is_unknown():
    with pytest.raises(HostUnknown):
        checked("nowhere.example.org", 5432, PUBLIC, resolve=leading_to())


def test_the_operator_allows_networks_and_names():
    rules = Allowed.of(["10.20.0.0/16", "fd12::/16", "Warehouse.Internal"], [5432])

    assert checked("a.example.org", 5432, rules, resolve=leading_to("10.20.3.4", "fd12::9"))
    assert checked("warehouse.internal.", 5432, rules, resolve=leading_to("192.168.7.7"))
    for address in ("10.21.0.1", "192.168.7.7"):
        with pytest.raises(HostRefused):
            checked("a.example.org", 5432, rules, resolve=leading_to(address))


def test_no_list_opens_the_addresses_of_the_machine_s_cloud():
    everything = Allowed.of(["0.0.0.0/0", "::/0", "metadata.internal"], [5432])

    for address in (
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "224.0.0.1",
    ):
        with pytest.raises(HostRefused):
            checked("metadata.internal", 5432, everything, resolve=leading_to(address))


@pytest.mark.parametrize(
    ("internal", "ports"), [(["10.0.0.1/8"], [1]), (["no name"], [1]), ([], ["x"]), ([], [0])]
)
def test_a_list_that_cannot_be_meant_is_an_error_at_once(internal, ports):
    with pytest.raises(ValueError, match=r"\w"):
        Allowed.of(internal, ports)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_in_each_wrapping(address):
    alone = may_call(address, PUBLIC)
    number = int(address)
    for wrapped in ((0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)):
        assert may_call(ipaddress.IPv6Address(wrapped), PUBLIC) is alone


@given(st.ip_addresses())
def test_whatever_is_called_is_global_by_the_standard_library_too(address):
    if may_call(address, PUBLIC):
        assert all(each.is_global for each in carried(address))
