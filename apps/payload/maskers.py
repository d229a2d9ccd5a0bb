"""How readers see the values of columns: registered by those who know rules, asked by everything that shows rows.

`f(reader, columns)` answers {column id: `Mask`} for the columns whose values this reader does not see as they are. The
strictest answer counts: what one masker withholds, no other shows. Where none is registered nothing is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.catalog.vocabularies import SENSITIVITY, Sensitivity

_maskers: list[Callable] = []
_keepers: list[Callable] = []
VALUES = (
    SENSITIVITY.index(Sensitivity.CONFIDENTIAL) + 1
)  # from which clearance values are shown (errata row E6)


@dataclass(frozen=True)
class Shown:
    """What became of values, and how many could not be masked: these are NULL, never clear."""

    values: list
    failed: int = 0


@dataclass(frozen=True)
class Mask:
    """What a reader sees in place of the values of a column; nothing without `apply`. `because` says who hides them.

    `apply(values, rows)` answers `Shown`; `rows` are, value for value, {column: clear value} of the columns that it
    `needs`. `method` is how it masks, in the word of rules.
    """

    because: str
    apply: Callable | None = None
    needs: frozenset = frozenset()
    method: str = ""


def register_masker(masker):
    """Ask `masker` too, for every preview, sample and export."""
    if masker not in _maskers:
        _maskers.append(masker)
    return masker


def register_keeper(keeper):
    """Ask `keeper` too, wherever values are stored: `f(columns)` answers {column id: `Mask`}."""
    if keeper not in _keepers:
        _keepers.append(keeper)
    return keeper


def keeping(columns):
    """{column id: `Mask`} of the columns whose values are stored masked, or not at all, whoever reads them later."""
    found = {}
    for keeper in _keepers:
        for key, mask in keeper(columns).items():
            if key not in found or (found[key].apply and mask.apply is None):
                found[key] = mask
    return found


def masks(reader, columns):
    """{column id: `Mask`} of the columns, catalogued ones with their rank, that this reader does not see clear.

    Where nothing masks a column its level decides who sees its values; what is masked may be seen by others too.
    """
    if not _maskers:
        return {column.pk: Mask(_("nothing says who may see it")) for column in columns}
    found = {}
    for masker in _maskers:
        for key, mask in masker(reader, columns).items():
            if key not in found or (found[key].apply and mask.apply is None):
                found[key] = mask
    return by_level(reader, [column for column in columns if column.pk not in found]) | found


def by_level(reader, columns):
    """Levels and marks of the columns themselves: withheld from whoever's clearance does not reach them."""
    found = {}
    for column in columns:
        if column.sensitivity_rank > reader.clearance:
            level = Sensitivity(SENSITIVITY[min(column.sensitivity_rank, len(SENSITIVITY)) - 1]).label
            found[column.pk] = Mask(_("its level is %(level)s") % {"level": str(level).lower()})
        elif reader.clearance < VALUES and column.pii_type:
            found[column.pk] = Mask(_("personal data"))
        elif reader.clearance < VALUES:
            least = Sensitivity(SENSITIVITY[VALUES - 1]).label
            found[column.pk] = Mask(_("values need the clearance %(level)s") % {"level": str(least).lower()})
    return found
