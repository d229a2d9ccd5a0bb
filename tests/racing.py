"""People who act at the same moment, each on a connection of their own."""

import os
import queue
import threading

from django.db import connections

# Fifty by default; more before a release.
PAIRS = int(os.environ.get("RACES", "50"))


class Racer(threading.Thread):
    """Somebody who carries out one deed after another; its connection stays open, as those of a web process do."""

    def __init__(self):
        super().__init__(daemon=True)
        self.deeds, self.results = queue.Queue(), queue.Queue()
        self.start()

    def run(self):
        while True:
            deed, start = self.deeds.get()
            try:
                speak_to_the_tests_database()
                start.wait(10)
                result = deed()
            except Exception as error:  # noqa: BLE001
                result = error
            self.results.put(result)


def speak_to_the_tests_database():
    """Each test has a database of its own: a connection to that of the last one is of no use, nor is a broken one."""
    for connection in connections.all(initialized_only=True):
        opened = connection.connection
        other = opened is not None and opened.info.dbname != connection.settings_dict["NAME"]
        if other or connection.in_atomic_block:
            connection.close()
            del connections[connection.alias]
        else:
            connection.close_if_unusable_or_obsolete()


RACERS: list[Racer] = []


def at_once(*deeds):
    """Run the deeds side by side, each on its own connection; returns what each gave or raised."""
    while len(RACERS) < len(deeds):
        RACERS.append(Racer())
    start, running = threading.Barrier(len(deeds)), RACERS[: len(deeds)]
    for racer, deed in zip(running, deeds, strict=True):
        racer.deeds.put((deed, start))
    return [racer.results.get(timeout=60) for racer in running]


def lost(results):
    """What was raised among the results of `at_once`."""
    return [result for result in results if isinstance(result, Exception)]
