"""Migration operation that lets a table change only by approved reviews."""

from django.db import migrations


class Govern(migrations.RunSQL):
    """Accept changes of the `governed` columns of `table` only from an approved review, once a row is in force.

    `state` is the column of the lifecycle; rows in `free` states are edited directly, `pending` ones wait for their
    first approval, `entering` are the states that need one. `evidence` columns say who approved. A table without states
    names `in_use`, a function of schema dcs that tells by the key whether a row is in force (trust.md, section 2.2).
    """

    def __init__(
        self, table, *, governed, state="", in_use="", free=(), pending=(), entering=(), evidence=()
    ):
        self.table = table
        lists = (",".join(each) for each in (free, pending, governed, evidence, entering))
        arguments = ", ".join(f"'{each}'" for each in (state, in_use, *lists))
        on = f'dcs."{table}"'
        super().__init__(
            f"CREATE TRIGGER govern BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW"
            f" EXECUTE FUNCTION dcs.guard_governed({arguments});\n"
            f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER govern;\n"
            f"CREATE TRIGGER close_reviews AFTER DELETE ON {on} REFERENCING OLD TABLE AS old_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION dcs.close_reviews()",
            f"DROP TRIGGER close_reviews ON {on};\nDROP TRIGGER govern ON {on}",
        )


class GovernForce(migrations.RunSQL):
    """Let rows of `table` enter force, change there and leave it only by approved reviews; others are written freely.

    `state` is a column, `in_force` its values that bind; among `by_itself`, some of these, a row moves without review.
    `governed` columns are the content, `evidence` columns say who approved (trust.md, section 2.2). What has versions names
    the column that they share and the state of a replaced one as `versions`, what has an end the column of its approved last
    day and the state after it as `ends`.
    """

    def __init__(self, table, *, state, in_force, governed, by_itself=(), evidence=(), versions=(), ends=()):
        self.table = table
        lists = (",".join(each) for each in (in_force, by_itself, governed, evidence))
        further = (*(versions or ("", "")), *(ends or ("", ""))) if versions or ends else ()
        arguments = ", ".join(f"'{each}'" for each in (state, *lists, *further))
        on = f'dcs."{table}"'
        super().__init__(
            f"CREATE TRIGGER govern BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW"
            f" EXECUTE FUNCTION dcs.guard_force({arguments});\n"
            f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER govern;\n"
            f"CREATE TRIGGER close_reviews AFTER DELETE ON {on} REFERENCING OLD TABLE AS old_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION dcs.close_reviews()",
            f"DROP TRIGGER close_reviews ON {on};\nDROP TRIGGER govern ON {on}",
        )


class KeepInForce(migrations.RunSQL):
    """Refuse to delete rows of `table` whose `state` is one of `in_force`, unless their subject goes with them."""

    def __init__(self, table, *, state, in_force):
        on = f'dcs."{table}"'
        super().__init__(
            f"CREATE TRIGGER keep_in_force BEFORE DELETE ON {on} FOR EACH ROW"
            f" EXECUTE FUNCTION dcs.guard_removal('{state}', '{','.join(in_force)}');\n"
            f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER keep_in_force",
            f"DROP TRIGGER keep_in_force ON {on}",
        )
