"""Rows of a long list: their template is rendered once, with slots, and the slots are filled for each row.

A row of ten cells costs Django's templates a tenth of a millisecond and more, and a list has hundreds. The markup stays
in the template; whatever depends on the row comes ready in its pieces, so the template asks nothing of them.
"""

from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

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
    parts = get_template(template).render({**(context or {}), "row": Slots(rows[0])}).split(MARK)
    texts, names = parts[::2], parts[1::2]
    found = []
    for row in rows:
        for text, name in zip(texts, names, strict=False):
            piece = row[name]
            found += (text, piece if isinstance(piece, SafeString) else conditional_escape(piece))
        found.append(texts[-1])
    return SafeString("".join(found))
