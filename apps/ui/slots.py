"""Rows of a long list: their template is rendered once, with slots, and the slots are filled for each row.

A row of ten cells costs Django's templates a tenth of a millisecond and more, and a list has hundreds. The markup stays
in the template; whatever depends on the row comes ready in its pieces, so the template asks nothing of them.
"""

from functools import lru_cache
from html import escape

from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MARK = "\x00"  # stands around the name of a slot; no template has it


class Slots(dict):
    """Stands for a row: each of its pieces is a slot."""

    def __init__(self, names):
        super().__init__({name: SafeString(f"{MARK}{name}{MARK}") for name in names})


def filled(template, rows, context=None):
    """`rows` (dicts of the same keys) as markup: texts are escaped, safe markup is not.

    In the template a row is `row`, and a piece may only be printed as it is; `context` is the same for all.
    """
    if not rows:
        return SafeString()
    if context:
        parts = _parts(template, rows[0], context)
    else:
        parts = _plain_parts(template, tuple(rows[0]), get_language())
    texts, names = parts[::2], parts[1::2]
    pairs, last = list(zip(texts, names, strict=False)), texts[-1]
    found = []
    for row in rows:
        for text, name in pairs:
            found += (text, _escaped(row[name]))
        found.append(last)
    return SafeString("".join(found))


def _parts(template, names, context):
    return get_template(template).render({**context, "row": Slots(names)}).split(MARK)


@lru_cache(maxsize=256)
def _plain_parts(template, names, language):
    """The pieces of a template that asks for nothing but its row: the same each time in one language."""
    return _parts(template, names, {})


def _escaped(piece):
    # Asking for plain text first: Django's own way costs ten times as much, and there are hundreds of pieces.
    kind = type(piece)
    return escape(piece) if kind is str else piece if kind is SafeString else conditional_escape(piece)
