#!/usr/bin/env python3
"""The portal from a pipeline: plan, apply, export and diff of capsule documents, and the gate. Python alone is needed.

    export PORTAL_URL=https://portal.example PORTAL_TOKEN=…
    python portal_client.py plan capsules/orders.yaml --out plan.json
    python portal_client.py apply plan.json

Ends with 0 (nothing to change, done, or open), 2 (there are changes), 3 (refused: invalid, blocked, stale,
forbidden) or 1 (anything else). The token needs the scopes read and write; it never stands on the command line.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

NOTHING, CHANGES, BLOCKED, FAILED = 0, 2, 3, 1
SIGNS = {"create": "+", "change": "~", "retire": "−", "no_change": "="}
SECONDS = 120
FLAGS = {
    "keep_unlisted": "retire nothing but columns",
    "overwrite": "take over values that people wrote",
    "strict": "take warnings for errors",
    "create_terms": "make drafts of missing terms",
}
REFUSALS = (400, 403, 409, 412, 413)  # the portal understood and said no


class Refused(Exception):
    """The portal said no: `status` is HTTP's, `code` a stable word, `body` the whole answer."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        self.code = body.get("code", "")
        super().__init__(body.get("detail") or f"The portal answered {status}.")


class Unreachable(Exception):
    """There was no answer, or none that this client understands."""


class Portal:
    """A portal at an address, asked with a token.

    Every call returns the decoded JSON of the answer, or text. Raises `Refused` for an answer of 4xx or 5xx and
    `Unreachable` where there is none.
    """

    def __init__(self, url, token, *, timeout=SECONDS):
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is no address of a portal; it begins with https://.")
        self.base, self._token, self.timeout = url.rstrip("/") + "/api/v1", token, timeout

    def plan(self, text, **options):
        """What a file of documents (bytes or text) would change; `options` are those of FLAGS, true or false."""
        return self._call("POST", "/plans", text, _flags(options))

    def apply(self, plan_id):
        """Carry out a plan."""
        return self._call("POST", f"/plans/{_segment(plan_id)}/apply", "{}")

    def put(self, urn, text, *, accept="", **options):
        """Plan and apply one document under one lock; `accept` is its hash where it retires or breaks something."""
        query = _flags(options) + ([("accept", accept)] if accept else [])
        return self._call("PUT", f"/capsules/{_segment(urn)}/document", text, query)

    def export(self, urns=(), *, domain="", form="yaml", observed=False):
        """Documents as text: of the capsules named, of a domain, or all."""
        query = [("urn", urn) for urn in urns] + ([("domain", domain)] if domain else [])
        query += [("include", "observed")] if observed else []
        return self._call("GET", "/documents", query=query, accept=f"application/{form}", text=True)

    def diff(self, urn, a, b):
        """What differs between two versions of a capsule: numbers, names, days, or live."""
        path = f"/capsules/{_segment(urn)}/versions/{_segment(a)}/diff/{_segment(b)}"
        return self._call("GET", path)

    def record(self, urn, **facts):
        """Keep the present state as a version, with version_name, git_commit_sha, deployment_context …"""
        return self._call("POST", f"/capsules/{_segment(urn)}/versions", json.dumps(facts))

    def gate(self, urn):
        """May data of the capsule go on?"""
        return self._call("GET", f"/capsules/{_segment(urn)}/gate")

    def _call(self, method, path, body=None, query=(), *, accept="application/json", text=False):
        url = self.base + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = body.encode() if isinstance(body, str) else body
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept, "User-Agent": "portal-client"}
        if data is not None:
            headers["Content-Type"] = "application/json" if data[:1] in (b"{", b"[") else "application/yaml"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the scheme is checked
        try:
            with _OPENER.open(request, timeout=self.timeout) as answer:
                found = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _decoded(error.read())) from None
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self.base} does not answer: {getattr(error, 'reason', error)}") from None
        if text:
            return found.decode()
        return json.loads(found)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A token is not sent to another address."""

    def redirect_request(self, *_arguments):
        return None


_OPENER = urllib.request.build_opener(_StayHere)


def _decoded(data):
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _segment(text):
    return urllib.parse.quote(str(text), safe=":")


def _flags(options):
    if unknown := options.keys() - FLAGS.keys():
        raise TypeError(f"There is no option {', '.join(sorted(unknown))}.")
    return [(name, "true") for name, value in options.items() if value]


# ---------- what is printed ----------


def lines(answer):
    """A plan's answer as lines for a terminal: signs and words, never colour alone."""
    for capsule in answer["capsules"]:
        verdict = capsule["verdict"]
        yield f"{SIGNS[capsule['action']]} {capsule['urn']}: {capsule['action'].replace('_', ' ')}"
        for name, part in capsule["dimensions"].items():
            if part["items"]:
                yield f"  {SIGNS[part['result']]} {name}"
            for item in part["items"]:
                yield f"    {SIGNS[item['action']]} {item['code']} {item['name']} ({item['consumer']} for consumers)"
        for one in capsule["kept"]:
            yield f"  kept {one['pointer']}: written by {one['by']}"
        for one in capsule["suggestions"]:
            yield f"  perhaps {one['old']} is now {one['new']}: write {one['hint']}"
        if verdict["decision"] != "allow":
            said = " ".join(reason["text"] for reason in verdict["reasons"])
            yield f"  {verdict['decision'].replace('_', ' ')}: {said}"
        for one in capsule["approvals"]:
            yield f"  {one['section']} waits for an approval by {', '.join(one['roles'])}"
    for name in answer.get("new_terms", ()):
        yield f"+ term {name}: a draft, to be defined"
    for warning in answer["warnings"]:
        yield f"warning {warning['code']} at line {warning['line']}: {warning['message']}"


