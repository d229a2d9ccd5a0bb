"""A shop's orders in a Parquet file, one row of them wrong, and the capsule that says where they lie."""

import duckdb

from tests.factories import CapsuleFactory, ColumnFactory, QualityRuleFactory

ORDERS = """
    SELECT i AS order_id, CASE WHEN i = 7 THEN NULL ELSE 'placed' END AS status,
           CASE WHEN i = 3 THEN -5.0 ELSE i * 10.0 END AS amount, 'c' || i || '@example.org' AS email
    FROM range(1, 101) t(i)
"""
TYPES = {"order_id": "BIGINT", "status": "VARCHAR", "amount": "DOUBLE", "email": "VARCHAR"}


def write(folder, sql=ORDERS, name="orders"):
    """The file in `folder`."""
    path = folder / f"{name}.parquet"
    duckdb.connect().execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    return path


def capsule(path, **values):
    """The capsule of that file, with its columns."""
    made = CapsuleFactory(
        name="orders", storage_location=str(path), storage_format="parquet", columns=[], **values
    )
    for place, (name, kind) in enumerate(TYPES.items(), 1):
        ColumnFactory(capsule=made, name=name, data_type=kind, ordinal_position=place)
    return made


def rule(capsule, column, rule_type="not_null", **values):
    values = {"severity": "error", "name": f"{rule_type}_{column}", **values}
    return QualityRuleFactory(
        capsule=None, column=capsule.columns.get(name=column), rule_type=rule_type, **values
    )
