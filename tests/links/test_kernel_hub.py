"""A hub on a node: frames over the simulated air, through the kernel's interfaces, to readings.

The chip simulator runs in real time in another process (under the shim in another thread).
"""

from collections.abc import Iterator

import pytest

from bench.shimmed import Bench, open_bench

# A MIHO005's report as a real one sent it; see tests/captures/openhems/miho005_report_pico.
FRAME = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
LOOK = 5
"""Bytes: address and flags 1 and 2, address and RSSI."""
CORES = pytest.mark.parametrize("core", ["c", "python"])


@pytest.fixture
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


@CORES
def test_frames_arrive_whole_and_are_understood(bench: Bench, core: str) -> None:
    received = bench.call("receive", core=core, frame=FRAME, times=3)
    assert received["frames"] == [FRAME] * 3
    assert received["readings"].items() >= {"voltage": "249", "frequency": "49.94921875", "real_power": "3"}.items()
    assert received["restarts"] == 0


def test_frame_is_received_without_dio0_as_well(bench: Bench) -> None:
    assert bench.call("receive", core="c", frame=FRAME, dio0=None)["frames"] == [FRAME]


def test_frame_costs_36_bytes_on_the_bus(bench: Bench) -> None:
    """Flags and RSSI, length, the rest; see core/interface.py. A look between two frames costs 5 at most."""
    spent = bench.call("receive", core="c", frame=FRAME, times=3)["bytes"]
    assert len(spent) == 2
    assert all(36 <= bytes_moved <= 36 + LOOK for bytes_moved in spent)
    assert 36 in spent


@CORES
def test_frame_that_is_sent_is_heard_by_a_neighbour(bench: Bench, core: str) -> None:
    assert bench.call("send", core=core, frame=FRAME) == [FRAME]


@CORES
def test_radio_that_was_pulled_out_is_brought_back(bench: Bench, core: str) -> None:
    found = bench.call("lose_radio", core=core, frame=FRAME)
    assert found["lost"] >= 1
    assert found["frames"] >= 1
    assert found["missed"]
