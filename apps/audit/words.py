"""What the tables, columns and values of the log are called by people, as the models themselves call them."""

import json
from functools import cache

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

# Models that others wrote, and those whose own word is about programs rather than about people.
SPOKEN = {
    "users": (gettext_lazy("person"), gettext_lazy("people")),
    "memberships": (gettext_lazy("role of a person"), gettext_lazy("roles of people")),
    "users_user_permissions": (gettext_lazy("right of a person"), gettext_lazy("rights of people")),
    "api_tokens": (gettext_lazy("API token"), gettext_lazy("API tokens")),
    "auth_group": (gettext_lazy("role"), gettext_lazy("roles")),
    "auth_group_permissions": (gettext_lazy("right of a role"), gettext_lazy("rights of roles")),
}
NAMES = ("name", "title", "urn", "username", "label", "number")
# What every row has and nobody reads.
TECHNICAL = ("id", "created_at", "updated_at")
HIDDEN = "$hash"


@cache
def models():
    """Every model by the name of its table."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def kind(table, number=1):
    """The word for `number` rows of a table: `column`, `columns`."""
    if table in SPOKEN:
        return str(SPOKEN[table][number != 1])
    if table not in models():
        return table.replace("_", " ")
    options = models()[table]._meta
    return str(options.verbose_name if number == 1 else options.verbose_name_plural)


def field(table, column):
    """The word for a column of a table: `approval_status` of business terms is their `status`."""
    return str(_words_of(table).get(column, column.replace("_", " ")))


def name(table, values):
    """What a row was called when `values` were its own; empty for rows without a name, such as links."""
    columns = _columns_of(table)
    for attribute in NAMES:
        found = (values or {}).get(columns.get(attribute, attribute))
        if found not in (None, "") and not is_hidden(found):
            return str(found)
    return ""


def value(stored):
    """A stored value as text; None for nothing."""
    if stored is None:
        return None
    if is_hidden(stored):
        return _("a hidden value")
    if isinstance(stored, bool):
        return _("yes") if stored else _("no")
    if isinstance(stored, dict | list):
        return as_json(stored)
    return str(stored)


def as_json(stored):
    """A stored value as one line of JSON, always written the same way."""
    return json.dumps(stored, ensure_ascii=False, sort_keys=True)


def is_hidden(stored):
    """True for a secret or a sample, of which the log keeps only a digest."""
    return isinstance(stored, dict) and HIDDEN in stored


def task(actor):
    """The portal's own work, or a program at the database, in words; empty for a person's name."""
    if not actor:
        return _("Somebody")
    origin, _colon, rest = actor.partition(":")
    if not rest:
        return ""
    if origin == "system":
        return rest.replace("_", " ")
    return _("%(name)s, straight in the database") % {"name": rest}


def fields(table, columns, most=3):
    """Column names in words: `description and unit`; beyond `most` only how many there are."""
    if len(columns) > most:
        return ngettext("%(number)d field", "%(number)d fields", len(columns)) % {"number": len(columns)}
    words = [field(table, column) for column in columns]
    if len(words) < 2:
        return "".join(words)
    return _("%(these)s and %(last)s") % {"these": ", ".join(words[:-1]), "last": words[-1]}


@cache
def _words_of(table):
    model = models().get(table)
    return {each.column: each.verbose_name for each in model._meta.concrete_fields} if model else {}


@cache
def _columns_of(table):
    model = models().get(table)
    return {each.name: each.column for each in model._meta.concrete_fields} if model else {}
