"""A server of Spark Connect for these tests alone: `make test-spark` installs it, elsewhere they are left out."""

import os
import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

WAIT_S = 120
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


@pytest.fixture(scope="session")
def spark_address(tmp_path_factory):
    """Where a server listens that sees the tables that tests make; it ends with the session."""
    pyspark = find_spec("pyspark")
    if pyspark is None or pyspark.origin is None or shutil.which("java") is None:
        pytest.skip("make test-spark installs Spark; Java must be there")
    home, folder = Path(pyspark.origin).parent, tmp_path_factory.mktemp("spark")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.ui.enabled": "false",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.driver.host": "127.0.0.1",
    }
    command = [home / "bin" / "spark-submit", "--class", SERVER, "--master", "local[2]"]
    command += ["--driver-memory", "1g"]
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*map(str, command), "spark-internal"],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            start_new_session=True,
        )
    try:
        _wait(server, port, folder / "log")
        yield f"sc://127.0.0.1:{port}/;use_ssl=false"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server, port, log):
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if server.poll() is not None:
            pytest.fail(f"Spark ended: {log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"Spark does not listen: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def spark_tables(spark_address, tmp_path_factory):
    """The server's address; it has the tables of the differential suite in its schema `default`."""
    from pyspark.sql.connect.session import SparkSession

    from tests.quality.differential.data import write_parquet

    session = SparkSession.builder.remote(spark_address).create()
    try:
        for name, path in write_parquet(tmp_path_factory.mktemp("tables")).items():
            session.sql(f"CREATE TABLE {name} USING parquet OPTIONS (path '{path}')").collect()
    finally:
        session.stop()
    return spark_address
