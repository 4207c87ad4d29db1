"""GPIO lines of both cores on the bench's GPIO chips, and the ENER314 that drives them: real ioctls.

The Python core's are the real rpi-lgpio over the real lgpio.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from bench.shimmed import ShimBench, shim_bench
from energy_hw import core as cores
from energy_hw.core.c_lines import NativeLines
from energy_hw.energenie.ener314 import LINES
from energy_hw.errors import NodeMissing

HEADER = 1
"""Chip 0 of the shim is an expander, as on a Pi 5 with some kernels."""
SOCKET_2_ON = {"GPIO22", "GPIO23", "GPIO27"}
SWITCH = """
import sys
from energy_hw.energenie.ener314 import Ener314
from energy_hw.energenie.legacy import Socket
with Ener314(core=sys.argv[1]) as board:
    print(Socket(board, gang=2).on(wait=20).outcome)
"""

needs_lgpio = pytest.mark.skipif(
    find_spec("lgpio") is None, reason="lgpio cannot be installed here: it has wheels for x86-64, Python 3.9 to 3.12"
)
each_core = pytest.mark.parametrize("core", [cores.NAMES[0], pytest.param(cores.NAMES[1], marks=needs_lgpio)])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[ShimBench]:
    monkeypatch.setenv("RPI_LGPIO_REVISION", "a020d3")
    monkeypatch.setenv("RPI_LGPIO_CHIP", str(HEADER))
    with shim_bench(header_number=HEADER) as opened:
        yield opened


def high_lines(bench: ShimBench) -> set[str]:
    return {line.name for line in bench.machine.header.lines if line.level}


@each_core
def test_a_socket_s_code_is_on_the_lines_while_on_air_and_they_are_free_afterwards(bench: ShimBench, core: str) -> None:
    seen: list[set[str]] = []
    bench.machine.header.watch(25, lambda *_: seen.append(high_lines(bench)))
    done = bench.run("-c", SWITCH, core)
    assert (done.status, done.out) == (0, "assumed\n"), done
    on_air = [lines for lines in seen if "GPIO25" in lines]
    assert on_air == [SOCKET_2_ON | {"GPIO25"}]
    assert "GPIO25" not in seen[-1]
    held = bench.do("levels")
    assert isinstance(held, dict)
    assert not {f"GPIO{line}" for line in LINES} & set(held)


@each_core
def test_a_line_that_another_process_holds_is_said(bench: ShimBench, core: str) -> None:
    bench.do("hold", offset=25, consumer="fan")
    done = bench.run("-c", SWITCH, core)
    assert done.status == 1
    assert "LinkBusy" in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("fault", "arguments", "said"),
    [
        ("deny", {"path": "/dev/gpiochip1"}, "PermissionDenied"),
        ("remove", {"path": "/dev/gpiochip1"}, "NodeMissing"),
        ("fail", {"path": "/dev/gpiochip1"}, "NodeMissing"),  # it cannot say its label
    ],
)
def test_a_chip_that_cannot_be_had_is_said(
    bench: ShimBench, fault: str, arguments: dict[str, object], said: str
) -> None:
    bench.do(fault, **arguments)
    done = bench.run("-c", SWITCH, "c")
    assert done.status == 1
    assert said in done.err.splitlines()[-1]


@needs_lgpio
def test_the_holder_is_named_by_the_c_core(bench: ShimBench) -> None:
    bench.do("hold", offset=17, consumer="fan")
    assert "GPIO17 of /dev/gpiochip1 is held by fan" in bench.run("-c", SWITCH, "c").err


def test_without_a_chip_of_that_label_there_are_no_lines() -> None:
    with pytest.raises(NodeMissing, match="no such chip"):
        NativeLines(LINES, "no such chip")
