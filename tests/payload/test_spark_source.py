"""A source whose tables Spark reads: how its server is named, and what is said where Spark is not installed."""

import sys

import pytest

from apps.catalog.engines import Unfit, spark_server
from apps.payload.engines import opened
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import SPARK, Description, Table
from apps.payload.opening import open_engine
from apps.payload.sources import Unreadable
from apps.payload.sources.places import place_in
from apps.payload.sources.spark import driver_facts
from tests.factories import CapsuleFactory, SourceSystemFactory

HERE = {"engine": "spark", "host": "127.0.0.1"}


@pytest.fixture
def near(settings):
    """This machine may be called, at the port of Spark Connect."""
    settings.CONNECT_INTERNAL = ["127.0.0.0/8"]
    settings.CONNECT_PORTS = [*settings.CONNECT_PORTS, 15002]


def test_a_server_is_reached_at_the_address_that_was_looked_at(near):
    assert driver_facts(spark_server(HERE)) == {"address": "sc://127.0.0.1:15002/;use_ssl=false"}
    assert driver_facts(spark_server({**HERE, "user": "quality;token=x"})) == {
        "address": "sc://127.0.0.1:15002/;use_ssl=false;user_id=quality%3Btoken%3Dx"
    }


def test_a_token_goes_over_tls_alone_to_the_host_that_the_certificate_names(near, monkeypatch):
    monkeypatch.setenv("LAKE_TOKEN", "seven;bridges")
    named = {**HERE, "host": "localhost", "token_env": "LAKE_TOKEN"}

    with pytest.raises(Unreadable, match="TLS alone"):
        driver_facts(spark_server(named))
    assert driver_facts(spark_server({**named, "sslmode": "require"})) == {
        "address": "sc://localhost:15002/;use_ssl=true;token=seven%3Bbridges"
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "a/../b"},
        {"host": ""},
        {"port": 0},
        {"url": "sc://127.0.0.1/;token=x"},
        {"options": "-c x=y"},
    ],
)
def test_what_leads_elsewhere_is_refused(wrong):
    with pytest.raises(Unfit):
        spark_server({**HERE, **wrong})


def test_a_host_inside_is_not_called_unless_the_operator_allows_it(settings):
    settings.CONNECT_INTERNAL = []

    with pytest.raises(Unreadable):
        driver_facts(spark_server(HERE))


def test_the_missing_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)

    with pytest.raises(Unanswered) as why, opened(Description(SPARK, (Table(name="orders"),))):
        pass
    assert why.value.code == "extra"


@pytest.mark.django_db
def test_a_capsule_of_spark_that_cannot_be_read_says_why(near, tmp_path, settings):
    settings.PAYLOAD_WORK = str(tmp_path)
    # A port at which nobody listens.
    settings.CONNECT_PORTS = [*settings.CONNECT_PORTS, 1]
    source = SourceSystemFactory(kind="spark", connection={**HERE, "port": 1})
    capsule = CapsuleFactory(storage_location="", source_system=source)

    assert place_in(source).engine == SPARK
    with pytest.raises(Unreadable) as why, open_engine(capsule):
        pass
    assert why.value.reason in ("extra", "unreachable")
    assert "127.0.0.1" not in why.value.detail
