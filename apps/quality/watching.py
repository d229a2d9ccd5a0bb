"""What stands between a run that reads and those who follow it: its reports, and their wish to stop it."""

import logging
import threading
import time

from django.db import connections

log = logging.getLogger(__name__)
HALF_A_SECOND = 0.5
POLL_S = 0.5


class Paced:
    """At most two reports a second; the others are dropped. Raises `Cancelled` as a report does."""

    def __init__(self, progress):
        self.progress, self.last = progress, 0.0

    def say(self, phase, done=0, total=0, words=""):
        now = time.monotonic()
        if now - self.last >= HALF_A_SECOND:
            self.last = now
            self.progress.say(phase, done, total)


class Watch:
    """Stops the engine as soon as somebody cancels the job: a statement that runs asks nobody."""

    def __init__(self, progress):
        self.progress, self.engine, self.wanted = progress, None, False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join()

    def _look(self):
        try:
            while not self._over.wait(POLL_S):
                if self.progress.rows.filter(cancel_requested=True).exists():
                    self.wanted = True
                    if self.engine is not None:
                        self.engine.cancel()
                    return
        except Exception:
            log.exception("nobody can cancel this run")
        finally:
            connections.close_all()
