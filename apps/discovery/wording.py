"""Text that people type to find something: what it asks for, and which words it has.

`orders kind:column domain:finance lacks:owner "order total"` asks for the plain words `orders`, the exact
text `order total`, and filters. An unknown `word:value` is plain text.
"""

import re
from dataclasses import dataclass, field

LONGEST = 200  # characters that are looked at; nobody types more, and a pasted page must not cost more
MOST_WORDS = 12
FILTERS = (
    "kind",
    "domain",
    "layer",
    "type",
    "source",
    "owner",
    "sensitivity",
    "contract",
    "quality",
    "pii",
    "masking",
    "complete",
    "health",
    "freshness",
    "changed",
    "has",
    "lacks",
    "tag",
    "framework",
)
PART = re.compile(r'(?:(?P<key>[A-Za-z]+):)?(?:"(?P<exact>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Wording:
    """What a typed text asks for.

    `text` is the plain part as typed, `exact` the texts in quotation marks, `filters` maps a filter to its
    values (`{"domain": ["finance"]}`).
    """

    text: str = ""
    exact: tuple[str, ...] = ()
    filters: dict = field(default_factory=dict)

    @property
    def is_empty(self):
        return not (self.text or self.exact)

    def __str__(self):
        """The plain part and the quoted texts, as they could be typed again."""
        return " ".join([*([self.text] if self.text else []), *(f'"{text}"' for text in self.exact)])


def clean(text):
    """`text` without characters that PostgreSQL cannot store, blanks in a row made one, cut to a bearable length."""
    text = str(text).encode("utf-8", "ignore").decode()[: LONGEST * 4]
    return " ".join(text.replace("\x00", " ").split())[:LONGEST].strip()


def read(text):
    """The `Wording` of a typed text; any text has one."""
    words, exact, filters = [], [], {}
    for found in PART.finditer(clean(text)):
        key, quoted, word = found["key"], found["exact"], found["word"]
        value = (quoted if quoted is not None else word).strip()
        if key and key.lower() in FILTERS:
            if value:
                filters.setdefault(key.lower(), []).append(value)
        elif key:
            words.append(f"{key}:{value}")
        elif quoted is not None:
            exact.extend([value] if value else [])
        else:
            words.append(value)
    return Wording(" ".join(words), tuple(exact[:MOST_WORDS]), filters)
