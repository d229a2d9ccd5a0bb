"""SQL that people write, read and written again from its tree (quality-engine.md, section 6). Pure.

The first of several walls: what passes is one SELECT over the given tables, or one expression over the given columns,
made of listed nodes alone. How much work it asks for is not judged here; the child process bounds that.
"""

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from . import patterns, saferows
from .refused import Refused
from .safenodes import (
    ALLOWED,
    FUNCTIONS,
    OVER_ROWS,
    OVER_ROWS_NAMED,
    QUERIES,
    REGULAR,
    TRUTHS,
    TYPES,
    UNITS,
    WORDS,
)

__all__ = ["Refused", "condition", "expression", "select"]

LONGEST = 20_000  # characters
DEEPEST = 100  # nodes within nodes; chains of AND, OR, + and || count once
BRACKETS = 60  # brackets within brackets; the parser recurses
CHAINS = (exp.And, exp.Or, exp.Add, exp.Sub, exp.Mul, exp.DPipe, exp.Union)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
SIGNS = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
DIALECTS = {"duckdb": "duckdb", "postgres": "postgres", "databricks": "databricks", "spark": "databricks"}


def select(sql: str, tables: dict[str, str], dialect: str, columns=None) -> str:
    """One SELECT, or several joined by UNION, INTERSECT and EXCEPT, over `tables`: {name: how the relation is written}.

    Answers new text in `dialect`; raises `Refused`. `columns` are those of each table, by its name: with them names are
    judged as well, and where the text goes to PostgreSQL they have to be.
    """
    dialect = _known(dialect)
    tree = _parsed(sql, dialect)
    if type(tree) not in (exp.Select, exp.Union, exp.Intersect, exp.Except):
        raise Refused("statement", what=_spoken(tree))
    tree = _judged(tree, dialect)
    _resolve(tree, {_folded(name): name for name in tables})
    if columns is not None and dialect == "postgres":
        saferows.judge(tree, columns)
    _confirmed(tree, dialect)
    common = _common_tables(tree)
    for table in list(tree.find_all(exp.Table)):
        if table.name not in common:
            table.set("this", exp.Var(this=tables[table.name]))
    return _written(tree, dialect)


def expression(text: str, columns, dialect: str) -> str:
    """One value of a row, made of `columns` (their names): no query, nothing over several rows. Raises `Refused`."""
    dialect = _known(dialect)
    return _confirmed(_of_a_row(text, columns, dialect), dialect)


def condition(text: str, columns, dialect: str) -> str:
    """An `expression` that is true, false or unknown. Raises `Refused`."""
    dialect = _known(dialect)
    tree = _of_a_row(text, columns, dialect)
    root = tree
    while type(root) is exp.Paren:
        root = root.this
    truth = type(root) in TRUTHS or (type(root) in (exp.Cast, exp.TryCast) and root.to.is_type("boolean"))
    if not truth:
        raise Refused("no_condition")
    return _confirmed(tree, dialect)


def _of_a_row(text, columns, dialect):
    tree = _judged(_parsed(text, dialect, into=exp.Condition), dialect)
    names = {_folded(name): name for name in columns}
    for node in tree.walk():
        if type(node) in QUERIES or type(node) is exp.Star:
            raise Refused("query_inside")
        if type(node) in OVER_ROWS or (type(node) is exp.Anonymous and node.name in OVER_ROWS_NAMED):
            raise Refused("over_rows", what=_spoken(node))
        if type(node) is exp.Column:
            if node.args.get("table"):
                raise Refused("qualified_column", name=node.sql(dialect))
            name = names.get(_folded(node.name))
            if name is None:
                raise Refused("column", name=node.name)
            node.set("this", exp.to_identifier(name, quoted=True))
    return tree


# ---------- reading ----------


def _known(dialect):
    if dialect not in DIALECTS:
        raise Refused("dialect", name=dialect)
    return DIALECTS[dialect]


def _parsed(text, dialect, into=None):
    text = (text or "").strip()
    if not text:
        raise Refused("empty")
    if len(text) > LONGEST:
        raise Refused("long", most=LONGEST)
    if SIGNS.search(text):
        raise Refused("sign")
    if _brackets(text) > BRACKETS:
        raise Refused("deep")
    try:
        trees = (
            [sqlglot.parse_one(text, read=dialect, into=into)] if into else sqlglot.parse(text, read=dialect)
        )
    except (SqlglotError, ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        raise Refused("unreadable", why=_first_line(error)) from None
    except RecursionError:
        raise Refused("deep") from None
    trees = [tree for tree in trees if tree is not None]
    if len(trees) != 1 or type(trees[0]) is exp.Block:
        raise Refused("several" if trees else "empty")
    return trees[0]


def _brackets(text):
    depth = deepest = 0
    for sign in text:
        if sign in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}":
            depth -= 1
    return deepest


def _first_line(error):
    """What the parser says, without the place that it underlines."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n")[0].split(" Line ")[0].rstrip(". ")[:200]


# ---------- judging ----------


def _judged(tree, dialect, *, regular=True):
    """The tree with names as the dialect reads them, all quoted; raises `Refused` for anything that is not listed."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise Refused("deep")
        node.pop_comments()
        _judge(node, dialect)
        if regular and type(node) in REGULAR:
            _judge_pattern(node, dialect)
        for name, value in node.args.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, exp.Expression):
                    chained = type(node) in CHAINS and name == "this" and type(each) is type(node)
                    waiting.append((each, depth if chained else depth + 1))
                else:
                    _judge_text(node, name, each)
    if dialect == "postgres":
        tree = normalize_identifiers(tree, dialect=dialect)
    for name in tree.find_all(exp.Identifier):
        name.set("quoted", True)
    return tree


