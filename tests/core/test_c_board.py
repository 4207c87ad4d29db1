"""The C core's own way to the kernel: nodes, lines, edges, and what is said when they cannot be had.

Each program runs unmodified, in a process of its own, on the bench's nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.machine import HEADERS
from bench.shimmed import Bench, open_bench, shim_bench
from energy_hw.core.c_board import NativeSpi, open_board
from energy_hw.errors import LinkError, NodeMissing, OutOfRange
from energy_hw.links.board import WIRINGS

TESTS = Path(__file__).resolve().parents[1]
REPORT = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
START = """
import sys, threading, time
from energy_hw.core.c import CCore
from energy_hw.core.c_board import NativePins, NativeSpi, open_board
from energy_hw.errors import EnergyHwError, LinkClosed
from energy_hw.links.board import Wiring

WIRED = Wiring("wired", reset=25, dio0=24, led_receive=27, led_transmit=22)

def attempt(call, *arguments):
    try:
        return call(*arguments)
    except EnergyHwError as error:
        print(type(error).__name__, error, sep=": ", flush=True)

def board(label=None):
    return open_board("/dev/spidev0.1", WIRED, label=label)
"""


@pytest.fixture
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


@pytest.fixture
def shim() -> Iterator[Bench]:
    """For faults that a real kernel cannot be made to have."""
    with shim_bench() as opened:
        yield opened


def outcome(bench: Bench, program: str) -> str:
    """What a program prints; START is what it can use."""
    done = bench.run("-c", START + program)
    assert (done.status, done.err) == (0, "")
    return done.out


RECEIVE = """
def forbidden(*arguments):
    raise AssertionError("the native driver calls no Python")

NativeSpi.transfer = NativeSpi.sleep_us = NativePins.reset = forbidden
with board() as opened:
    radio = CCore().radio(opened)
    radio.start()
    radio.receive()
    print("listening", flush=True)
    frame = None
    while frame is None:
        opened.pins.wait(20.0)
        frame = radio.poll()
    print(frame.data.hex(), radio.counters.frames, radio.verify())
    radio.close()
"""


def test_a_report_is_received_by_edge_and_without_a_callback(bench: Bench) -> None:
    with bench.start("-c", START + RECEIVE) as program:
        program.wait_for("listening")
        bench.do("transmit", frame=REPORT)
        program.wait_for(f"{REPORT} 1 []")
        assert program.wait() == 0


@pytest.mark.parametrize("label", HEADERS)
def test_the_chip_is_found_by_its_label_on_every_pi(label: str) -> None:
    with shim_bench(header=label) as shim:
        assert outcome(shim, "board().close(); print('opened')") == "opened\n"


def test_another_label_may_be_given(bench: Bench) -> None:
    said = outcome(bench, "attempt(board, 'some-expander'); attempt(board, 'pinctrl-sim')")
    assert said.splitlines() == [
        "LinkError: /dev/gpiochip0 does not have these lines: check the wiring",
        "NodeMissing: expected a GPIO chip labelled pinctrl-sim, found none: is this a Raspberry Pi?",
    ]


def test_a_chip_that_may_not_be_opened_is_not_missing(shim: Bench) -> None:
    shim.do("deny", path=shim.header)
    assert outcome(shim, "attempt(board)").startswith(f"PermissionDenied: {shim.header} belongs to group ")


def test_a_line_that_is_held_is_named_with_its_holder_and_the_node_is_free_again(bench: Bench) -> None:
    bench.do("hold", offset=25, consumer="fan control")
    said = outcome(bench, "attempt(board)\nprint(NativeSpi('/dev/spidev0.1').transfer([b'\\x10\\0'])[0].hex())")
    assert said.splitlines() == [
        f"LinkBusy: GPIO25 of {bench.header} is held by fan control: stop it (`gpioinfo` lists all lines)",
        "0024",
    ]


def test_edges_that_the_kernel_dropped_are_counted_and_still_end_the_wait(bench: Bench) -> None:
    """The kernel keeps 16 of a line's edges. They come while nobody waits: the program has them made."""
    program = f"""
sys.path.insert(0, {str(TESTS)!r})
from bench.programs import do

pins = board().pins
do("pulse", offset=24, times=40)
print(pins.wait(20.0), pins.lost)
print(pins.wait(0.0), pins.lost)
"""
    assert outcome(bench, program) == "True 24\nFalse 24\n"


