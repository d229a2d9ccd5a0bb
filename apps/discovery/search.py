"""Find capsules, columns, terms, domains and owners by what people type."""

from . import wording
from .wording import LONGEST  # noqa: F401


def condition(text, reader):
    from .conditions import Condition

    asked = wording.read(text)
    like = "%" + asked.text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return Condition("f.name_key LIKE %s", (like,))
