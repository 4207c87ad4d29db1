"""The server as a program of its own, for shell scripts and for looking at things by hand."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.control import command
from bench.shimmed import SOURCE, TIMEOUT_S, Program, shim_library

TESTS = Path(__file__).parent.parent
READ_VERSION = "import spidev; radio = spidev.SpiDev(); radio.open(0, 1); print(radio.xfer2([0x10, 0]))"


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{SOURCE}:{TESTS}", "PYTHONUNBUFFERED": "1"}


def test_program_finds_the_radio_of_a_server_in_another_process(environment: dict[str, str], tmp_path: Path) -> None:
    with Program([sys.executable, "-m", "bench.server", str(tmp_path)], environment) as server:
        server.wait_for("ready")
        shimmed = {"LD_PRELOAD": str(shim_library()), "EHW_BENCH_SOCKET": str(tmp_path / "socket")}
        read = [sys.executable, "-c", READ_VERSION]
        found = subprocess.run(read, env=environment | shimmed, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert (found.stderr, found.stdout) == ("", "[0, 36]\n")
        assert command(tmp_path / "socket", do="traffic")["messages"] == 1
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait() == 0


def test_command_that_does_not_exist_is_a_fault_and_no_answer(environment: dict[str, str], tmp_path: Path) -> None:
    with Program([sys.executable, "-m", "bench.server", str(tmp_path)], environment) as server:
        server.wait_for("ready")
        with pytest.raises(OSError, match="Protocol error"):
            command(tmp_path / "socket", do="explode")
