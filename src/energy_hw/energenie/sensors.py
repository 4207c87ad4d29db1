"""What speaks when something happens: MIHO032 Motion Sensor, MIHO033 Open Sensor, MIHO089 Click.

Every report is an event, also one equal to the one before: these devices say nothing twice, so
if it is equal, the one between was lost on the way.

Sources: pyenergenie doc/; Achronite's energenie-ener314rt (Click).
"""

from __future__ import annotations

from energy_hw.energenie.device import Device
from energy_hw.energenie.events import Callback, Cancel
from energy_hw.energenie.reported import Battery
from energy_hw.energenie.values import BUTTON, BUTTONS, describe
from energy_hw.errors import OutOfRange


class MotionSensor(Battery):
    """MIHO032: says that something moves, and 60 s after the last motion that nothing does."""

    product = 0x0C
    on_events = True

    @property
    def motion(self) -> bool | None:
        """Whether something moves; None before the first report."""
        return truth(self, "MOTION_DETECTOR")

    def when_motion(self, callback: Callback) -> Cancel:
        """Call back when something moves."""
        return self.when("MOTION_DETECTOR", callback, lambda event: event.value is True)

    def when_quiet(self, callback: Callback) -> Cancel:
        """Call back when nothing has moved for a minute."""
        return self.when("MOTION_DETECTOR", callback, lambda event: event.value is False)


class OpenSensor(Battery):
    """MIHO033: says open and closed. It never says anything of its battery."""

    product = 0x0D
    on_events = True

    @property
    def is_open(self) -> bool | None:
        """Whether door or window is open; None before the first report."""
        return truth(self, "DOOR_SENSOR")

    def when_opened(self, callback: Callback) -> Cancel:
        """Call back when it is opened."""
        return self.when("DOOR_SENSOR", callback, lambda event: event.value is True)

    def when_closed(self, callback: Callback) -> Cancel:
        """Call back when it is closed."""
        return self.when("DOOR_SENSOR", callback, lambda event: event.value is False)


class Click(Battery):
    """MIHO089: a button that tells a single, a double and a long press apart."""

    product = 0x13
    on_events = True

    @property
    def last_press(self) -> str | None:
        """`single`, `double` or `long`; None before the first press."""
        return press(self.value("BUTTON"))

    def when_pressed(self, callback: Callback, kind: str | None = None) -> Cancel:
        """Call back at each press, or at each `single`, `double` or `long` one. Raises OutOfRange for another kind.

        event.value is the number that it sent: press(event.value) is the word.
        """
        if kind is not None and kind not in BUTTONS.values():
            raise OutOfRange(f"expected a press of {', '.join(BUTTONS.values())}, got {kind!r}")
        return self.when("BUTTON", callback, lambda event: kind is None or press(event.value) == kind)


def press(value: object) -> str | None:
    """A number of the Click in words; of one that no source knows `press 7`."""
    if not isinstance(value, int):
        return None
    return describe(BUTTON, value) or f"press {value}"


def truth(device: Device, code: str) -> bool | None:
    """The last value of a parameter that is yes or no."""
    value = device.value(code)
    return bool(value) if isinstance(value, int) else None
