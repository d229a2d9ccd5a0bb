"""Views that mask on a platform: rules of a capsule as `CREATE VIEW` for PostgreSQL and DuckDB. Pure.

Whoever defines the view brings the roles and the keys: roles of rules are roles of the platform, and a key is a call of
`dcs_mask_key`, which the platform keeps secret. No key stands in the text (trust.md, section 4.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .deciding import Ruled, default_rule
from .effective import Effective
from .masking import METHODS, WRITERS, Kind, NotHere, Rule, expression, written
from .masking.kinds import OTHER, TEXT

KEYS = "dcs_mask_key"
HEADS = {
    "postgres": (
        "The view decides by the roles of the session's account; readers get rights on it alone, none on the table.",
        "Grant it to whom the levels of the columns allow: a view knows roles, and no clearance.",
        "{keys}(text) answers the keys named below, for the owner of the view alone.",
    ),
    "duckdb": (
        "A convenience, not a lock: DuckDB has no users, and whoever opens the file reads the table itself.",
        "Roles come from SET VARIABLE dcs_roles = 'analyst,steward'; {keys}(text) answers the keys named below.",
    ),
}


@dataclass(frozen=True)
class Seen:
    """A column of a view: what holds for it, and the rules that mask it."""

    name: str
    kind: Kind
    urn: str
    effective: Effective
    rules: tuple[Ruled, ...] = ()


@dataclass(frozen=True)
class View:
    """A definition: its statements, the keys that it asks for, and {column: why} of those that only the portal masks."""

    sql: str
    infos: tuple[str, ...]
    left_out: dict[str, str]


def view(dialect: str, name: str, relation: str, columns: Iterable[Seen], *, readers: str = "") -> View:
    """The `View` called `name` over `relation`, both as the platform writes them, for the role `readers`."""
    return _Making(dialect).view(name, relation, list(columns), readers)


class _Making:
    def __init__(self, dialect):
        self.dialect, self.infos, self.left_out = dialect, [], {}
        self.to = WRITERS[dialect](secret=self.secret)

    def secret(self, info):
        named = info.replace("\0", ":")
        if named not in self.infos:
            self.infos.append(named)
        return f"{KEYS}({self.to.text(named)})"

    def view(self, name, relation, columns, readers):
        told = [f"  {self.column(column)} AS {self.to.name_of(column.name)}" for column in columns]
        kind = " WITH (security_barrier = true)" if self.dialect == "postgres" else ""
        select = ",\n".join(told)
        lines = [f"-- {line.format(keys=KEYS)}" for line in HEADS[self.dialect]]
        lines += [f"-- key: {_line(info)}" for info in self.infos]
        lines += [f"-- {_line(column)}: {why}; it is empty here" for column, why in self.left_out.items()]
        lines.append(f"CREATE OR REPLACE VIEW {name}{kind} AS SELECT\n{select}\nFROM {relation};")
        if self.dialect == "postgres" and readers:
            reader = self.to.name_of(readers)
            lines += [
                f"REVOKE ALL ON {relation} FROM PUBLIC, {reader};",
                f"GRANT SELECT ON {name} TO {reader};",
            ]
        return View("\n".join(lines), tuple(self.infos), dict(self.left_out))

    def column(self, column):
        name = self.to.name_of(column.name)
        # A column has one type for everybody: a text, where one of its masks makes one.
        self.as_text = column.kind.name != TEXT and any(_makes_text(rule.rule) for rule in column.rules)
        value = f"({name})::text" if self.as_text else name
        allowed = column.effective.value("allowed_roles")
        denied = column.effective.value("denied_roles")
        cases, otherwise = self.cases(column, value, denied), self.otherwise(column, value, denied)
        told = f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise
        if allowed is None:
            return told
        return f"CASE WHEN {self.holds([*allowed, *denied])} THEN {told} END"

    def cases(self, column, value, denied):
        found = []
        for rule in sorted(column.rules, key=lambda each: (each.priority, str(each.since), each.key)):
            when = [] if not rule.applies_to else [self.holds(rule.applies_to | rule.exempt)]
            if rule.condition and rule.tree is not None:
                when.append(f"({written.sql(rule.tree, self.to, self.to.name_of)}) IS NOT FALSE")
            masked = self.masked(rule.rule, column)
            if rule.exempt:
                clear = self.holds(rule.exempt)
                clear += f" AND NOT {self.holds(denied)}" if denied else ""
                masked = f"CASE WHEN {clear} THEN {value} ELSE {masked} END"
            found.append(f"WHEN {' AND '.join(when) or 'TRUE'} THEN {masked}")
        return found

    def otherwise(self, column, value, denied):
        if column.effective.value("requires_masking"):
            rule = default_rule(column.effective.value("masking_method"), column.kind, column.urn)
            return self.masked(rule, column)
        return f"CASE WHEN {self.holds(denied)} THEN NULL ELSE {value} END" if denied else value

    def masked(self, rule, column):
        if column.kind.name == OTHER:
            return "NULL"
        try:
            told = f"({expression(rule, None, self.to, self.to.name_of(column.name))})"
        except NotHere as error:
            self.left_out[column.name] = str(error)
            return "NULL"
        if self.as_text:
            return f"{told}::text"
        return told if column.kind.name == TEXT else self.to.cast(told, column.kind)

    def holds(self, roles):
        """True if the session has one of the roles; one that the platform does not know nobody has."""
        named = ", ".join(self.to.text(role) for role in sorted(roles))
        if self.dialect == "postgres":
            member = "pg_has_role(session_user, r.oid, 'member')"
            return f"EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN ({named}) AND {member})"
        held = "string_split(coalesce(getvariable('dcs_roles'), ''), ',')"
        return f"list_has_any({held}, [{named}])"


def _line(text: str) -> str:
    """A name inside a comment, which ends with its line."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _makes_text(rule: Rule) -> bool:
    """True if texts come out whatever goes in."""
    return METHODS[rule.method].as_text or not rule.preserve_type
