"""Open lists in the API: known words and aliases are taken, unknown ones are refused unless they are there already."""

from django.utils.translation import gettext as _
from rest_framework import serializers


def check_words(values, lists, *, stored=None):
    """Raise `ValidationError` for words in `values` that their list does not know (errata row B1).

    `lists` maps a field to its known words. What an importer has stored may be sent back unchanged.
    """
    problems = {}
    for name, words in lists.items():
        word = values.get(name)
        if word in (None, "") or word in words or (stored is not None and getattr(stored, name) == word):
            continue
        problems[name] = [
            _("“%(word)s” is not known. Choose from %(known)s.") % {"word": word, "known": ", ".join(words)}
        ]
    if problems:
        raise serializers.ValidationError(problems)
