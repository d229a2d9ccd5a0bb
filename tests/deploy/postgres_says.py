"""What PostgreSQL itself says of the tables in a database, and what documents say, in one form to compare."""

import re

TABLES = """
SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition"""
COLUMNS = """
SELECT c.relname, a.attname, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
  ELSE format_type(a.atttypid, a.atttypmod) END, NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"""
KEYS = """
SELECT c.relname, k.contype, k.conname,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, o)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o),
  f.relname,
  ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, o)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o),
  k.confdeltype, k.confupdtype, k.condeferrable, k.convalidated,
  CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) END
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid
WHERE n.nspname = 'public' AND k.conparentid = 0 AND k.contype IN ('p', 'u', 'f', 'c') AND NOT c.relispartition"""
INDEXES = """
SELECT c.relname, i.relname, m.amname, x.indisunique,
  ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, false) FROM generate_series(1, x.indnkeyatts) n),
  pg_get_expr(x.indpred, x.indrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_am m ON m.oid = i.relam JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))"""
KINDS = {"p": "primary_key", "u": "unique", "f": "foreign_key", "c": "check"}
ACTIONS = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", " ": ""}


def load(connection, text):
    """Run a dump: lines for psql, owners and extensions that the test server lacks are left out."""
    text = re.sub(r"^\\.*$|^(?:DROP|CREATE) DATABASE .*?;$", "", text, flags=re.M)
    text = re.sub(r"^.* OWNER TO \w+;$|^(?:CREATE|COMMENT ON) EXTENSION .*?;$", "", text, flags=re.M)
    connection.execute(text)
    connection.execute("SET search_path = public")


def tables(connection):
    return set(connection.execute(TABLES).fetchall())


def columns(connection):
    """{table: [(column, type, nullable)]}"""
    found = {}
    for table, name, kind, nullable, _default in connection.execute(COLUMNS):
        found.setdefault(table, []).append((name, kind, nullable))
    return found


def defaults(connection):
    """{(table, column): text}"""
    rows = connection.execute(COLUMNS).fetchall()
    return {(table, name): _plain(text) for table, name, _kind, _nullable, text in rows if text is not None}


def keys(connection):
    """The keys and checks: (table, kind, columns, table and columns referred to, actions, deferrable, enforced, expression)."""
    found = set()
    for table, kind, name, names, other, others, delete, update, late, valid, text in connection.execute(
        KEYS
    ):
        shown = sorted(names) if kind == "c" else names
        checked = re.fullmatch(r"CHECK \((.*)\)(?: NOT VALID)?", text, re.S)[1] if text else ""
        found.add(
            (
                table,
                KINDS[kind],
                tuple(shown),
                other or "",
                tuple(others),
                ACTIONS[delete],
                ACTIONS[update],
                late,
                valid,
            )
            + (_plain(checked),)
        )
        assert name
    return found


def indexes(connection):
    return {
        (table, name, method, unique, tuple(sorted(map(_plain, parts))), _plain(where or ""))
        for table, name, method, unique, parts, where in connection.execute(INDEXES)
    }


# ---------- documents ----------


def read_tables(documents):
    return {(each["name"], each["urn"].split(":")[3]) for each in documents}


def read_columns(documents):
    return {
        each["name"]: [
            (column["name"], column["data_type"], column.get("is_nullable", True))
            for column in each["schema"]["columns"]
        ]
        for each in documents
    }


def read_defaults(documents):
    """Defaults, and what generated columns are worked out from."""
    found = {}
    for each in documents:
        for column in each["schema"]["columns"]:
            if "generated" in column.get("meta", {}):
                found[each["name"], column["name"]] = column["meta"]["generated"]["expression"]
            for one in column.get("constraints", ()):
                if one["type"] == "default":
                    value = one.get("expression", one.get("value"))
                    found[each["name"], column["name"]] = (
                        str(value).lower() if isinstance(value, bool) else str(value)
                    )
    return {place: _plain(text) for place, text in found.items()}


def read_keys(documents):
    found = set()
    for each in documents:
        for column in each["schema"]["columns"]:
            for one in column.get("constraints", ()):
                if one["type"] in KINDS.values() and "domain" not in one.get("meta", {}):
                    found.add(_key(each["name"], one, [column["name"]]))
        for one in each["schema"].get("constraints", ()):
            found.add(_key(each["name"], one, one["columns"]))
    return found


def _key(table, one, names):
    to = one.get("references") or {}
    others = to.get("columns") or ([to["column"]] if to else [])
    shown = sorted(names) if one["type"] == "check" else names
    return (
        table, one["type"], tuple(shown), to.get("table", "").rpartition(":")[2], tuple(others),
        one.get("on_delete", ""), one.get("on_update", ""), one.get("deferrable", False), one.get("enforced", True),
        _plain(one.get("expression", "")),
    )  # fmt: skip


def read_indexes(documents):
    return {
        (
            each["name"], one["name"], one["type"], one["unique"],
            tuple(sorted(map(_plain, [*one.get("columns", ()), *one.get("expressions", ())]))), _plain(one.get("where", "")),
        )
        for each in documents
        for one in each["schema"].get("indexes", ())
    }  # fmt: skip


def _plain(text):
    """An expression without the brackets, casts of literals and quotes that PostgreSQL adds."""
    return re.sub(
        r"\s+|[()\"]|::(?:text|character varying|integer|numeric|bpchar|date|double precision)(?:\[\])?",
        "",
        text,
    ).lower()
