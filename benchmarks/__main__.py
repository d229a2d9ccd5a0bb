"""Run the benchmarks: `python -m benchmarks [--small] [name …]`.

Each module here with a function `run(small)` is one; without names all of them run. They use a database of
their own: the server of `DATABASE_URL`, which must be empty, or an embedded one in `var/postgres-bench`.
"""

import argparse
import importlib
import os
import pkgutil
import sys
import time


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these, such as catalogue or search")
    parser.add_argument("--small", action="store_true", help="a twentieth of the size, in about a minute")
    asked = parser.parse_args(argv)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ["DCS_CLUSTER"] = "postgres-bench-small" if asked.small else "postgres-bench"
    # What is measured is the work, not the waiting.
    for name in ("PERSON", "ADDRESS", "SEARCH", "INGEST"):
        os.environ.setdefault(f"THROTTLE_{name}", "1000000/min")
    import django

    django.setup()
    # Pages are measured in a process that is as the web server's is.
    importlib.import_module("portal.wsgi")
    from apps.dcs.embedded import attached

    with attached():
        modules = dict(questions(asked.names))
        if any(getattr(module, "ESTATE", True) for module in modules.values()):
            prepare(asked.small)
        for name, module in modules.items():
            print(f"{name}: {(module.__doc__ or '').strip().splitlines()[0]}")
            begun = time.perf_counter()
            module.run(asked.small)
            print(f"  ({time.perf_counter() - begun:.0f} s)")
    return 0


def questions(names):
    """(name, module) of each benchmark, or of those that are named."""
    for name in sorted(found.name for found in pkgutil.iter_modules(__import__("benchmarks").__path__)):
        if name != "__main__" and (not names or name in names):
            module = importlib.import_module(f"benchmarks.{name}")
            if hasattr(module, "run"):
                yield name, module


def prepare(small):
    """A migrated database with the estate in it; what an earlier run loaded is used again."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import scale

    call_command("migrate", verbosity=0, interactive=False)
    wanted = scale.SMALL if small else scale.FULL
    with connection.cursor() as cursor:
        # The facts come last: without them an earlier run was interrupted.
        cursor.execute("SELECT count(*) FROM dcs.capsule_facts WHERE visible_to = 32767")
        (there,) = cursor.fetchone()
    if there == wanted.capsules:
        return
    begun = time.perf_counter()
    print(f"Loading {wanted}")
    scale.load(wanted)
    print(f"  ({time.perf_counter() - begun:.0f} s)")


if __name__ == "__main__":
    sys.exit(main())
