"""A reader that finds what a test wants: the JSON file that it is given says which documents, and what was missed."""

import io
import json

from apps.deploy import reading
from apps.deploy.readers.found import Found, Missed, ReaderError, relation_urn, scope_of

KIND = "told"


@reading.reader(KIND)
def told(given, say):
    """What the test has written into the file."""
    ((name, path),) = given.files
    said = json.loads(path.read_text("utf-8"))
    if "error" in said:
        raise ReaderError("damaged", said["error"], "Send it again.")
    say("Reading", 1, 1)
    return Found(
        tuple(said["documents"]),
        origin="told",
        source="shop",
        scope=(scope_of("shop", "table", "shop", "public"),),
        complete=said.get("complete", False),
        missed=tuple(Missed(text, "This is no statement.", line) for line, text in said.get("missed", ())),
        name=name,
        places={each["urn"]: line for line, each in enumerate(said["documents"], 1)},
    )


def table(name, *columns, **parts):
    """A document of a table of the shop; columns are names, or (name, description)."""
    pairs = [(each, "") if isinstance(each, str) else each for each in columns or ("id",)]
    entries = [{"name": column, "data_type": "integer", "description": text} for column, text in pairs]
    urn = relation_urn("shop", "table", "shop", "public", name)
    return {"urn": urn, "name": name, "schema": {"columns": entries}, **parts}


def job_of(*documents, reader, **said):
    """The job that reads these documents, not yet run."""
    content = json.dumps({"documents": documents, **said}).encode()
    choices = {"source": "shop"}
    return reading.accept(KIND, reader=reader, choices=choices, files=[("shop.sql", io.BytesIO(content))])


def read(*documents, reader, **said):
    """The job that has read these documents."""
    return reading.run(job_of(*documents, reader=reader, **said), at_once=True)
