"""What PostgreSQL's catalogue is asked for; works on versions 12 to 18 and for an account that may only read.

Each query takes the names of schemas, an empty list for all that the account may enter.
"""

# Relations that are capsules: partitions belong to their table, temporary ones to nobody.
_READ = """
WITH seen AS (
  SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'USAGE')
    AND (%(schemas)s::text[] = '{}' OR n.nspname = ANY (%(schemas)s::text[]))
    -- What an extension brought is a part of the extension.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
"""
SCHEMAS = """
SELECT n.nspname::text, has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (%(schemas)s::text[] = '{}' OR n.nspname = ANY (%(schemas)s::text[]))
ORDER BY 1
"""
RELATIONS = (
    _READ  # noqa: S608 - texts of this file
    + """
SELECT c.oid::bigint, c.nspname::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'),
  CASE c.relkind
    WHEN 'p' THEN (SELECT sum(greatest(l.reltuples, 0))::bigint FROM pg_partition_tree(c.oid) t
                   JOIN pg_class l ON l.oid = t.relid WHERE t.isleaf AND l.reltuples >= 0)
    ELSE CASE WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 THEN c.reltuples::bigint END END,
  CASE c.relkind
    WHEN 'p' THEN (SELECT sum(pg_total_relation_size(t.relid))::bigint FROM pg_partition_tree(c.oid) t)
    ELSE CASE WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid) END END,
  (SELECT greatest(s.last_analyze, s.last_autoanalyze) FROM pg_stat_all_tables s WHERE s.relid = c.oid),
  p.partstrat::text, pg_get_partkeydef(c.oid),
  (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k(number, place)
   LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0),
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END,
  (SELECT array_agg(i.inhparent::bigint ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid)
FROM seen c LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
ORDER BY c.nspname, c.relname
"""
)
PARTITIONS = """
SELECT c.oid::bigint, pg_partition_root(c.oid)::oid::bigint, n.nspname::text, c.relname::text,
  i.inhparent = pg_partition_root(c.oid)::oid, pg_get_expr(c.relpartbound, c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
ORDER BY c.relname
"""
COLUMNS = (
    _READ  # noqa: S608 - texts of this file
    + """
SELECT a.attrelid::bigint, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  col_description(a.attrelid, a.attnum), pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text,
  CASE WHEN a.attcollation <> t.typcollation THEN o.collname::text END, a.atttypid::bigint,
  a.attinhcount > 0 AND NOT a.attislocal
FROM seen c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
)
# A domain over a domain ends at the type below; rules and defaults of all on the way hold.
DOMAINS = """
WITH RECURSIVE way AS (
  SELECT t.oid AS top, t.oid AS at, t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault, 0 AS depth
  FROM pg_type t WHERE t.typtype = 'd'
  UNION ALL
  SELECT w.top, t.oid, t.typbasetype, t.typtypmod, w.typnotnull OR t.typnotnull, coalesce(w.typdefault, t.typdefault), w.depth + 1
  FROM way w JOIN pg_type t ON t.oid = w.typbasetype WHERE t.typtype = 'd'
)
SELECT DISTINCT ON (w.top) w.top::bigint, format_type(w.top, NULL), format_type(w.typbasetype, w.typtypmod), w.typnotnull, w.typdefault,
  (SELECT array_agg(pg_get_constraintdef(k.oid) ORDER BY v.depth DESC, k.conname) FROM way v
   JOIN pg_constraint k ON k.contypid = v.at AND k.contype = 'c' WHERE v.top = w.top)
FROM way w ORDER BY w.top, w.depth DESC
"""
ENUMS = """
SELECT e.enumtypid::bigint, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e GROUP BY 1
"""
# `conparentid` is set on what a partition repeats of its table. From version 18 NOT NULL is a row (n); of those only the
# ones that were never validated matter, because the column says the rest.
CONSTRAINTS = (
    _READ  # noqa: S608 - texts of this file
    + """
SELECT k.conrelid::bigint, k.conname::text, k.contype::text, k.convalidated, k.condeferrable,
  (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
  f.nspname::text, r.relname::text,
  (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number),
  k.confdeltype::text, k.confupdtype::text,
  CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END, pg_get_constraintdef(k.oid, true)
FROM seen c JOIN pg_constraint k ON k.conrelid = c.oid
LEFT JOIN pg_class r ON r.oid = k.confrelid LEFT JOIN pg_namespace f ON f.oid = r.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND k.conparentid = 0
ORDER BY k.conrelid, array_position(ARRAY['p', 'f', 'u', 'c', 'x', 'n'], k.contype::text), k.conname
"""
)
INDEXES = (
    _READ  # noqa: S608 - texts of this file
    + """
SELECT i.indrelid::bigint, x.relname::text, m.amname::text, i.indisunique, i.indisprimary, i.indisvalid, i.indnkeyatts::int,
  (SELECT array_agg(coalesce(a.attname::text, '') ORDER BY u.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(number, place)
   LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number AND u.number > 0),
  (SELECT array_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n) FROM generate_series(1, i.indnkeyatts::int) n),
  pg_get_expr(i.indpred, i.indrelid, true), s.spcname::text, x.reloptions, pg_get_indexdef(i.indexrelid)
FROM seen c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
LEFT JOIN pg_tablespace s ON s.oid = x.reltablespace
ORDER BY i.indrelid, NOT i.indisprimary, x.relname
"""
)
DEPENDENCIES = (
    _READ  # noqa: S608 - texts of this file
    + """
SELECT DISTINCT w.ev_class::bigint, d.refobjid::bigint, n.nspname::text, r.relname::text
FROM seen c JOIN pg_rewrite w ON w.ev_class = c.oid
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class r ON r.oid = d.refobjid AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE d.deptype = 'n' AND d.refobjid <> w.ev_class AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""
)
# In the order in which they are asked.
ALL = {
    "schemas": SCHEMAS,
    "relations": RELATIONS,
    "partitions": PARTITIONS,
    "columns": COLUMNS,
    "domains": DOMAINS,
    "enums": ENUMS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "dependencies": DEPENDENCIES,
}
