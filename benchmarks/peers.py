"""The rules that public validators can say, on one Parquet file: `python benchmarks/peers.py NAME ORDERS CUSTOMERS`.

It runs in an environment of its own, where the validator is installed, and imports nothing of the portal. One line of JSON:
processor seconds from opening the file to the last count, peak memory, and the failures of each rule by its number.
"""

import json
import resource
import sys
import time

STATUS = ["pending", "confirmed", "shipped", "delivered", "cancelled"]
COUNTRIES = "DE FR US GB IT ES NL PL SE AT CH CA".split()
EMAIL, ZIP = r"^[^@\s]+@[^@\s]+\.[a-z]+$", "^[0-9]{5}$"


def pointblank(orders, _customers):
    """Polars underneath."""
    import pointblank as pb
    import polars as pl

    steps = (
        pb.Validate(pl.read_parquet(orders))
        .col_vals_not_null("customer_id")
        .col_vals_not_null("created_at")
        .col_vals_not_null("amount")
        .col_vals_not_null("email")
        .col_vals_in_set("status", STATUS)
        .col_vals_in_set("country", COUNTRIES)
        .col_vals_regex("email", EMAIL, na_pass=True)
        .col_vals_regex("zip", ZIP, na_pass=True)
        .col_vals_between("discount", 0, 1, na_pass=True)
        .rows_distinct(columns_subset=["order_id"])
        .rows_distinct(columns_subset=["order_id", "created_at"])
        .col_vals_ge("shipped_at", pb.col("created_at"), na_pass=True)
        .interrogate()
    )
    failed = steps.n_failed()
    return dict(zip((0, 1, 2, 4, 5, 6, 7, 8, 10, 12, 13, 16), failed.values(), strict=True))


def dataframely(orders, _customers):
    """Polars underneath; its rules are expressions."""
    import dataframely as dy
    import polars as pl

    class Orders(dy.Schema):
        customer_id, created_at, shipped_at = dy.Any(), dy.Any(), dy.Any()
        amount, discount, notes = dy.Any(), dy.Any(), dy.Any()
        email, status, country, zip, phone = dy.Any(), dy.Any(), dy.Any(), dy.Any(), dy.Any()

        @dy.rule()
        def r0(cls) -> pl.Expr:
            return pl.col("customer_id").is_not_null()

        @dy.rule()
        def r1(cls) -> pl.Expr:
            return pl.col("created_at").is_not_null()

        @dy.rule()
        def r2(cls) -> pl.Expr:
            return pl.col("amount").is_not_null() & pl.col("amount").is_not_nan()

        @dy.rule()
        def r3(cls) -> pl.Expr:
            return pl.col("notes").str.strip_chars(" ") != ""

        @dy.rule()
        def r4(cls) -> pl.Expr:
            return pl.col("email").is_not_null()

        @dy.rule()
        def r5(cls) -> pl.Expr:
            return pl.col("status").is_in(STATUS)

        @dy.rule()
        def r6(cls) -> pl.Expr:
            return pl.col("country").is_in(COUNTRIES)

        @dy.rule()
        def r7(cls) -> pl.Expr:
            return pl.col("email").str.contains(EMAIL)

        @dy.rule()
        def r8(cls) -> pl.Expr:
            return pl.col("zip").str.contains(ZIP)

        @dy.rule()
        def r10(cls) -> pl.Expr:
            return pl.col("discount").is_between(0, 1)

        @dy.rule()
        def r11(cls) -> pl.Expr:
            return pl.col("phone").str.len_chars().is_between(8, 20)

        @dy.rule()
        def r16(cls) -> pl.Expr:
            return pl.col("shipped_at") >= pl.col("created_at")

    _good, failures = Orders.filter(pl.read_parquet(orders))
    counts = failures.counts()
    return {
        int(name[1:]): counts.get(name, 0)
        for name in [f"r{n}" for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 16)]
    }


def great_expectations(orders, _customers):
    """pandas underneath."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    import pandas as pd

    rules = {
        0: gxe.ExpectColumnValuesToNotBeNull(column="customer_id"),
        1: gxe.ExpectColumnValuesToNotBeNull(column="created_at"),
        2: gxe.ExpectColumnValuesToNotBeNull(column="amount"),
        4: gxe.ExpectColumnValuesToNotBeNull(column="email"),
        5: gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATUS),
        6: gxe.ExpectColumnValuesToBeInSet(column="country", value_set=COUNTRIES),
        7: gxe.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL),
        8: gxe.ExpectColumnValuesToMatchRegex(column="zip", regex=ZIP),
        10: gxe.ExpectColumnValuesToBeBetween(column="discount", min_value=0, max_value=1),
        11: gxe.ExpectColumnValueLengthsToBeBetween(column="phone", min_value=8, max_value=20),
        12: gxe.ExpectColumnValuesToBeUnique(column="order_id"),
        16: gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="shipped_at", column_B="created_at", or_equal=True
        ),
    }
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("here").add_dataframe_asset("orders")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(
        batch_parameters={"dataframe": pd.read_parquet(orders)}
    )
    suite = context.suites.add(gx.ExpectationSuite(name="orders", expectations=list(rules.values())))
    found = batch.validate(suite)
    told = {}
    for one in found.results:
        kind, given = one.expectation_config.type, one.expectation_config.kwargs
        for number, rule in rules.items():
            same = all(
                given.get(key) == getattr(rule, key) for key in ("column", "column_A") if hasattr(rule, key)
            )
            if same and rule.expectation_type == kind:
                told[number] = one.result.get("unexpected_count")
    return told


if __name__ == "__main__":
    _script, name, *paths = sys.argv
    validator = {
        "pointblank": pointblank,
        "dataframely": dataframely,
        "great_expectations": great_expectations,
    }[name]
    validator(*paths)  # once to import what it needs, which is no part of the question
    began, clock = time.process_time(), time.perf_counter()
    counts = validator(*paths)
    print(
        json.dumps(
            {
                "cpu_s": round(time.process_time() - began, 3),
                "wall_s": round(time.perf_counter() - clock, 3),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "counts": {key: None if n is None else int(n) for key, n in counts.items()},
            }
        )
    )
