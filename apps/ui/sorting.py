"""Sorting by a name from a list of allowed ones: `?sort=name`, `?sort=-updated`."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Sort:
    """A chosen order: its public name, direction, and the columns that make it.

    `order` goes to `paging.page`; `error` is the sentence for a name that is not allowed.
    """

    name: str
    descending: bool
    order: tuple
    error: str = ""

    def __str__(self):
        return f"-{self.name}" if self.descending else self.name


def sort(request, allowed, default):
    """The order the request asks for, `default` if it asks for none or for one that is not allowed.

    `allowed` maps public names to a column or a tuple of columns: {"name": "name", "updated":
    ("updated_at", "name")}. Descending turns the first column around and leaves the others, which only
    settle ties.
    """
    asked = request.GET.get("sort", "")
    if asked and asked.lstrip("-") in allowed and not asked.startswith("--"):
        return chosen(asked, allowed)
    if not asked:
        return chosen(default, allowed)
    error = _("This list cannot be sorted by “%(name)s”.") % {"name": asked}
    return chosen(default, allowed, error)


def chosen(asked, allowed, error=""):
    name, descending = asked.lstrip("-"), asked.startswith("-")
    columns = allowed[name]
    first, *rest = (columns,) if isinstance(columns, str) else columns
    if descending:
        first = first[1:] if first.startswith("-") else f"-{first}"
    return Sort(name, descending, (first, *rest), error)
