"""The examples for OOK, as somebody without a board runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HOUSE = "sim:house?speed=20"
BOUND_S = 60


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S)


def test_a_socket_is_switched_and_assumed() -> None:
    done = run("switch_socket.py", "1", "off", "--device", HOUSE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "energenie:ook:0x6C6C6/1 is off: assumed, for it never answers\n"


def test_a_socket_is_switched_by_the_plain_board() -> None:
    done = run("switch_socket.py", "3", "--ener314", "--device", "sim:ener314?speed=20")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "energenie:ook:ener314/3 is on: assumed, for it never answers\n"


def test_a_hand_controller_is_learned() -> None:
    done = run("learn_remote.py", "--device", "sim:house?speed=2", "--simulate", "--seconds", "3")
    assert done.returncode == 0
    assert done.stdout == "house 0x6C6C6, gang 1, on (-50 dBm)\n"
    assert done.stderr == "listening to hand controllers for 3 s: what MiHome devices say meanwhile is missed\n"


def test_without_a_board_the_next_step_is_named() -> None:
    for name in ("switch_socket.py", "learn_remote.py"):
        done = run(name, "--device", "/dev/spidev9.9")
        assert done.returncode == 1
        assert done.stderr.rstrip().endswith("without a board: --simulate")
