"""Whole pages over HTTP, signed in: four connections, two processes of the server."""

import http.client
import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client

from apps.catalog.models import Capsule
from apps.people.models import User
from benchmarks import catalogue, lineage, measure, search

PAGE_MS = 50
CONNECTIONS, PROCESSES = 4, 2
CLEARANCE = 2
WARMING_SECONDS = 90


def run(small):
    cookie = session()
    asked = questions(random.Random(11), 40 if small else 100)
    connections.close_all()
    with server() as port:
        warm(port, cookie, asked)
        for name, paths in asked.items():
            tell(name, *together(port, cookie, paths))
        tell("all of these at once", *together(port, cookie, mixed(asked)))


def session():
    """The session of a person who may see what is not secret."""
    user, _new = User.objects.get_or_create(
        username="bench-pages", defaults={"email": "pages@example.org", "clearance": CLEARANCE}
    )
    user.groups.set(Group.objects.filter(name="analyst"))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def questions(chance, number):
    """{what: paths}, none of them the same twice where the estate has that many."""
    seen = Capsule.objects.filter(visibility_rank__lte=CLEARANCE)
    capsules = list(seen.order_by("?").values_list("urn", flat=True)[:number])
    hubs = lineage.ends("capsule_lineage", "source_id")
    hubs = list(seen.filter(pk__in=hubs).values_list("urn", flat=True))
    sorts = ("name", "-updated", "-quality", "-downstream")
    lists = [{**query, "sort": sort} for query, sort in itertools.product(catalogue.QUERIES, sorts)]
    texts = [text for texts in search.typed(chance, number).values() for text in texts]
    chance.shuffle(texts)
    return {
        "catalogue, ten filters in four orders": [f"/capsules/?{urlencode(query, doseq=True)}" for query in lists],
        "search with facets, each text new": [f"/capsules/?{urlencode({'q': text})}" for text in texts[:number]],
        "suggestions, each text new": [f"/search/suggest/?{urlencode({'q': text})}" for text in texts[number : 2 * number]],
        "one capsule": [f"/capsules/{quote(urn)}/" for urn in capsules],
        "its columns": [f"/capsules/{quote(urn)}/structure/" for urn in capsules],
        "lineage, three steps both ways": [f"/lineage/?{urlencode({'focus': urn, 'up': 3, 'down': 3})}" for urn in capsules],
        "lineage around hubs, three steps down": [f"/lineage/?{urlencode({'focus': urn, 'up': 0, 'down': 3})}" for urn in hubs],
    }  # fmt: skip


def mixed(asked):
    """A few of each, in turn."""
    return [path for paths in zip(*(paths[:20] for paths in asked.values()), strict=True) for path in paths]


@contextmanager
def server():
    """The web server as it runs in production, with two processes; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    threads = CONNECTIONS // PROCESSES
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", str(PROCESSES), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"]  # fmt: skip
    environment = {**os.environ, "DCS_POOL": str(threads + 2), "DCS_SERVING": "1"}
    process = subprocess.Popen([*command, "portal.wsgi:application"], env=environment)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def warm(port, cookie, asked):
    """Ask until both processes have read what they keep: ten answers in a row that are as quick as they will be."""
    until, quick = time.monotonic() + WARMING_SECONDS, 0
    paths = itertools.cycle(mixed(asked)[::7] + mixed(asked)[::5])
    while quick < 10 * CONNECTIONS and time.monotonic() < until:
        try:
            walls, _sizes = together(port, cookie, list(itertools.islice(paths, 2 * CONNECTIONS)))
        except OSError:
            time.sleep(0.2)
            continue
        quick = quick + len(walls) if max(walls) < 1000 else 0
    if quick < 10 * CONNECTIONS:
        raise SystemExit("The server was not ready in time.")


def together(port, cookie, paths):
    """(milliseconds, bytes) of each answer, asked over four connections that are kept open."""
    waiting, found, faults, lock = iter(paths), [], [], threading.Lock()

    def ask():
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while True:
                with lock:
                    path = next(waiting, None)
                if path is None:
                    return
                begun = time.perf_counter()
                wire.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
                answer = wire.getresponse()
                size = len(answer.read())
                if answer.status != 200:
                    faults.append(RuntimeError(f"{path} answered {answer.status}"))
                    return
                found.append(((time.perf_counter() - begun) * 1000, size))
        except (OSError, http.client.HTTPException) as error:
            faults.append(error if isinstance(error, OSError) else OSError(str(error)))
        finally:
            wire.close()

    people = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    if faults:
        raise faults[0]
    return [wall for wall, _size in found], [size for _wall, size in found]


def tell(name, walls, sizes):
    walls.sort()
    middle, late = statistics.median(walls), walls[min(len(walls) - 1, int(len(walls) * 0.95))]
    weight = statistics.median(sizes) / 1e3
    print(
        f"  {name}: p50 {middle:.0f} p95 {late:.0f} ms, {weight:.0f} kB; {late / PAGE_MS:.0%} of the {PAGE_MS} ms allowed"
    )
    measure.record(f"{name}, over HTTP", p50=middle, p95=late, limit=PAGE_MS, kilobytes=weight)
