"""Boards of the Python core: RPi.GPIO's lines, and the simulator by its name.

RPi.GPIO is the real rpi-lgpio over the real lgpio, on the shim's GPIO chips. Only the kernel that refuses it
edges, and the machine that it refuses, are stand-ins: neither can be had here.
"""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from bench.shimmed import ShimBench, shim_bench
from energy_hw.errors import ConfigError
from energy_hw.links.board import WIRINGS, RpiGpioPins, open_bus

HEADER = 1
"""Chip 0 of the shim is an expander, as on a Pi 5 with some kernels."""


needs_lgpio = pytest.mark.skipif(
    find_spec("lgpio") is None, reason="lgpio cannot be installed here: it has wheels for x86-64, Python 3.9 to 3.12"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[ShimBench]:
    monkeypatch.setenv("RPI_LGPIO_REVISION", "a020d3")
    monkeypatch.setenv("RPI_LGPIO_CHIP", str(HEADER))
    with shim_bench(header_number=HEADER) as opened:
        yield opened


@needs_lgpio
def test_reset_reaches_the_chip(bench: ShimBench) -> None:
    assert bench.call("pulse_reset", core="python") == 1


@needs_lgpio
def test_leds_are_lit_one_by_one_and_go_out_at_the_end(bench: ShimBench) -> None:
    green, red, after = bench.call("light_leds", core="python")
    lit = [{line for line, high in levels.items() if high} for levels in (green, red, after)]
    assert lit == [{"GPIO27"}, {"GPIO22"}, set()]


@needs_lgpio
def test_an_edge_ends_a_wait_and_is_told(bench: ShimBench) -> None:
    assert bench.call("rise_while_waiting", core="python")


@needs_lgpio
def test_wake_ends_a_wait_and_is_no_edge(bench: ShimBench) -> None:
    assert bench.call("wake_waiting", core="python")


@needs_lgpio
def test_a_hub_hears_frames_by_their_edges(bench: ShimBench) -> None:
    frame = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
    assert bench.call("receive", core="python", frame=frame, times=2)["frames"] == [frame] * 2


class NoEdges(types.ModuleType):
    """RPi.GPIO 0.7.1 on a kernel from 6.6 on."""

    BCM, OUT, IN, LOW, RISING = 11, 0, 1, 0, 31

    def __init__(self) -> None:
        super().__init__("RPi.GPIO")
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **_: self.calls.append((name, *arguments))

    def add_event_detect(self, *_: object, **__: object) -> None:
        raise RuntimeError("Failed to add edge detection")


def provide(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType | None) -> None:
    package = types.ModuleType("RPi")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", module)  # type: ignore[arg-type]
    if module is not None:
        package.GPIO = module  # type: ignore[attr-defined]


def test_a_kernel_that_gives_no_edges_means_polling_and_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gpio = NoEdges()
    provide(monkeypatch, gpio)
    with caplog.at_level(logging.WARNING):
        pins = RpiGpioPins(WIRINGS["rpi-rfm69"])
    assert (pins.has_reset, pins.has_dio0) == (True, False)
    assert "polling instead" in caplog.text
    assert not pins.wait(0.0)
    pins.close()
    pins.close()
    assert gpio.calls[-1] == ("cleanup", [5, 24])


class NoRoot(NoEdges):
    """RPi.GPIO without root, and on a Pi 5: it is imported, and refuses every line."""

    def setup(self, *_: object, **__: object) -> None:
        raise RuntimeError("No access to /dev/mem. Try running as root!")


def test_lines_that_are_refused_are_done_without_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    provide(monkeypatch, NoRoot())
    with caplog.at_level(logging.WARNING):
        pins = RpiGpioPins(WIRINGS["bonnet"])
    assert (pins.has_reset, pins.has_dio0) == (False, False)
    assert "Try running as root" in caplog.text
    pins.reset(True)
    pins.close()


def test_without_rpi_gpio_the_radio_works_without_its_lines_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    provide(monkeypatch, None)
    with caplog.at_level(logging.WARNING):
        pins = RpiGpioPins(WIRINGS["ener314-rt"])
    assert (pins.has_reset, pins.has_dio0) == (False, False)
    assert "python3-rpi-lgpio" in caplog.text
    pins.reset(True)
    pins.leds(receive=True, transmit=False)
    pins.wake()
    assert not pins.wait(10.0)
    pins.close()


@pytest.mark.parametrize("name", ["sim:nowhere", "sim:house?speed", "sim:house?speed=quick", "sim:house?rooms=5"])
def test_a_simulation_that_cannot_be_had_is_a_configuration_error(name: str) -> None:
    with pytest.raises(ConfigError):
        open_bus(name)


def test_a_simulated_house_takes_its_options_from_its_name() -> None:
    with open_bus("sim:house?speed=50&seed=3&dio0=0") as board:
        assert not board.pins.has_dio0
        assert board.names[0x373] == "kettle"


@pytest.mark.parametrize("name", WIRINGS)
def test_no_wiring_uses_a_line_twice_or_one_of_spi(name: str) -> None:
    wiring = WIRINGS[name]
    lines = [line for line in (wiring.reset, wiring.dio0, wiring.led_receive, wiring.led_transmit) if line is not None]
    assert len(lines) == len(set(lines))
    assert not {7, 8, 9, 10, 11} & set(lines)
