"""Quality rules of other tools' files, planned for one capsule: nothing is in force before the plan is applied."""

import json
import zlib

import yaml
from django.utils.translation import gettext as _

from apps.catalog.documents import rule_names

from . import exporting, reading
from .readers import great_expectations, sodacl
from .readers.found import Found, Missed, ReaderError
from .readers.rule_files import parameters

MOST_BYTES, MOST_DEEP = 1_000_000, 64
# A PyYAML without libyaml has only the slow one.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KEPT = ("urn", "name", "type")


def planned(capsule, text, reader, *, name=""):
    """(plan or None, what was found): the capsule's rules and those of a file, none of them twice.

    What has no equivalent makes the plan partial: it is accepted by `name`, or else not applied. Raises `ReaderError`
    and `PermissionDenied`.
    """
    origin, found = read(text, capsule.name)
    known = {
        column.casefold(): column
        for column in capsule.columns.filter(retired_at=None).values_list("name", flat=True)
    }
    document = exporting.export(exporting.capsules(reader).filter(pk=capsule.pk), reader).documents
    if not document:
        raise ReaderError("out_of_use", _("This capsule is out of use, or only a name."))
    stored = document[0].get("data_capsule", document[0])
    rules = _together(stored.get("quality_rules", []), _fitting(found, known))
    wanted = {**{key: stored[key] for key in KEPT if key in stored}, "quality_rules": rules}
    told = Found((wanted,), origin, capsule.urn, missed=tuple(found.missed), name=name or capsule.name)
    made, _drafted, told = reading.planned(told, reader)
    return made, told


def read(text, table):
    """(kind of file, its `RuleFile`) of a suite of Great Expectations (JSON) or of checks of Soda (YAML)."""
    if len(text) > MOST_BYTES:
        raise ReaderError(
            "too_large", _("The file is larger than %d bytes.") % MOST_BYTES, _("Split it by table.")
        )
    data = _data(text)
    if great_expectations.is_suite(data):
        return "great_expectations", great_expectations.read(data)
    return "soda", sodacl.read(data, table)


def _data(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        _measure(text)
        return yaml.load(text, Loader=Loader)  # noqa: S506 - the safe one, by either parser
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ReaderError):
            raise
        raise ReaderError(
            "unreadable", _("The file is neither JSON nor YAML."), _("Send the tool's own file.")
        ) from None


def _measure(text):
    """Refuse what is small as a text and costs without end as a value: aliases, and brackets in brackets."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise ReaderError(
                "aliases", _("The file refers to parts of itself."), _("Write these parts out.")
            )
        if depth > MOST_DEEP:
            raise ReaderError(
                "too_deep",
                _("The file is nested deeper than %d levels.") % MOST_DEEP,
                _("Send the tool's own file."),
            )


def _fitting(found, known):
    """The rules about columns that the capsule has, by their names here; the others are missed."""
    taken = []
    for rule in found.rules:
        named = [rule["column"]] if "column" in rule else rule.get("columns", [])
        if unknown := [name for name in named if str(name).casefold() not in known]:
            said = _("The capsule has no column “%(name)s”.") % {"name": unknown[0]}
            found.missed.append(Missed(rule["name"], said))
            continue
        if "column" in rule:
            rule = {**rule, "column": known[rule["column"].casefold()]}
        elif "columns" in rule:
            rule = {**rule, "columns": [known[name.casefold()] for name in rule["columns"]]}
        taken.append(rule)
    return taken


def _together(stored, brought):
    """Stored rules and those that say something new: a rule of the same name or the same parameters is there already."""
    rules = [{**rule, "name": name} for name, rule in zip(rule_names(stored), stored, strict=True)]
    names, said = {rule["name"] for rule in rules}, {parameters(rule) for rule in rules}
    for rule in brought:
        if parameters(rule) in said:
            continue
        if rule["name"] in names:
            # The same name for something else, within the file or here: a person's rule is not overwritten.
            rule = {**rule, "name": f"{rule['name'][:230]} {zlib.crc32(parameters(rule).encode()) % 10**6}"}
        rules.append(rule)
        names.add(rule["name"])
        said.add(parameters(rule))
    return rules
