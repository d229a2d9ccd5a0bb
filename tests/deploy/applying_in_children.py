"""Applies plans in child processes and kills them: reads "key of a plan, seconds", answers how the child ended.

Run by the test of killed processes as `python -m tests.deploy.applying_in_children DATABASE`.
"""

import os
import signal
import sys
import time


def main(database):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings
    from django.db import connections

    django.setup()
    # What children would read first each time, for as long as an apply takes.
    import sqlglot.dialects  # noqa: F401

    from apps.deploy import applying  # noqa: F401

    for alias in connections:
        connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = database
    for line in sys.stdin:
        key, seconds = line.split()
        child = os.fork()
        if child == 0:
            _apply(key)
        if float(seconds) >= 0:
            time.sleep(float(seconds))
            # One that has ended waits to be asked how: its number is nobody else's yet.
            os.kill(child, signal.SIGKILL)
        _pid, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


def _apply(key):
    from apps.deploy import applying
    from apps.deploy.models import Plan
    from apps.people.reader import system

    applying.apply(Plan._base_manager.get(pk=key), reader=system("deploy"))
    # Not the interpreter's own way out: that would end what the parent shares with its children.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
