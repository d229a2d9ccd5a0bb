"""Keys and accessibility: what the pages say is what the code does."""

from collections import Counter

import pytest

from apps.ui import keys

from .pages import page, signed_in, text

pytestmark = pytest.mark.django_db


def test_every_key_of_the_map_is_on_the_page(client):
    read = text(page(signed_in(client), "/help/keys/"))

    for scope, lines in keys.SCOPES:
        assert str(scope) in read
        for combination, meaning in lines:
            assert f"{' '.join(combination)} {meaning}" in read


def test_no_key_means_two_things_in_one_scope():
    for scope, lines in keys.SCOPES:
        times = Counter(tuple(combination) for combination, _meaning in lines)
        assert max(times.values()) == 1, scope


def test_no_key_of_a_scope_means_something_else_everywhere():
    everywhere, *scopes = keys.SCOPES
    # Esc closes the innermost thing that is open, which in a grid is the cell.
    taken = {tuple(combination) for combination, _meaning in everywhere[1]} - {("Esc",)}
    for scope, lines in scopes:
        assert not taken & {tuple(combination) for combination, _meaning in lines}, scope


def test_anybody_may_read_how_accessible_the_portal_is(client):
    read = text(page(client, "/accessibility/"))

    assert "WCAG 2.2" in read
    assert "Not checked yet" in read