def blocked(answer):
    """True if the contract of any capsule stands in the way."""
    return any(capsule["verdict"]["decision"] == "blocked" for capsule in answer["capsules"])


def refusal(body):
    """An answer that says no, as lines: every problem of a file with its place, every reason of a block."""
    for one in body.get("problems", ()):
        place = f"{one['document']}:{one['line']}:{one['column']}"
        yield f"{place} {one['code']} {one['message']} {one['hint']}".rstrip()
    if not body.get("problems"):
        yield body.get("detail") or "The portal refused without a reason."
    for name, texts in (body.get("fields") or {}).items():
        yield from (f"  {name}: {text}" for text in texts)
    if new := body.get("plan"):
        yield f"  The new plan is {new['plan_id']}."


# ---------- commands ----------


def main(arguments=None, *, out=sys.stdout, error=sys.stderr):
    """Run one command; returns the exit code."""
    asked = _parser().parse_args(arguments)
    url, token = os.environ.get("PORTAL_URL", ""), os.environ.get("PORTAL_TOKEN", "")
    if not url or not token:
        print("Set PORTAL_URL and PORTAL_TOKEN.", file=error)
        return FAILED
    try:
        code, answer, words = asked.run(Portal(url, token), asked)
    except Refused as refused:
        say(refused.body or {"detail": str(refused)}, refusal(refused.body), asked.json, out)
        return BLOCKED if refused.status in REFUSALS else FAILED
    except (Unreachable, OSError, ValueError) as problem:
        print(problem, file=error)
        return FAILED
    say(answer, words, asked.json, out)
    return code


def say(answer, words, as_json, out):
    """`answer` as JSON where that was asked for, else the lines of `words`."""
    if as_json and not isinstance(answer, str):
        print(json.dumps(answer, ensure_ascii=False), file=out)
        return
    for line in words:
        print(line, file=out)


def _plan(portal, asked):
    found = portal.plan(asked.file.read_bytes(), **_options(asked))
    if asked.out:
        asked.out.write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    words = [*lines(found), f"{found['number']}: apply it with `apply {found['plan_id']}` within a day."]
    changes = CHANGES if found["result"] == "changes" else NOTHING
    return BLOCKED if blocked(found) else changes, found, words


def _apply(portal, asked):
    if asked.direct:
        if not asked.urn:
            raise ValueError("Name the capsule of the document: --urn URN.")
        found = portal.put(asked.urn, Path(asked.plan).read_bytes(), accept=asked.accept, **_options(asked))
    else:
        found = portal.apply(_plan_id(asked.plan))
    words = [*lines(found), f"{found['number']} is applied."]
    words += [f"Review {number} holds what needs an approval." for number in found.get("reviews", ())]
    return NOTHING, found, words


def _plan_id(named):
    path = Path(named)
    if not path.is_file():
        return named
    try:
        return json.loads(path.read_text("utf-8"))["plan_id"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{named} is no file that `plan --out` wrote.") from None


def _export(portal, asked):
    form = "json" if asked.json else "yaml"
    text = portal.export(asked.urn, domain=asked.domain, form=form, observed=asked.observed)
    if not asked.out:
        return NOTHING, text, [text.rstrip("\n")]
    asked.out.write_text(text, encoding="utf-8")
    return NOTHING, {"file": str(asked.out)}, [f"Written to {asked.out}."]


def _diff(portal, asked):
    found = portal.diff(asked.urn, asked.a, asked.b)
    words = [f"{SIGNS[one['action']]} {one['title']}: {one['why_consumer']}" for one in found["changes"]]
    return CHANGES if found["changes"] else NOTHING, found, words


def _gate(portal, asked):
    found = portal.gate(asked.urn)
    words = ["Open." if found["passed"] else "Closed."]
    words += [f"  {one['rule_name']}: {one['check_status']}" for one in found["failing"]]
    words += [f"  {one['rule_name']}: has never run" for one in found["not_run"]]
    return NOTHING if found["passed"] else BLOCKED, found, words


def _options(asked):
    return {name: getattr(asked, name) for name in FLAGS}


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, words):
        found = commands.add_parser(name, help=words, description=words)
        found.add_argument("--json", action="store_true", help="print the answer as JSON and nothing else")
        found.set_defaults(run=run)
        return found

    def options(found):
        for name, words in FLAGS.items():
            flag = "--keep" if name == "keep_unlisted" else "--" + name.replace("_", "-")
            found.add_argument(flag, dest=name, action="store_true", help=words)

    one = command("plan", _plan, "say what FILE would change")
    one.add_argument("file", type=Path)
    one.add_argument("--out", type=Path, help="write the plan there, for apply")
    options(one)
    one = command("apply", _apply, "carry out a plan, or with --direct a document")
    one.add_argument("plan", help="a plan's id, its file, or with --direct a document's file")
    one.add_argument("--direct", action="store_true", help="plan and apply one document under one lock")
    one.add_argument("--urn", help="with --direct: the capsule that the document is about")
    one.add_argument("--accept", default="", help="the document's hash, where it retires or breaks")
    options(one)
    one = command("export", _export, "write capsules as documents: those named, of a domain, or all")
    one.add_argument("urn", nargs="*")
    one.add_argument("--domain", default="")
    one.add_argument("--out", type=Path)
    one.add_argument("--observed", action="store_true", help="with statistics, seen edges and history")
    one = command("diff", _diff, "say what differs between two versions of a capsule")
    one.add_argument("urn")
    one.add_argument("a", help="a number, a name, a day, or live")
    one.add_argument("b", nargs="?", default="live")
    one = command("gate", _gate, "ask whether a blocking rule fails")
    one.add_argument("urn")
    return parser


if __name__ == "__main__":
    sys.exit(main())
