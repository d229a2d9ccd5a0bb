"""Data files for tests: the real ones, and small ones that are made to show one thing."""

import json
from pathlib import Path

import duckdb

from apps.deploy.readers import files

FOLDER = Path(__file__).parent.parent / "fixtures" / "files"


def read(path, **options):
    return files.read(Path(path), **{"source": "lake", "location": Path(path).name} | options)


def only(found):
    (document,) = found.documents
    return document


def types(document):
    return {each["name"]: each["data_type"] for each in document["schema"]["columns"]}


def column(document, name):
    return next(each for each in document["schema"]["columns"] if each["name"] == name)


def parquet(path, query):
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(query).write_parquet(str(path))
    return path


def delta(folder, *commits):
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    for number, actions in enumerate(commits):
        (log / f"{number:020}.json").write_text("\n".join(json.dumps(each) for each in actions), "utf-8")
    return folder


def schema_of(*fields, **more):
    struct = {"type": "struct", "fields": list(fields)}
    return {
        "metaData": {"schemaString": json.dumps(struct), "partitionColumns": [], "configuration": {}, **more}
    }


def named(name, kind="long", **more):
    return {"name": name, "type": kind, "nullable": True, "metadata": {}, **more}


PROTOCOL = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
