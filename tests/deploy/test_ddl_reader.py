"""SQL that makes tables: what is read of many dialects, what is skipped, and what is never lost in silence."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog import documents
from apps.deploy.readers import ddl
from apps.deploy.readers.found import ReaderError

FOLDER = Path(__file__).parent.parent / "fixtures" / "ddl"
CHINOOK = (FOLDER / "Chinook_PostgreSql.sql").read_text("utf-8")
PAGILA = (FOLDER / "pagila-schema.sql").read_text("utf-8")


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return ddl.read(data, **{"name": "shop.sql", "source": "shop", "database": "shop"} | options)


def by_name(found):
    return {each["name"]: each for each in found.documents}


def columns(found, table):
    return {each["name"]: each for each in by_name(found)[table]["schema"]["columns"]}


class TestWhatIsSkipped:
    def test_rows_of_copy_and_lines_for_psql_are_no_statements(self):
        found = read(
            "\\c shop\nCREATE TABLE a (id int);\nCOPY a (id) FROM stdin;\n1\n2;'\n\\.\nCREATE TABLE b (id int);\n"
        )

        assert not found.missed
        assert {name: found.places[one["urn"]] for name, one in by_name(found).items()} == {"a": 2, "b": 7}

    def test_rows_that_never_end_are_missed_with_their_line(self):
        found = read("CREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\nCREATE TABLE b (id int);\n")

        assert (found.missed[0].line, found.missed[0].why) == (2, "The rows of a COPY never end.")

    def test_inserts_of_a_whole_database_cost_little(self):
        rows = "INSERT INTO a VALUES " + ",".join("(1,'it''s; fine')" for _ in range(50_000)) + ";\n"
        began = time.monotonic()

        found = read("CREATE TABLE a (id int, note text);\n" + rows * 3 + "CREATE TABLE b (id int);\n")

        assert len(found.documents) == 2
        assert time.monotonic() - began < 5

    def test_functions_and_their_bodies_become_no_capsules(self):
        found = read(
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE x (id int); END $$;\n"
            "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\nCREATE TABLE a (id int);"
        )

        assert not found.missed
        assert list(by_name(found)) == ["a"]
        assert "2 × function" in found.notes[0].message

    def test_words_in_comments_and_texts_are_no_statements(self):
        found = read(
            "-- CREATE TABLE one (id int);\n/* CREATE TABLE two (id int); /* three */ */\n"
            "CREATE TABLE a (id int DEFAULT 1, note text DEFAULT 'CREATE TABLE four ;');"
        )

        assert not found.missed
        assert list(by_name(found)) == ["a"]


class TestWhatIsMissed:
    def test_a_table_that_breaks_off_is_listed_and_the_others_are_read(self):
        found = read("CREATE TABLE a (id int);\n\nCREATE TABLE b (id int,\n;\nCREATE TABLE c (id int);")

        assert sorted(by_name(found)) == ["a", "c"]
        assert [(each.line, each.text) for each in found.missed] == [(3, "CREATE TABLE b (id int,")]

    def test_a_key_of_a_table_that_is_not_there_is_listed(self):
        found = read("CREATE TABLE a (id int);\nALTER TABLE gone ADD CONSTRAINT pk PRIMARY KEY (id);")

        assert [(each.line, each.why) for each in found.missed] == [
            (2, "There is no table gone in what was read before.")
        ]

    def test_a_key_on_a_column_that_is_not_there_is_listed_and_the_table_is_not_read(self):
        found = read("CREATE TABLE a (id int, PRIMARY KEY (no));")

        assert not found.documents
        assert "no column no" in found.missed[0].why

    def test_a_statement_that_nobody_knows_is_listed(self):
        found = read("CREATE TABLE a (id int);\nFROBNICATE a;")

        assert [each.line for each in found.missed] == [2]

    def test_a_quote_that_is_never_closed_is_listed(self):
        found = read(
            "CREATE TABLE a (id int);\nCREATE TABLE b (note text DEFAULT 'it);\nCREATE TABLE c (id int);"
        )

        assert list(by_name(found)) == ["a"]
        assert (found.missed[0].line, found.missed[0].why) == (2, "A quote is never closed.")

    def test_a_table_inside_of_a_program_is_listed(self):
        found = read("CREATE TABLE a (id int);\nDO $$ BEGIN EXECUTE 'x'; CREATE TABLE b (id int); END $$;")

        assert "inside of a program" in found.missed[0].why

    def test_a_schema_with_its_tables_in_one_statement_is_listed(self):
        found = read("CREATE TABLE a (id int);\nCREATE SCHEMA x CREATE TABLE b (id int);")

        assert "made together with its tables" in found.missed[0].why

    def test_a_reference_out_of_the_file_is_kept_as_a_name_and_noted(self):
        found = read("CREATE TABLE a (id int REFERENCES people (id));")

        (key,) = columns(found, "a")["id"]["constraints"]
        assert key["references"] == {"table": "public.people", "column": "id"}
        assert found.notes[0].code == "unknown_reference"

    def test_a_statement_longer_than_a_megabyte_is_listed(self):
        wide = ", ".join(f"column_number_{number:06} integer" for number in range(40_000))

        found = read(f"CREATE TABLE a (id int);\nCREATE TABLE wide ({wide});")

        assert list(by_name(found)) == ["a"]
        assert "characters, more than" in found.missed[0].why

    def test_brackets_of_any_depth_stop_nobody(self):
        found = read("CREATE TABLE a (id int CHECK " + "(" * 5_000 + "id > 0" + ")" * 5_000 + ");")

        assert found.documents or found.missed


class TestAlterations:
    BASE = "CREATE TABLE people (id int, name text);\nCREATE TABLE a (id int, person int, note varchar(5));\n"

    def test_what_dumps_and_migrations_write(self):
        found = read(
            self.BASE
            + "ALTER TABLE IF EXISTS ONLY a ADD CONSTRAINT IF NOT EXISTS a_pkey PRIMARY KEY (id);\n"
            + "ALTER TABLE a ADD FOREIGN KEY (person) REFERENCES people (id) ON UPDATE CASCADE NOT VALID;\n"
            + "ALTER TABLE a ADD COLUMN IF NOT EXISTS at date DEFAULT now() NOT NULL, DROP COLUMN note;\n"
            + "ALTER TABLE a RENAME COLUMN at TO made_at;\nALTER TABLE a SET SCHEMA marts;\n"
            + "ALTER TABLE marts.a OWNER TO ana, ENABLE ROW LEVEL SECURITY;\nALTER SEQUENCE x OWNED BY a.id;"
        )

        assert not found.missed
        assert by_name(found)["a"]["urn"] == "urn:dcs:shop:table:shop.marts:a"
        kinds = columns(found, "a")
        assert list(kinds) == ["id", "person", "made_at"]
        assert kinds["id"]["constraints"] == [{"type": "primary_key", "name": "a_pkey"}]
        (key,) = kinds["person"]["constraints"]
        assert (key["on_update"], key["enforced"]) == ("CASCADE", False)
        assert kinds["made_at"]["is_nullable"] is False

    @pytest.mark.parametrize(
        "change",
        [
            "ALTER TABLE a DROP COLUMN no",
            "ALTER TABLE a RENAME id TO note",
            "ALTER TABLE a FROBNICATE",
            "ALTER TABLE a ADD id int",
        ],
    )
    def test_a_change_that_cannot_be_made_is_listed(self, change):
        found = read(self.BASE + change + ";")

        assert [each.line for each in found.missed] == [3]
        assert list(columns(found, "a")) == ["id", "person", "note"]


class TestNames:
    def test_names_in_quotes_keep_their_case_and_others_are_folded(self):
        found = read('CREATE TABLE Sales."Order Lines" (Id int, "Unit Price" numeric);')

        (document,) = found.documents
        assert document["urn"] == "urn:dcs:shop:table:shop.sales:Order%20Lines"
        assert list(columns(found, "Order Lines")) == ["id", "Unit Price"]

    def test_the_schema_is_that_of_the_search_path_or_of_the_person(self):
        text = "CREATE TABLE a (id int); SET search_path = marts, public; CREATE TABLE b (id int);"

        found = read(text, schema="raw")

        assert sorted(each["urn"].split(":")[4] for each in found.documents) == ["shop.marts", "shop.raw"]

    @pytest.mark.parametrize(
        ("dialect", "text", "name"),
        [
            ("oracle", "CREATE TABLE orders (id NUMBER(10))\n/\n", "ORDERS"),
            ("snowflake", 'CREATE TABLE "orders" (id NUMBER)', "orders"),
            ("mysql", "CREATE TABLE `Orders` (`id` int)", "Orders"),
            ("tsql", "CREATE TABLE [Sales].[Orders] ([id] int)\nGO\n", "Orders"),
        ],
    )
    def test_each_dialect_has_quotes_and_case_of_its_own(self, dialect, text, name):
        assert list(by_name(read(text, dialect=dialect))) == [name]


class TestDialects:
    def test_mysql(self):
        found = read(
            "CREATE TABLE `orders` (\n  `id` int unsigned NOT NULL AUTO_INCREMENT COMMENT 'The key',\n"
            "  `state` enum('new','paid') NOT NULL DEFAULT 'new',\n  `at` timestamp NULL DEFAULT CURRENT_TIMESTAMP"
            " ON UPDATE CURRENT_TIMESTAMP,\n  `person` int,\n  PRIMARY KEY (`id`),\n  KEY `by_person` (`person`),\n"
            "  CONSTRAINT `fk` FOREIGN KEY (`person`) REFERENCES `people` (`id`) ON DELETE CASCADE\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='All of them';\nCREATE TABLE people (id int primary key);",
            dialect="mysql",
        )

        assert not found.missed
        orders, kinds = by_name(found)["orders"], columns(found, "orders")
        assert orders["description"] == "All of them"
        assert (kinds["id"]["data_type"], kinds["id"]["description"]) == ("int unsigned", "The key")
        assert kinds["id"]["meta"] == {"identity": "auto_increment"}
        assert kinds["at"]["meta"]["on_update"] == "CURRENT_TIMESTAMP"
        assert orders["schema"]["indexes"][0]["name"] == "by_person"
        assert kinds["person"]["constraints"][0]["on_delete"] == "CASCADE"

    def test_sql_server(self):
        found = read(
            "USE shop\nGO\nCREATE TABLE [dbo].[Orders](\n [Id] [int] IDENTITY(1,1) NOT NULL,\n [Total] AS ([Net]+[Tax]),\n"
            " [Net] [decimal](10, 2) NULL, [Tax] [decimal](10, 2) NULL,\n"
            " CONSTRAINT [PK_Orders] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]\n) ON [PRIMARY]\nGO\n"
            "ALTER TABLE [dbo].[Orders] ADD CONSTRAINT [DF] DEFAULT ((0)) FOR [Net]\nGO\n"
            "CREATE NONCLUSTERED INDEX [by_net] ON [dbo].[Orders] ([Net] DESC)\nGO\n",
            dialect="tsql",
        )

        assert not found.missed
        kinds = columns(found, "Orders")
        assert kinds["Id"]["meta"]["identity"] == "identity(1,1)"
        assert kinds["Total"]["meta"]["generated"]["expression"] == "[Net]+[Tax]"
        assert {"type": "default", "value": 0} in kinds["Net"]["constraints"]
        assert by_name(found)["Orders"]["schema"]["indexes"][0]["columns"] == ["Net"]

    def test_bigquery(self):
        found = read(
            "CREATE TABLE `shop.raw.orders` (id INT64 NOT NULL OPTIONS(description='The key'), "
            "lines ARRAY<STRUCT<sku STRING, n INT64>>, day DATE)\nPARTITION BY DATE_TRUNC(day, MONTH)\n"
            'OPTIONS(description="All of them");',
            dialect="bigquery",
        )

        assert not found.missed
        (orders,) = found.documents
        assert orders["urn"] == "urn:dcs:shop:table:shop.raw:orders"
        assert columns(found, "orders")["lines"]["data_type"] == "ARRAY<STRUCT<sku STRING, n INT64>>"
        assert orders["description"] == "All of them"
        assert "DATE_TRUNC" in orders["partitioning"]["expression"]

    def test_sqlite_and_duckdb(self):
        text = 'CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, "note" , b REAL DEFAULT (1.5));'

        sqlite = read(text, dialect="sqlite")
        duckdb = read("CREATE TABLE a (tags VARCHAR[], s STRUCT(x INTEGER, y VARCHAR));", dialect="duckdb")

        assert columns(sqlite, "a")["note"]["data_type"] == "unknown"
        assert columns(duckdb, "a")["s"]["data_type"] == "STRUCT(x INTEGER, y VARCHAR)"

    def test_an_unknown_dialect_is_refused(self):
        with pytest.raises(ReaderError, match="not known"):
            read("CREATE TABLE a (id int)", dialect="cobol")


class TestViews:
    def test_columns_know_where_they_come_from(self):
        found = read(
            "CREATE TABLE people (id int PRIMARY KEY, name text);\n"
            "CREATE VIEW known AS SELECT p.id, upper(p.name) AS shouted FROM (people p);\n"
            "CREATE VIEW again AS SELECT * FROM known;"
        )

        known, again = by_name(found)["known"], by_name(found)["again"]
        assert known["lineage"]["upstream"] == ["urn:dcs:shop:table:shop.public:people"]
        assert known["lineage"]["columns"]["shouted"] == ["urn:dcs:shop:table:shop.public:people.name"]
        assert columns(found, "known")["id"]["data_type"] == "integer"
        assert list(columns(found, "again")) == ["id", "shouted"]
        assert again["lineage"]["upstream"] == [known["urn"]]

    def test_a_view_whose_columns_nobody_can_tell_is_missed(self):
        found = read("CREATE VIEW v AS SELECT * FROM elsewhere.table_;")

        assert "columns of the view" in found.missed[0].why


class TestFiles:
    @pytest.mark.parametrize("data", [b"PGDMP\x00\x01", b"\xff\xfe\x00", b"", b"-- nothing\n", b"SELECT 1;"])
    def test_what_is_no_sql_with_tables_is_refused(self, data):
        with pytest.raises(ReaderError):
            read(data)

    def test_what_is_another_language_is_listed(self):
        assert read("{}").missed[0].line == 1

    def test_utf_16_is_read(self):
        assert len(read("CREATE TABLE a (id int);".encode("utf-16")).documents) == 1

    def test_every_document_is_valid(self):
        for text in (CHINOOK, PAGILA):
            for each in read(text).documents:
                assert documents.canonical(each)["urn"] == each["urn"]

    def test_scope_is_what_the_file_is_about(self):
        found = read("CREATE TABLE a (id int); CREATE TABLE b.c (id int);", whole=True)

        assert found.is_whole
        assert "urn:dcs:shop:table:shop.b:" in found.scope
        assert "urn:dcs:shop:view:shop.public:" in found.scope


# ---------- whatever comes ----------

SMALL = "\n".join(
    part
    for part in re.split(
        r"(?<=;)\n",
        CHINOOK.split("INSERT", 1)[0] + PAGILA[: PAGILA.index("COPY") if "COPY" in PAGILA else 40_000],
    )
    if "TABLE" in part or "VIEW" in part or "INDEX" in part
)[:9_000]
PIECES = st.sampled_from(
    [
        "(",
        ")",
        "'",
        '"',
        ";",
        ",",
        "--",
        "/*",
        "*/",
        "$$",
        "CREATE TABLE x (",
        "\\",
        "NOT",
        "\n",
        "é",
        "REFERENCES",
        "\x0c",
    ]
)


def tables_in(text):
    """Tables that a text makes by its words, comments and texts taken out by other means than the reader's."""
    plain = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", " ", text, flags=re.S)
    return len(re.findall(r"\bCREATE\s+TABLE\b", plain, re.I))


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, len(SMALL)),
    length=st.integers(0, len(SMALL)),
    cuts=st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 40), PIECES), max_size=4),
)
def test_damaged_sql_is_read_or_refused_and_loses_no_table_in_silence(start, length, cuts):
    text = SMALL[start : start + length]
    for at, lost, piece in cuts:
        text = text[:at] + piece + text[at + lost :]

    try:
        found = read(text)
    except ReaderError:
        return

    assert found.missed or len([one for one in found.documents if ":table:" in one["urn"]]) >= tables_in(text)


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from("CREATE TABLE()',;\"x $-/*\n\\0[]`"), max_size=200),
    st.sampled_from(list(ddl.DIALECTS)),
)
def test_no_text_makes_the_reader_fail(text, dialect):
    try:
        found = read(text, dialect=dialect)
    except ReaderError:
        return

    assert found.documents or found.missed
