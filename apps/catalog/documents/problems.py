"""What is wrong in a capsule document: where, why, and what to do about it."""

from bisect import bisect_left
from dataclasses import dataclass, replace

MOST = 100
ENOUGH = 2_000  # of a severity; later ones are not even looked up

# Sections 1, 3, 4 and 5 of the design's document format; E005 is ours, for text that is neither YAML nor JSON.
CODES = {
    "E001": "encoding",
    "E002": "yaml_tag",
    "E003": "duplicate_key",
    "E004": "bad_value",
    "E005": "syntax",
    "E010": "too_large",
    "E011": "too_deep",
    "E012": "too_many_aliases",
    "E013": "too_many_nodes",
    "E014": "alias_cycle",
    "E015": "bundle_too_large",
    "E016": "too_many_items",
    "E100": "missing_key",
    "E101": "wrong_type",
    "E102": "unknown_key",
    "E103": "not_in_list",
    "E104": "bad_format",
    "E105": "out_of_range",
    "E106": "bad_combination",
    "E301": "duplicate_name",
    "E302": "two_primary_keys",
    "E303": "bad_reference",
    "E304": "range_reversed",
    "E305": "region_conflict",
    "E306": "role_conflict",
    "E307": "purpose_conflict",
    "E308": "dates_reversed",
    "E309": "duplicate_urn",
    "E310": "unknown_column",
    "E311": "nullable_contradiction",
    "E312": "self_lineage",
    "E313": "history_differs",
    "E314": "version_reused",
    "E315": "rule_subject",
    "E316": "secret_in_document",
    "E317": "rule_incomplete",
    "E318": "rename_unknown",
    "E319": "rename_clash",
    "E330": "status_invented",
    "E401": "forbidden",
    "W200": "name_differs",
    "W201": "classification_differs",
    "W202": "ratio_for_percent",
    "W203": "reference_ambiguous",
    "W204": "reference_unresolved",
    "W205": "column_undeclared",
    "W206": "name_undeclared",
    "W207": "critical_rule_unknown",
    "W208": "upstream_unknown",
    "W209": "lineage_cycle",
    "W210": "term_unknown",
    "W211": "value_domain_unknown",
    "W212": "descriptions_differ",
    "W213": "domain_new",
    "W214": "approval_ignored",
    "W215": "differs_by_case",
    "W216": "deprecation_past",
    "W217": "values_disagree",
    "W218": "expression_unreadable",
    "W219": "unknown_type",
    "W220": "active_contract_changed",
    "W222": "format_unknown",
    "W223": "masking_unspecified",
    "W224": "capsule_type_unknown",
    "W225": "owner_email_kept",
}
TOO_LARGE = frozenset({"E010", "E015"})  # the API answers these with 413


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or worth knowing, at one place of a file.

    `severity` is `error` or `warning`; `document` counts from 1; `pointer` is a JSON Pointer into that document;
    `line` and `column` count from 1. `hint` is the next step and may be empty.
    """

    code: str
    severity: str
    document: int
    pointer: str
    line: int
    column: int
    message: str
    hint: str = ""

    @property
    def name(self):
        """The code in words: `missing_key`."""
        return CODES[self.code]

    def as_dict(self):
        """The problem as the API and the command line print it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "document": self.document,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }


class Unreadable(Exception):
    """The file cannot be read any further: a limit is passed, or it is neither YAML nor JSON."""

    def __init__(self, code, offset, message, hint="", path=()):
        super().__init__(message)
        self.code, self.offset, self.message, self.hint, self.path = code, offset, message, hint, path
        self.document = 1


class Lines:
    """Turns an offset in a text into line and column, both from 1; only `\\n` ends a line."""

    def __init__(self, text):
        self.text = text
        self._ends = []
        self._next = text.find("\n")  # the first end of a line that is not yet in the list

    def at(self, offset):
        while 0 <= self._next < offset:
            self._ends.append(self._next)
            self._next = self.text.find("\n", self._next + 1)
        line = bisect_left(self._ends, offset)
        start = self._ends[line - 1] + 1 if line else 0
        return line + 1, offset - start + 1


class Problems:
    """Collects the problems of one file, and gives them in file order, at most 100."""

    def __init__(self, lines):
        self.lines = lines
        self.found = []
        self.documents = {"error": set(), "warning": set()}  # numbers of documents by what was found in them
        self._offsets = []
        self._spoiled = set()
        self._counts = {"error": 0, "warning": 0}

    def add(self, code, document, path, offset, message, hint=""):
        """Note a problem at `offset`; what follows from a value that could not be read is not said twice."""
        place = (document, path)
        if place in self._spoiled and code >= "E1":
            return
        if code == "E004":
            self._spoiled.add(place)
        severity = "warning" if code.startswith("W") else "error"
        self.documents[severity].add(document)
        self._counts[severity] += 1
        if self._counts[severity] > ENOUGH:
            return
        line, column = self.lines.at(offset)
        self.found.append(Problem(code, severity, document, pointer(path), line, column, message, hint))
        self._offsets.append(offset)

    def stop(self, error, document):
        """Note the problem that ended the reading."""
        self.add(error.code, document, error.path, error.offset, error.message, error.hint)

    def in_order(self, *, strict=False):
        """The first 100 by place in the file; with `strict` every warning is an error."""
        order = sorted(range(len(self.found)), key=lambda i: (self.found[i].document, self._offsets[i], i))
        kept = [self.found[i] for i in order]
        if len(kept) > MOST:
            # An error must not vanish behind a hundred warnings.
            errors = [problem for problem in kept if problem.severity == "error"][:MOST]
            kept = [p for p in kept if p.severity == "error" or len(errors) < MOST]
            kept = errors if len(errors) == MOST else _room(kept, MOST - len(errors))
        return [replace(problem, severity="error") for problem in kept] if strict else kept


def _room(problems, room):
    kept = []
    for problem in problems:
        if problem.severity == "error":
            kept.append(problem)
        elif room:
            kept.append(problem)
            room -= 1
    return kept


def pointer(path):
    """`path`, keys and positions from the root, as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)


def keys(text):
    """The keys of a JSON Pointer, as texts."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])
