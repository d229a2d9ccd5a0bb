"""Read, write and hash a bundle of capsule documents, against the schema library alone."""

import time
from pathlib import Path

from jsonschema import Draft202012Validator

from apps.catalog import documents
from apps.catalog.documents import schema

EXAMPLE = Path(__file__).parent.parent / "tests" / "catalog" / "documents" / "appendix_a.yaml"


def run(small):
    number = 50 if small else 1_000
    text = EXAMPLE.read_text()
    bundle = "---\n".join(text.replace('stg_orders"', f'stg_orders_{i}"') for i in range(number))
    limits = documents.Limits(documents=number)
    documents.read(text)

    read, reading = _timed(lambda: documents.read(bundle, limits=limits))
    assert len(reading.documents) == number
    canonicals = [document.canonical for document in reading.documents]
    written, _ = _timed(lambda: documents.write_bundle(canonicals))
    hashed, _ = _timed(lambda: [document.hash for document in reading.documents])
    validator = Draft202012Validator(schema.schema())
    checked, _ = _timed(lambda: all(validator.is_valid({"data_capsule": one}) for one in canonicals))
    print(f"  {number} documents, {len(bundle) / 2**20:.1f} MiB; milliseconds of processor time a document:")
    print(f"  read {read / number:.2f}, write {written / number:.2f}, hash {hashed / number:.2f}")
    print(
        f"  reading is {read / checked:.1f} times the schema library's check alone ({checked / number:.2f})"
    )


def _timed(call):
    begun = time.process_time()
    found = call()
    return (time.process_time() - begun) * 1_000, found


if __name__ == "__main__":
    run(small=False)
