"""Lines that are only driven: the simulator by its name, and a machine without RPi.GPIO.

The real ones are tested on the bench, in tests/core/test_lines.py.
"""

from __future__ import annotations

import pytest

from energy_hw.errors import ConfigError, LinkBusy, LinkClosed, LinkError
from energy_hw.links import lines
from energy_hw.links.lines import RpiGpioLines, open_lines


class Gpio:
    """RPi.GPIO with one trouble or none; what it was told."""

    BCM, OUT, LOW = 11, 0, 0

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.levels: dict[int, bool] = {}
        self.cleaned: list[int] = []

    def setwarnings(self, on: bool) -> None:
        pass

    def setmode(self, mode: int) -> None:
        pass

    def setup(self, number: int, direction: int, initial: int) -> None:
        if self.trouble:
            raise RuntimeError(self.trouble)

    def output(self, numbers: int | list[int], high: bool) -> None:
        for number in numbers if isinstance(numbers, list) else [numbers]:
            self.levels[number] = high

    def cleanup(self, numbers: list[int]) -> None:
        self.cleaned = numbers


def test_lines_are_set_together_and_low_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    gpio = Gpio()
    monkeypatch.setattr(lines, "_rpi_gpio", lambda: gpio)
    opened = RpiGpioLines((17, 22))
    opened.set({22})
    assert gpio.levels == {17: False, 22: True}
    opened.sleep(0)
    opened.close()
    opened.close()
    assert (gpio.levels, gpio.cleaned) == ({17: False, 22: False}, [17, 22])
    with pytest.raises(LinkClosed, match="open the board again"):
        opened.set({22})


def test_without_the_module_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_rpi_gpio", lambda: None)
    with pytest.raises(LinkError, match="apt install python3-rpi-lgpio"):
        RpiGpioLines((17,))


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [("'GPIO busy'", LinkBusy, "gpioinfo"), ("No access to /dev/mem", LinkError, "in the group gpio")],
)
def test_lines_that_cannot_be_had_are_said(
    monkeypatch: pytest.MonkeyPatch, trouble: str, kind: type[LinkError], said: str
) -> None:
    monkeypatch.setattr(lines, "_rpi_gpio", lambda: Gpio(trouble))
    with pytest.raises(kind, match=said):
        RpiGpioLines((17,))


def test_simulated_lines_by_name() -> None:
    opened = open_lines("sim:ener314?speed=50")
    assert opened.name == "sim:ener314"
    opened.close()


@pytest.mark.parametrize("device", ["sim:house", "sim:ener314?speed", "sim:ener314?speed=fast", "sim:ener314?color=1"])
def test_what_is_not_simulated(device: str) -> None:
    with pytest.raises(ConfigError):
        open_lines(device)
