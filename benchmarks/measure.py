"""Timing: what one call costs, against a limit or an alternative measured in the same run.

Other work on the machine stretches the clock; the processor time of this process and of its database backend it
does not. Both are printed; compare ratios, not milliseconds.
"""

import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

RESULTS = Path(os.environ.get("BENCH_RESULTS") or "var/benchmarks.jsonl")


@dataclass(frozen=True)
class Timing:
    """Milliseconds a call: wall clock, and processor time of both processes (0 where the backend cannot be seen)."""

    p50: float
    p95: float
    most: float
    cpu: float
    calls: int

    def __str__(self):
        cpu = f", cpu {self.cpu:.2f}" if self.cpu else ""
        return f"p50 {self.p50:.2f} p95 {self.p95:.2f} ms{cpu}"


def backend_ns():
    """Processor time (ns) of this connection's database process, 0 if it runs elsewhere."""
    try:
        return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0])
    except (OSError, AttributeError, ValueError):
        return 0


def clock(call, arguments, *, warm=True):
    """The `Timing` of `call(argument)` over the arguments."""
    connection.ensure_connection()
    arguments = list(arguments)
    if warm:
        for argument in arguments[: max(1, len(arguments) // 10)]:
            call(argument)
    walls, cpus = [], []
    for argument in arguments:
        backend, own, begun = backend_ns(), time.process_time_ns(), time.perf_counter_ns()
        call(argument)
        walls.append((time.perf_counter_ns() - begun) / 1e6)
        cpus.append((time.process_time_ns() - own + (backend_ns() - backend)) / 1e6)
    walls.sort()
    return Timing(
        statistics.median(walls),
        walls[min(len(walls) - 1, int(len(walls) * 0.95))],
        walls[-1],
        statistics.median(cpus),
        len(walls),
    )


def tell(name, timing, *, limit=None, instead=None, of=""):
    """Print a figure with its ratio to the `limit` (ms of p95) and to the `instead` (another Timing, called `of`)."""
    said = [f"{name}: {timing}"]
    if limit is not None:
        said.append(f"{timing.p95 / limit:.0%} of the {limit:g} ms allowed")
    if instead is not None:
        base, other = (timing.cpu, instead.cpu) if timing.cpu and instead.cpu else (timing.p50, instead.p50)
        said.append(f"{other / base:.1f} times cheaper than {of} ({instead})")
    print("  " + "; ".join(said))
    record(
        name,
        p50=timing.p50,
        p95=timing.p95,
        cpu=timing.cpu,
        limit=limit,
        instead=instead and instead.p50,
        of=of,
    )


def record(name, **figures):
    """One line of JSON a figure, beside the printed one."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    rounded = {
        key: round(value, 3) if isinstance(value, float) else value
        for key, value in figures.items()
        if value not in (None, "")
    }
    with RESULTS.open("a") as results:
        results.write(json.dumps({"name": name, **rounded}) + "\n")