def test_another_thread_runs_and_may_wake_while_the_wait_is_on(bench: Bench) -> None:
    program = """
pins = board().pins
began = time.monotonic()
threading.Timer(0.05, pins.wake).start()
print(pins.wait(20.0), time.monotonic() - began < 10)
pins.wake()
print(pins.wait(20.0), time.monotonic() - began < 10)
"""
    assert outcome(bench, program) == "False True\nFalse True\n"


def test_ctrl_c_ends_a_wait(bench: Bench) -> None:
    program = """
pins = board().pins
try:
    print("waiting", flush=True)
    while True:
        pins.wait(3.0)  # a signal between two waits is seen after the next one
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with bench.start("-c", START + program) as running:
        running.wait_for("waiting")
        running.interrupt()
        assert running.wait(10.0) == 0
    assert running.lines[-1] == "interrupted"


def test_a_closed_board_says_so_and_its_radio_too(bench: Bench) -> None:
    program = """
opened = board()
radio = CCore().radio(opened)
radio.start()
opened.close()
opened.close()
attempt(radio.poll)
attempt(opened.spi.transfer, [b"\\0"])
attempt(opened.pins.wait, 0.0)
attempt(opened.pins.leds, True, True)
opened.pins.wake()
radio.close()
print(radio.counters.frames)
"""
    assert outcome(bench, program).splitlines() == [
        "LinkClosed: /dev/spidev0.1 is closed: open a new board",
        "LinkClosed: /dev/spidev0.1 is closed: open a new board",
        "LinkClosed: the GPIO lines are released: open a new board",
        "LinkClosed: the GPIO lines are released: open a new board",
        "0",
    ]


def test_a_transfer_that_the_kernel_refuses_names_node_and_reason(bench: Bench) -> None:
    program = """
opened = board()
radio = CCore().radio(opened)
attempt(opened.spi.transfer, [bytes(3000), bytes(3000)])
print(len(opened.spi.transfer([bytes(8)] * 100)))
"""
    assert outcome(bench, program).splitlines() == [
        "LinkError: /dev/spidev0.1: the transfer failed: Message too long",
        "100",
    ]


FAILING = """
radio = CCore().radio(board())
radio.start()
print("started", flush=True)
while True:
    try:
        radio.verify()
    except EnergyHwError as error:
        print(error, flush=True)
        break
"""


def test_a_bus_that_fails_under_the_native_driver_names_node_and_reason(shim: Bench) -> None:
    with shim.start("-c", START + FAILING) as running:
        running.wait_for("started")
        shim.do("fail", path="/dev/spidev0.1")
        assert running.wait() == 0
    assert running.lines[-1] == "/dev/spidev0.1: the transfer failed: Input/output error"


# -- without any node -------------------------------------------------------------


def test_a_file_that_is_no_spi_node() -> None:
    with pytest.raises(LinkError, match=r"expected an SPI node like /dev/spidev0\.1, got /dev/null"):
        NativeSpi("/dev/null")


@pytest.mark.parametrize("speed_hz", [0, -1, 10_000_001])
def test_an_spi_clock_out_of_range(speed_hz: int) -> None:
    with pytest.raises(OutOfRange, match="expected an SPI clock of 1 Hz to 10 MHz"):
        open_board("/dev/null", WIRINGS["bare"], speed_hz)


def test_a_node_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NodeMissing, match="does not exist"):
        open_board(str(tmp_path / "spidev0.1"), WIRINGS["bare"])


def test_a_board_without_lines_needs_no_gpio_chip(bench: Bench) -> None:
    program = """
opened = open_board("/dev/spidev0.1", Wiring("bare", None), label="no such chip")
opened.pins.reset(True)
opened.pins.leds(True, True)
print(opened.name, opened.pins.has_reset, opened.pins.has_dio0, opened.pins.wait(0.001), opened.pins.wait(-1.0))
"""
    assert outcome(bench, program) == "bare on /dev/spidev0.1 False False False False\n"
