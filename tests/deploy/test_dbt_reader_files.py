import gc
import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.deploy.readers import dbt, dbt_artifacts, dbt_lineage
from tests.deploy.dbt_fixtures import FOLDER, codes, manifest, metadata, model, parsed, raw

ARTIFACTS = sorted(str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.json"))


@pytest.mark.parametrize("name", ARTIFACTS)
def test_every_file_is_told_apart_by_what_it_says_of_itself(name):
    opened = dbt.open_artifact(raw(name))
    kind, version = opened.kind, opened.version

    assert kind in ("manifest", "catalog", "run-results")
    assert 1 <= version <= 12


@pytest.mark.parametrize("name", ARTIFACTS)
def test_every_file_reads_as_a_manifest_or_fails_with_its_own_kind(name):
    kind = dbt.open_artifact(raw(name)).kind

    if kind == "manifest":
        assert dbt.read(raw(name)).documents
    else:
        with pytest.raises(dbt.ArtifactError, match=f"is a dbt {kind}") as caught:
            dbt.read(raw(name))
        assert caught.value.code == "wrong_kind"
        assert caught.value.pointer == "/metadata/dbt_schema_version"


WHOLE = raw("ol_alias_manifest.json")


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty", "The manifest is empty"),
        (b"  \n ", "empty", "The manifest is empty"),
        (b"<!doctype html><title>Sign in</title>", "not_json", "HTML or XML page"),
        (b"\x1f\x8b\x08rest", "not_json", "gzip archive"),
        (b"PK\x03\x04rest", "not_json", "zip archive"),
        ("{}".encode("utf-16"), "not_json", "UTF-16"),
        (b"\xff{}", "not_json", "not valid JSON"),
        (WHOLE[:3000], "truncated", "ends in the middle"),
        (WHOLE.replace(b":", b";", 1), "not_json", "line 2, column 12"),
        (b"[]", "not_an_artifact", "JSON list"),
        (b"3", "not_an_artifact", "JSON number"),
        (b"null", "not_an_artifact", "JSON null"),
        (b"{}", "not_an_artifact", "says nowhere which dbt artifact"),
        (b'{"name": "shop", "dependencies": {}}', "not_an_artifact", "package.json"),
        (b'{"metadata": "x", "nodes": {}}', "not_an_artifact", "says nowhere"),
        (b'{"metadata": {"dbt_schema_version": 12}}', "not_an_artifact", "says nowhere"),
        (orjson.dumps({"metadata": metadata("semantic_manifest", 1)}), "not_an_artifact", "says nowhere"),
        (orjson.dumps({"metadata": metadata("freshness", 1)}), "wrong_kind", "dbt freshness"),
        (orjson.dumps({"metadata": metadata()}), "no_nodes", "field nodes is missing"),
        (orjson.dumps({"metadata": metadata(), "nodes": []}), "no_nodes", "no object"),
        (b"[" * 3000 + b"]" * 3000, "too_deep", "nested too deeply"),
        (object(), "not_json", "neither bytes nor a JSON object"),
    ],
)
def test_a_file_that_is_no_manifest_fails_with_a_sentence_and_a_next_step(content, code, says):
    with pytest.raises(dbt.ArtifactError) as caught:
        dbt.read(content)

    assert caught.value.code == code
    assert says in caught.value.message
    assert "manifest" in caught.value.message
    assert code == "too_deep" or caught.value.hint or "line" in caught.value.message


def test_a_manifest_given_as_catalog_is_named():
    with pytest.raises(dbt.ArtifactError, match="The catalog is a dbt manifest") as caught:
        dbt.read(WHOLE, catalog=WHOLE)

    assert "Upload it as manifest" in caught.value.hint


def test_a_file_over_the_limit_is_refused_before_parsing(monkeypatch):
    monkeypatch.setattr(dbt_artifacts, "MAX_BYTES", 100)

    with pytest.raises(dbt.ArtifactError, match="at most 100 are read") as caught:
        dbt.read(WHOLE)

    assert caught.value.code == "too_large"


def test_a_node_that_is_nested_absurdly_names_its_place():
    deep = []
    for _ in range(200):
        deep = [deep]
    content = orjson.dumps(manifest(model("orders", meta={"x": deep})))
    content = content.replace(b"[" * 201, b"[" * 500).replace(b"]" * 201, b"]" * 500)

    with pytest.raises(dbt.ArtifactError) as caught:
        dbt.read(content)

    assert caught.value.code == "too_deep"
    assert caught.value.pointer == "/nodes/model.shop.orders"


def test_a_higher_version_is_read_with_a_warning():
    reading = dbt.read(manifest(model("orders"), version=13))

    assert len(reading.documents) == 1
    assert "newer_version" in codes(reading)


def test_bytes_text_and_parsed_json_give_the_same_documents():
    from_bytes = dbt.read(b"\xef\xbb\xbf" + WHOLE)
    from_text = dbt.read(WHOLE.decode())
    from_objects = dbt.read(orjson.loads(WHOLE))

    assert from_bytes.documents == from_text.documents == from_objects.documents


