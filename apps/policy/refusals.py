"""Why a masking rule cannot be saved, in sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KINDS = {
    "text": gettext_lazy("texts"),
    "integer": gettext_lazy("whole numbers"),
    "decimal": gettext_lazy("decimal numbers"),
    "float": gettext_lazy("floating numbers"),
    "date": gettext_lazy("dates"),
    "moment": gettext_lazy("times"),
    "boolean": gettext_lazy("true or false"),
    "other": gettext_lazy("values of another type"),
}
SENTENCES = {
    "unknown": gettext_lazy("There is no such method."),
    "unkeyed": gettext_lazy(
        "A hash without a key is guessed by trying values. Choose per_column or use_system_salt."
    ),
    "too_short": gettext_lazy("Fewer than %(least)s signs make different values alike."),
    "missing": gettext_lazy("The method needs: %(wanted)s."),
    "no_option": gettext_lazy("The method has no option %(option)s."),
    "form": gettext_lazy("This is not what the option takes (%(limit)s)."),
    "differs": gettext_lazy("This says something else than %(column)s. Leave it out here."),
    "not_reversible": gettext_lazy("Nobody can undo %(method)s."),
    "kind": gettext_lazy("%(method)s does not work on %(kind)s."),
    "not_held": gettext_lazy("The column holds %(kind)s and cannot hold the result."),
    "not_for_kind": gettext_lazy("This does not work on %(kind)s."),
    "no_label": gettext_lazy("Intervals have names for whole and decimal numbers alone; keep the type."),
    "small_domain": gettext_lazy(
        "The column can have %(size)s values; below %(least)s they are found by trying. Redact or substitute instead."
    ),
    "too_long": gettext_lazy("The result has up to %(length)s signs and the column holds %(most)s."),
    "one_of": gettext_lazy("Choose one of: %(wanted)s."),
    "order": gettext_lazy("The lower one comes first."),
    "shows": gettext_lazy("This shows values as they are."),
    "kept_check": gettext_lazy("The check digit is the last one and cannot be kept."),
    "condition": gettext_lazy("This is no condition over the capsule's columns: %(why)s."),
    "expression": gettext_lazy("This is no expression over the column: %(why)s."),
    "no_vault": gettext_lazy("No vault holds tokens in this portal yet."),
}


def said(problem):
    """The sentence of a `Problem`."""
    values = dict(problem.values)
    if "kind" in values:
        values["kind"] = KINDS.get(values["kind"], values["kind"])
    values.setdefault("limit", _("its form"))
    return SENTENCES[problem.reason] % values


def by_column(problems):
    """{field of the API: [sentences]}."""
    found = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(said(problem))
    return found
