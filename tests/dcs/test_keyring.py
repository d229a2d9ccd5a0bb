"""Keys lie outside of the database, each for one purpose; one that is missing is never replaced."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.dcs import keyring
from apps.dcs.checks import has_keys
from apps.dcs.keyring import NoKey


def ring_with(**changes):
    told = {"keys": [keyring.new_key("masking") | changes]}
    return keyring.read(json.dumps(told))


def test_the_first_start_makes_a_ring_for_nobody_else_to_read(settings, tmp_path):
    settings.DCS_KEYS, settings.VAR_DIR = "", tmp_path / "var"

    made = keyring.ring().active("masking")

    path = tmp_path / "var" / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyring.ring().active("masking") == made
    assert {keyring.ring().active(purpose).purpose for purpose in keyring.PURPOSES} == set(keyring.PURPOSES)
    assert not has_keys(None)


def test_of_two_that_start_at_once_both_use_one_ring(tmp_path):
    path = tmp_path / "keys.json"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: keyring.make(path), range(16)))

    assert keyring.read(path.read_text()).active("masking")
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_named_ring_that_is_missing_is_an_error_and_no_new_one(settings, tmp_path):
    settings.DCS_KEYS = str(tmp_path / "gone.json")

    with pytest.raises(NoKey):
        keyring.ring()

    assert [found.id for found in has_keys(None)] == ["dcs.W004"]
    assert not (tmp_path / "gone.json").exists()


def test_a_ring_is_read_again_when_its_file_changes(settings, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(keyring.fresh())
    settings.DCS_KEYS = str(path)
    first = keyring.ring().active("masking")

    path.write_text(keyring.fresh())
    os.utime(path, ns=(1, 1))

    assert keyring.ring().active("masking").kid != first.kid


def test_keys_are_derived_as_the_standard_says_and_differ_by_purpose_and_use():
    masking = ring_with().active("masking")
    vault = keyring.Key("other", "vault-value", "active", masking.secret)

    expected = HKDF(SHA256(), 32, None, b"masking\0hash").derive(masking.secret)

    assert masking.derive("hash") == expected
    assert len({masking.derive("hash"), masking.derive("fpe"), vault.derive("hash")}) == 3


@pytest.mark.parametrize("state", ["verify-only", "retired"])
def test_a_key_that_is_not_active_makes_no_new_values(state):
    ring = ring_with(state=state, kid="old")

    with pytest.raises(NoKey):
        ring.active("masking")
    if state == "verify-only":
        assert ring.key("masking", "old").kid == "old"
    else:
        with pytest.raises(NoKey):
            ring.key("masking", "old")


def test_no_purpose_uses_the_key_of_another():
    ring = ring_with(kid="one")

    with pytest.raises(NoKey):
        ring.key("audit", "one")


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "anything"},
        {"state": "perhaps"},
        {"secret": "c2hvcnQ="},
        {"secret": "no base64"},
        {"kid": "a b"},
        {"kid": 7},
    ],
)
def test_a_ring_that_is_damaged_is_refused_without_repeating_it(wrong):
    with pytest.raises(NoKey) as refused:
        ring_with(**wrong)

    assert str(refused.value) == "The key ring is damaged."


def test_keys_do_not_show_themselves():
    key = ring_with().active("masking")

    assert repr(key.secret) not in repr(key)
