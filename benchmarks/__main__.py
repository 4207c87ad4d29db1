"""Every figure that the project quotes, measured side by side in one run.

make bench                          all of them (a quarter of an hour)
make bench ARGS="codec startup"     some
"""

from __future__ import annotations

import importlib
import logging
import platform
import sys
import time

NAMES = (
    "startup",
    "codec",
    "teleinfo",
    "teleinfo_pty",
    "wakeups",
    "recovery",
    "loss",
    "control",
    "windows",
    "web",
    "p1",
    "p1_web",
    "outbox",
    "postgres",
    "mate3_pg",
    "p1_reports",
    "p1_pty",
    "outback",
    "mate3_faults",
)


def main() -> int:
    """Print one table; exit code 1 if a figure misses its limit."""
    names = sys.argv[1:] or list(NAMES)
    logging.disable(logging.WARNING)  # faults are made on purpose
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    print(f"Python {platform.python_version()}, {platform.machine()}: {command}")
    missed = 0
    for name in names:
        began = time.perf_counter()
        rows = importlib.import_module(f"benchmarks.{name}").run()
        print(f"\n{name} ({time.perf_counter() - began:.1f} s)")
        for row in rows:
            print(row)
            missed += not row.met
    print(f"\n{missed} figures missed their limit" if missed else "\nevery figure is within its limit")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
