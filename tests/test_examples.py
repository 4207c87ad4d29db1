"""Every example runs as it stands, in a simulation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
BOUND_S = 60
BY_ITSELF_S = 3

# fmt: off
RUNS = {
    # example: arguments, what it prints
    "discover":       (("--simulate", "--seconds", "4"), "taken in as MIHO005 00A11C"),
    "forward_p1":     (("--simulate", "--spool", "memory"), "0 sent, 1 waiting"),
    "learn_remote":   (("--simulate",), "0x6C6C6"),
    "log_csv":        (("--simulate", "--count", "1"), "timestamp,mfrid,prodid"),
    "log_to_postgres": (("--simulate",), "1 polls, 0 rows to 127.0.0.1/house, 2 waiting"),
    "monitor":        (("--simulate", "--count", "1"), "MIHO005"),
    "read_mate3":     (("--simulate", "--count", "5"), "battery_voltage"),
    "read_p1":        (("--simulate", "--count", "1"), "power_import"),
    "read_plug":      (("--simulate",), "power factor 0.96"),
    "read_teleinfo":  (("--simulate", "--count", "1"), "teleinfo:"),
    "serve_json":     (("--simulate", "--listen", "127.0.0.1:0"), "http"),
    "serve_p1":       (("--simulate", "--listen", "127.0.0.1:0"), "http"),
    "set_valve":      (("--simulate",), "assumed, sent 2 times"),
    "switch_plug":    (("--simulate", "0x000373", "off"), "confirmed"),
    "switch_socket":  (("--simulate",), "is on: assumed"),
    "write_mate3":    (("--simulate",), "absorb_volts 58.8 -> 57.6 V"),
}
# fmt: on


def test_each_example_is_run_and_short() -> None:
    scripts = {path.stem: path for path in EXAMPLES.glob("*.py")}
    assert set(scripts) == set(RUNS)
    assert {name: len(path.read_text().splitlines()) for name, path in scripts.items()} == {
        name: pytest.approx(21, abs=21) for name in scripts
    }


def end(process: subprocess.Popen[str]) -> str:
    """What it still prints until it ends, by itself or by Ctrl-C."""
    with suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=BY_ITSELF_S)[0]
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=BOUND_S)[0]


@pytest.mark.parametrize("name", sorted(RUNS))
def test_an_example_shows_what_it_says(name: str, tmp_path: Path) -> None:
    arguments, expected = RUNS[name]
    with subprocess.Popen(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "ENERGY_HW_REGISTRY": str(tmp_path / "devices.toml")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen = ""
        try:
            for line in process.stdout:
                seen += line
                if expected and expected in seen:
                    break
            rest = end(process)
        except BaseException:
            process.kill()
            raise
    assert expected in seen
    assert "Traceback" not in seen + rest


@pytest.mark.parametrize(
    "name", ["discover", "forward_p1", "learn_remote", "read_mate3", "read_p1", "read_plug", "read_teleinfo"]
)
def test_an_example_ends_in_silence_when_nobody_reads_on(name: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = subprocess.run(
            [sys.executable, EXAMPLES / f"{name}.py", *RUNS[name][0]],
            cwd=tmp_path,
            env={**os.environ, "ENERGY_HW_REGISTRY": str(tmp_path / "devices.toml")},
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=BOUND_S,
        )
    finally:
        os.close(writer)
    assert process.returncode == 0
    assert "Error" not in process.stderr
