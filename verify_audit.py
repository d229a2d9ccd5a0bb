"""Checks an export of the change log (`manage.py audit export`) away from the portal: needs Python and `cryptography`, no database.

python verify_audit.py EXPORT.jsonl --key KID=PUBLIC_HEX [--anchor ANCHOR.jsonl]

Computes every digest anew, follows the chain and checks every signature; with an anchor also that each seal is the one
that was noted there. Names each seal that does not fit, and ends with 1. Rows are read one by one.
"""

import argparse
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = "number from_txid to_txid rows first_seq last_seq digest previous kid sealed_at".split()


def message(seal):
    """What was signed: every field on a line of its own."""
    return "\n".join(["dcs-seal-1", *(str(seal[name]) for name in FIELDS)]).encode()


def is_signed(seal, keys):
    """True if the key that the seal names has signed it."""
    if seal["kid"] not in keys:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[seal["kid"]]))
        public.verify(bytes.fromhex(seal["signature"]), message(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def defects(lines, keys, anchored):
    """Yield a sentence for everything that does not fit; `anchored` is {number: line of the anchor}."""
    before = seal = None
    rows, order, digest = 0, None, None
    seen = set()

    def closed():
        if rows != seal["rows"]:
            yield f"seal {seal['number']}: {seal['rows']} rows were sealed, {rows} are here"
        digest.update(bytes.fromhex(seal["previous"]))
        if digest.hexdigest() != seal["digest"]:
            yield f"seal {seal['number']} (seq {seal['first_seq']}-{seal['last_seq']}): its rows are not those that were sealed"

    for line in lines:
        told = json.loads(line)
        if "seal" in told:
            if seal is not None:
                yield from closed()
            before, seal = seal, told["seal"]
            rows, order, digest = 0, None, hashlib.sha256()
            seen.add(seal["number"])
            if not is_signed(seal, keys):
                yield f"seal {seal['number']}: its signature does not hold"
            if before is not None and (seal["number"], seal["previous"], seal["from_txid"]) != (
                before["number"] + 1,
                before["digest"],
                before["to_txid"],
            ):
                yield f"seal {seal['number']}: it does not continue seal {before['number']}"
            noted = anchored.get(seal["number"])
            if noted is not None and (noted["digest"], noted["signature"]) != (
                seal["digest"],
                seal["signature"],
            ):
                yield f"seal {seal['number']}: it is not the one that was anchored"
        elif seal is None:
            yield "rows stand before the first seal"
            return
        else:
            text = told["row"]
            place = tuple(int(part) for part in json.loads(text)[:2])
            if order is not None and place <= order:
                yield f"seal {seal['number']}: row {place[1]} is out of order"
            rows, order = rows + 1, place
            digest.update(hashlib.sha256(text.encode()).digest())
    if seal is None:
        yield "there is no seal in the file"
    else:
        yield from closed()
        if gone := [number for number in anchored if number > max(seen)]:
            yield f"the anchor knows seals up to {max(gone)}, the file up to {max(seen)}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--key", action="append", required=True, help="KID=HEX; may be given several times")
    parser.add_argument("--anchor")
    given = parser.parse_args(arguments)
    keys = dict(key.split("=", 1) for key in given.key)
    anchored = {}
    if given.anchor:
        with open(given.anchor, encoding="utf-8") as file:
            anchored = {line["number"]: line for line in map(json.loads, filter(str.strip, file))}
    wrong = 0
    with open(given.file, encoding="utf-8") as file:
        for sentence in defects(file, keys, anchored):
            wrong += 1
            sys.stdout.write(sentence + "\n")
    sys.stdout.write("all fits\n" if not wrong else f"{wrong} defects\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
