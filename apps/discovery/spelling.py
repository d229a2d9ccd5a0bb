"""Words that are spelled almost like a typed one, and two that were typed as one.

The distinct words of all names, some ten thousand, are kept in the process and compared with optimal string
alignment (an insertion, deletion, replacement or swap of neighbours counts one): a millisecond, where a table
of all misspellings would be many times the words themselves.
"""

from bisect import bisect_left

from django.db import connection
from rapidfuzz import process
from rapidfuzz.distance import OSA

from apps.provenance import counters

SHORTEST_PART = 2  # letters of a word that was typed together with another
SHORTEST = 4  # letters; shorter words are one letter from too much
MOST = 3  # alternatives of a word
_kept = {}  # {database: (count of the counter, words)}


def alternatives(word):
    """Up to `MOST` known words nearest to `word`, nearest first: one edit away, two for more than five letters."""
    if not SHORTEST <= len(word) <= 40:
        return []
    furthest = 1 if len(word) <= 5 else 2
    found = process.extract(word, _words(), scorer=OSA.distance, score_cutoff=furthest, limit=20)
    # Of words that are as near, one that begins alike is more often meant than one that does not.
    found.sort(key=lambda match: (match[1], match[0][0] != word[0], abs(len(match[0]) - len(word)), match[0]))
    return [match[0] for match in found if match[1]][:MOST]


def apart(word):
    """(first word, beginning of the second) if `word` is two known words without what stands between them, else None.

    The second may be unfinished; of several cuts the one with the longest first word holds.
    """
    words = _words()
    for at in range(len(word) - SHORTEST_PART, SHORTEST_PART, -1):
        first, second = word[:at], word[at:]
        place = bisect_left(words, second)
        begun = place < len(words) and words[place].startswith(second)
        known = bisect_left(words, first)
        if begun and known < len(words) and words[known] == first:
            return first, second
    return None


def _words():
    """All words, sorted; read again when the counter has moved, and every time while this transaction adds some."""
    database = connection.settings_dict["NAME"]
    number = counters.count("words")
    known = _kept.get(database)
    if known is not None and number is not None and known[0] == number:
        return known[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT word FROM dcs.search_words")
        words = sorted(word for (word,) in cursor)
    if number is not None:
        _kept.clear()
        _kept[database] = (number, words)
    return words
