"""The shop's orders as fixtures: a folder of files, and the capsule that says where one of them lies."""

import pytest

from tests.quality import shop


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Files of orders and of the states that they may have."""
    where = tmp_path_factory.mktemp("shop")
    shop.write(where)
    shop.write(where, "SELECT * FROM (VALUES ('placed'), ('shipped')) t(word)", "states")
    return where


@pytest.fixture
def orders(folder, settings, tmp_path):
    """The capsule of the orders; what is read of it lies below the roots."""
    settings.PAYLOAD_ROOTS = [str(folder)]
    settings.PAYLOAD_WORK = str(tmp_path)
    return shop.capsule(folder / "orders.parquet")