def test_what_is_given_parsed_is_left_as_it_was():
    given_manifest = parsed("jaffle_shop_classic/manifest.json")

    dbt.read(given_manifest)

    assert given_manifest == parsed("jaffle_shop_classic/manifest.json")


def test_nan_and_infinity_are_null_and_nul_characters_are_gone():
    text = json.dumps(manifest(model("orders", description="a\x00b", meta={"x": float("nan")})))
    results = json.dumps(
        {
            "metadata": metadata("run-results", 4),
            "results": [
                {"unique_id": "model.shop.orders", "status": "success", "execution_time": float("inf")}
            ],
            "elapsed_time": float("nan"),
        }
    )

    reading = dbt.read(text, run_results=results)

    assert reading.documents[0]["description"] == "ab"
    assert reading.documents[0]["meta"]["x"] is None
    assert reading.runs[0]["duration_ms"] is None
    assert reading.runs[0]["nodes"][0]["duration_ms"] is None


def test_an_escaped_backslash_before_u0000_is_no_nul_character():
    reading = dbt.read(manifest(model("orders", description="C:\\u0000")))

    assert reading.documents[0]["description"] == "C:\\u0000"


def test_the_collector_is_as_it_was_after_reading_and_after_failing():
    assert gc.isenabled()

    dbt.read(WHOLE)
    with pytest.raises(dbt.ArtifactError):
        dbt.read(b"{}")

    assert gc.isenabled()


def test_a_node_that_is_no_object_is_told_and_the_rest_is_read():
    content = manifest(model("orders"))
    content["nodes"]["model.shop.broken"] = "x"
    content["sources"]["source.shop.erp.broken"] = 3

    reading = dbt.read(content)

    assert len(reading.documents) == 1
    assert [note.pointer for note in reading.notes if note.severity == "error"] == [
        "/nodes/model.shop.broken",
        "/sources/source.shop.erp.broken",
    ]
    assert not reading.complete


# Mutations: whatever is deleted, retyped or emptied, a file reads or fails with a reason.

PARSED = {
    name: {**parsed(name), "macros": {}}
    for name in (
        "jaffle_shop_classic/manifest.json",
        "parser_v12_manifest_1.11.json",
        "ol_test_manifest.json",
    )
}
CATALOG = parsed("jaffle_shop_classic/catalog.json")
RESULTS = parsed("jaffle_shop_classic/run_results.json")
SOURCES = {
    "metadata": metadata("sources", 3),
    "results": [
        {"unique_id": "source.jaffle_shop.ecom.raw_orders", "status": "pass", "max_loaded_at": "2026-01-01"}
    ],
}
WRONG = st.sampled_from(
    [b"null", b"true", b"0", b"-1", b"1.5", b'""', b'"x"', b"\"ref('orders')\"", b"[]", b'["x"]', b"[null]"]
    + [b"{}", b'{"x": 1}', b'{"": []}', b'{"x": {"y": ["z"]}}', b"9223372036854775807", b"1e300"]
).map(orjson.loads)


def mutated(chance, content):
    """The same content with one to four values somewhere in it deleted or replaced by one of another type."""
    content = orjson.loads(orjson.dumps(content))
    for _ in range(chance.draw(st.integers(1, 4))):
        place = content
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and chance.draw(st.integers(0, 5)):
                place = inner
                continue
            if chance.draw(st.booleans()):
                del place[key]
            else:
                place[key] = chance.draw(WRONG)
            break
    return content


def trouble(read):
    """The reason why something could not be read, None if it could; any other failure passes through."""
    try:
        read()
    except dbt.ArtifactError as error:
        return error
    return None


def has_a_reason(error):
    return error is None or bool(error.code and error.message)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=st.data(), name=st.sampled_from(sorted(PARSED)))
def test_a_mutated_manifest_reads_or_fails_with_a_reason(chance, name):
    content = mutated(chance, PARSED[name])

    def read():
        reading = dbt.read(content, CATALOG, RESULTS, SOURCES)
        assert len(reading.documents) == len(reading.all_urns)
        dbt_lineage.with_column_lineage(reading, processes=1)

    assert has_a_reason(trouble(read))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=st.data())
def test_a_mutated_companion_reads_or_fails_with_a_reason(chance):
    companions = [mutated(chance, one) for one in (CATALOG, RESULTS, SOURCES)]

    def read():
        reading = dbt.read(PARSED["jaffle_shop_classic/manifest.json"], *companions)
        dbt_lineage.with_column_lineage(reading, processes=1)

    assert has_a_reason(trouble(read))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_noise_fails_with_a_reason(noise):
    with pytest.raises(dbt.ArtifactError):
        dbt.read(noise)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 2), byte=st.binary(min_size=1, max_size=1))
def test_a_damaged_byte_reads_or_fails_with_a_reason(at, byte):
    damaged, cut = WHOLE[:at] + byte + WHOLE[at + 1 :], WHOLE[:at]

    assert has_a_reason(trouble(lambda: dbt.read(damaged)))
    assert trouble(lambda: dbt.read(cut)).message