def _judge(node, dialect):
    kind = type(node)
    if kind is exp.Anonymous:
        if not isinstance(node.this, str) or node.this.lower() not in FUNCTIONS[dialect]:
            raise Refused("function", name=str(node.name)[:60])
        node.set("this", node.this.lower())
        return
    if kind not in ALLOWED:
        raise Refused("function" if isinstance(node, exp.Func) else "part", name=_spoken(node))
    for name, value in node.args.items():
        if value not in (None, False, []) and name not in ALLOWED[kind]:
            raise Refused("clause", name=_clause(kind, name))
    if (special := SPECIAL.get(kind)) is not None:
        special(node)


def _judge_text(node, name, value):
    """Texts in a tree are written as they are, so each must be known."""
    if value is None or isinstance(value, bool | exp.DType):
        return
    kind = type(node)
    if kind in (exp.Identifier, exp.Literal, exp.Anonymous) and name == "this":
        return
    words = WORDS.get((kind.__name__, name))
    if words is None or not isinstance(value, str) or value.upper() not in words:
        raise Refused("clause", name=str(value)[:60])


def _judge_identifier(node):
    if not node.args.get("quoted") and not PLAIN.fullmatch(node.name):
        raise Refused("name", name=node.name[:60])


def _judge_literal(node):
    if not node.is_string and not NUMBER.fullmatch(node.this):
        raise Refused("number", name=node.this[:60])


def _judge_type(node):
    if not isinstance(node.this, exp.DType) or node.this.name not in TYPES or node.args.get("nested"):
        raise Refused("type", name=node.sql()[:60])


def _judge_table(node):
    if not isinstance(node.this, exp.Identifier):
        raise Refused("table_function", name=node.this.sql()[:60] if node.this else "")


def _judge_count(node):
    """LIMIT and OFFSET take a number that is written down."""
    if type(node.expression) is not exp.Literal or node.expression.is_string:
        raise Refused("clause", name=type(node).__name__.upper())


def _judge_unit(node):
    unit = node.args.get("unit")
    if unit is not None and not (isinstance(unit, exp.Var) and unit.name.upper() in UNITS):
        raise Refused("clause", name=unit.sql()[:60])


SPECIAL = {
    exp.Identifier: _judge_identifier,
    exp.Literal: _judge_literal,
    exp.DataType: _judge_type,
    exp.Table: _judge_table,
    exp.Limit: _judge_count,
    exp.Offset: _judge_count,
    exp.Interval: _judge_unit,
}


def _judge_pattern(node, dialect):
    """A pattern is written down, of the portable subset, and goes on as the dialect reads it."""
    flag = node.args.get("flag")
    if flag is not None and not (flag.is_string and flag.name in ("i", "c")):
        raise Refused("clause", name=flag.sql()[:60])
    if type(node.expression) is not exp.Literal or not node.expression.is_string:
        raise Refused("pattern_computed")
    written = patterns.portable(node.expression.name, dialect)
    node.set("expression", exp.Literal.string(written))


# ---------- tables ----------


def _resolve(tree, tables):
    """Every table is one of `tables`, or a common table that stands before it: names outside mean something else."""
    with_ = tree.args.get("with_")
    if any(each is not with_ for each in tree.find_all(exp.With)):
        raise Refused("with_inside")
    known = dict(tables)
    for common in with_.expressions if with_ else []:
        _look_up(common.this, known)
        name = _folded(common.alias)
        if not name or name in known:
            raise Refused("common_table", name=common.alias)
        known[name] = common.alias
    if with_ is not None:
        with_.pop()
    _look_up(tree, known)
    if with_ is not None:
        tree.set("with_", with_)


def _look_up(tree, known):
    """Each table by the very name that it was given, lest the engine tell apart what is one here."""
    for table in list(tree.find_all(exp.Table)):
        name = known.get(_folded(table.name))
        if name is None:
            raise Refused("table", name=table.name[:100], known=sorted(known.values()))
        if not table.args.get("alias"):
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("this", exp.to_identifier(name, quoted=True))


def _common_tables(tree):
    with_ = tree.args.get("with_")
    return {common.alias for common in with_.expressions} if with_ else set()


def _folded(name):
    return str(name).lower()


# ---------- writing ----------


def _written(tree, dialect):
    try:
        return tree.sql(dialect=dialect, comments=False, identify=True)
    except RecursionError:
        raise Refused("deep") from None
    except (SqlglotError, ValueError, AttributeError, TypeError) as error:
        raise Refused("unreadable", why=_first_line(error)) from None


def _confirmed(tree, dialect):
    """The text, if reading it again finds the same listed nodes: what is written is what was judged."""
    text = _written(tree, dialect)
    again = _parsed_again(text, tree, dialect)
    _judged(again, dialect, regular=False)
    if _written(again, dialect) != text:
        raise Refused("unstable")
    return text


def _parsed_again(text, tree, dialect):
    try:
        if type(tree) in QUERIES:
            trees = sqlglot.parse(text, read=dialect)
            if len(trees) != 1 or trees[0] is None:
                raise Refused("unstable")
            return trees[0]
        return sqlglot.parse_one(text, read=dialect, into=exp.Condition)
    except SqlglotError:
        raise Refused("unstable") from None


def _spoken(node):
    """What a node is called in SQL, as far as that is known."""
    if isinstance(node, exp.Anonymous):
        return str(node.name)[:60]
    if isinstance(node, exp.Func):
        return node.sql_name().lower()
    if isinstance(node, exp.Command):
        return str(node.this).upper()[:60]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def _clause(kind, name):
    name = name.rstrip("_").replace("_", " ").upper()
    return name if kind in (exp.Select, exp.Union) else f"{_spoken(kind())} … {name}"
