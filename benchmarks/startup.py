"""What `import energy_hw` costs beside a bare interpreter: CPU time, median of nine."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

from benchmarks import Row


def run() -> list[Row]:
    """CPU milliseconds of the import, and the modules of third parties that it loads."""
    bare, loaded = _cpu_ms("pass"), _cpu_ms("import energy_hw")
    return [
        Row("import energy_hw, beside a bare interpreter", max(loaded - bare, 0.0), "ms CPU", 30.0),
        Row("modules from outside the standard library", float(len(third_party())), "", 0.0),
    ]


def _cpu_ms(code: str) -> float:
    return statistics.median(_once(code) for _ in range(9))


def _once(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def third_party() -> list[str]:
    """Top-level modules that `import energy_hw` loads and the standard library does not have."""
    code = (
        "import sys; before = set(sys.modules); import energy_hw; "
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}; "
        "print(*sorted(new - set(sys.stdlib_module_names) - {'energy_hw'}))"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
