"""Plans: one document of 300 columns, and a bundle of 1,000 capsules of 30, planned, applied and planned again."""

import os
import subprocess
import sys
import time
from pathlib import Path

from django.core.management import call_command

from apps.catalog import documents

PLAN, APPLY = 300, 1_000  # milliseconds of performance.md section 1, for 300 columns
BUNDLE, MEMORY = 60, 400  # seconds of plan and apply together, and MB at most, for 1,000 capsules
ESTATE = False  # it needs a database, and nothing in it
LIMITS = {"documents": 1_000, "nodes": 2_000_000}
STEPS = ("plan", "apply", "plan again")


def run(small):
    """Each in a process of its own, whose memory is read when it ends."""
    call_command("migrate", verbosity=0, interactive=False)
    for title, capsules, columns in (
        ("a document of 300 columns", 1, 300),
        (f"a bundle of {100 if small else 1_000} capsules", 100 if small else 1_000, 30),
    ):
        command = [sys.executable, "-m", "benchmarks.plans", str(capsules), str(columns)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        *seconds, peak = (float(word) for word in done.stdout.split()[-4:])
        print(f"  {title}: " + ", ".join(f"{step} {s:.2f} s" for step, s in zip(STEPS, seconds, strict=True)))
        if capsules == 1:
            print(
                f"  against the limits: plan ×{seconds[0] * 1e3 / PLAN:.2f}, apply ×{seconds[1] * 1e3 / APPLY:.2f}"
            )
        else:
            share = capsules / 1_000
            both = (seconds[0] + seconds[1]) / (BUNDLE * share)
            print(
                f"  against the limits: plan and apply ×{both:.2f}, peak {peak:.0f} MB, ×{peak / MEMORY:.2f}"
            )


class _NothingStays(Exception):
    """Ends the transaction: the database is as it was."""


def document(number, columns):
    """A capsule with a key, descriptions, rules and an upstream one."""
    name = f"model_{number}"
    return {
        "urn": f"urn:dcs:dbt:model:bench.plans:{name}",
        "name": name,
        "layer": "gold",
        "description": f"What model {number} holds, one row for each order that was paid.",
        "schema": {
            "columns": [
                {
                    "name": f"column_{place}",
                    "data_type": ("BIGINT", "VARCHAR(40)", "DECIMAL(18,2)", "TIMESTAMP")[place % 4],
                    "description": f"The {place}th thing that is known of an order.",
                    **({"constraints": [{"type": "primary_key"}]} if place == 0 else {}),
                }
                for place in range(columns)
            ]
        },
        "quality_rules": [
            {"rule": "not_null", "column": f"column_{place}", "severity": "error"}
            for place in range(0, columns, 10)
        ],
        "lineage": {"upstream": [f"urn:dcs:dbt:model:bench.plans:model_{number - 1}"]} if number else {},
    }


def main(capsules, columns):
    """Print the seconds of each step and the peak of this process's memory in MB."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.conf import settings

    from apps.audit.context import acting
    from apps.dcs.embedded import attached
    from apps.deploy import applying, plan
    from apps.people.reader import system

    settings.DOCUMENT_LIMITS = LIMITS
    reader = system("bench")
    text = documents.write_bundle([documents.canonical(document(n, columns)) for n in range(capsules)])
    found, seconds = [], []
    with attached():
        try:
            with acting(reader, reason="bench"):
                for step in (
                    lambda: found.append(plan.make(text, reader)),
                    lambda: applying.apply(found[0], reader=reader),
                    lambda: found.append(plan.make(text, reader)),
                ):
                    begun = time.perf_counter()
                    step()
                    seconds.append(time.perf_counter() - begun)
                assert found[0].answer["result"] == "changes"
                assert found[1].answer["result"] == "no_change"
                raise _NothingStays
        except _NothingStays:
            pass
    peak = next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    print(*seconds, peak)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
