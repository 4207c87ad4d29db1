"""What each product is, reports and obeys, as data.

Sources: pyenergenie Devices.py and doc/; Achronite's energenie-ener314rt and
mqtt-energenie-ener314rt; gpbenton's and barnybug's eTRV code (limits); a captured command
frame for the thermostat's target. Type and length as on air: 0x92 = signed /2^8 in 2 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

OPENTHINGS, OOK, OOK_DIMMER = "openthings", "ook", "ook-dimmer"
ALWAYS, AFTER_REPORT, AFTER_WAKEUP, AFTER_JOIN, NEVER = "always", "after report", "after wakeup", "after join", "never"
MAINS, BATTERY = "mains", "battery"


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter that a product reports. type_length: None where no capture shows it."""

    code: str
    type_length: int | None = None
    on_request: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A parameter that a product obeys, within low..high by step, or one of options.

    type_length 0x00 needs no value. reply: the parameter that comes back as an answer, if any.
    """

    code: str
    type_length: int
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None
    options: tuple[int, ...] = ()
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One product.

    product: OpenHEMS product id of manufacturer 4, None for OOK. interval_s: between reports,
    None if it reports on events, or if no source says. window_s: how long it listens after what
    `listens` names. cells: in series, 0 where no source says. OOK: gangs that switch one by one;
    a command is `bursts` bursts of `repeats` frames, `silence_s` after the one before.
    levels: dimmer per cent -> (gang, on).
    """

    product: int | None
    sku: str
    name: str
    kind: str
    reports: tuple[Item, ...] = ()
    interval_s: int | None = None
    obeys: tuple[Command, ...] = ()
    listens: str = NEVER
    window_s: float | None = None
    power: str = MAINS
    cells: int = 0
    gangs: int = 0
    repeats: int = 0
    bursts: int = 1
    silence_s: float = 0.0
    levels: tuple[tuple[str, int, bool], ...] = ()

    @property
    def model(self) -> str:
        """`MIHO005 Smart Plug+`."""
        return f"{self.sku} {self.name}"

    def command(self, code: str) -> Command | None:
        """How it takes a command, or None if it does not."""
        return next((command for command in self.obeys if command.code == code), None)


def _range(code: str, type_length: int, low: str, high: str, step: str) -> Command:
    return Command(code, type_length, Decimal(low), Decimal(high), Decimal(step))


# fmt: off
_MAINS = (Item("REAL_POWER", 0x82), Item("REACTIVE_POWER", 0x82), Item("VOLTAGE", 0x01), Item("FREQUENCY", 0x22))

_ETRV_OBEYS = (
    _range("TEMPERATURE", 0x92, "4", "30", "0.5"),  # its target, never reported back; limits: gpbenton
    Command("EXERCISE_VALVE", 0x00, reply="DIAGNOSTICS"),
    Command("LOW_POWER_MODE", 0x01, options=(0, 1)),
    Command("VALVE_STATE", 0x01, options=(0, 1, 2)),
    Command("DIAGNOSTICS", 0x00, reply="DIAGNOSTICS"),
    Command("IDENTIFY", 0x00),
    _range("REPORT_PERIOD", 0x02, "300", "3600", "1"),
    Command("BATTERY_LEVEL", 0x00, reply="VOLTAGE"),
)

_THERMOSTAT_OBEYS = (  # telemetry follows each command, and is the answer
    Command("THERMOSTAT_MODE", 0x01, options=(0, 1, 2)),
    _range("TARGET_TEMP", 0x12, "5", "30", "0.5"),  # as captured on air: CB 12 0110 = 17.0
    _range("HYSTERESIS", 0x11, "0.5", "10", "0.5"),
    Command("RELAY_POLARITY", 0x01, options=(0, 1)),
    _range("HUMID_OFFSET", 0x81, "-20", "20", "1"),
    _range("TEMP_OFFSET", 0x92, "-20", "20", "0.1"),
)

_THERMOSTAT_REPORTS = (  # types of values: inferred from decoded logs where not None
    Item("WAKEUP", 0x00), Item("TEMPERATURE", 0x12), Item("RELATIVE_HUMIDITY"), Item("BATTERY_LEVEL", 0x32),
    Item("MOTION_DETECTOR"), Item("THERMOSTAT_MODE", 0x01), Item("TARGET_TEMP", 0x12), Item("SWITCH_STATE", 0x01),
)

_ETRV_REPORTS = (Item("TEMPERATURE", 0x92), Item("VOLTAGE", 0x22, True), Item("DIAGNOSTICS", 0x02, True))

_HOUSE_MONITOR_REPORTS = (Item("APPARENT_POWER", 0x82), Item("VOLTAGE", 0x22), Item("CURRENT", 0x22))

_SWITCHES = (Command("SWITCH_STATE", 0x01, options=(0, 1), reply="SWITCH_STATE"),)

_LEVELS = (  # a dimmer has a house code of its own; gang 1 on: the last level
    ("last", 1, True), ("off", 1, False), ("20", 2, True), ("30", 3, True),
    ("40", 4, True), ("60", 2, False), ("80", 3, False), ("100", 4, False),
)

PROFILES = (
    Profile(0x01, "MIHO004", "Smart Monitor Plug", OPENTHINGS, _MAINS, 10, listens=AFTER_JOIN),
    Profile(0x02, "MIHO005", "Smart Plug+", OPENTHINGS, (*_MAINS, Item("SWITCH_STATE", 0x01)), 10, _SWITCHES, ALWAYS),
    Profile(0x03, "MIHO013", "eTRV", OPENTHINGS, _ETRV_REPORTS, 300, _ETRV_OBEYS, AFTER_REPORT, 0.2, BATTERY, 2),
    Profile(0x05, "MIHO006", "House Monitor", OPENTHINGS, _HOUSE_MONITOR_REPORTS, power=BATTERY, cells=3),
    Profile(0x0C, "MIHO032", "Motion Sensor", OPENTHINGS, (Item("MOTION_DETECTOR", 0x01), Item("ALARM", 0x01)),
            power=BATTERY),
    Profile(0x0D, "MIHO033", "Open Sensor", OPENTHINGS, (Item("DOOR_SENSOR", 0x01),), power=BATTERY),
    Profile(0x12, "MIHO069", "Thermostat", OPENTHINGS, _THERMOSTAT_REPORTS, None, _THERMOSTAT_OBEYS, AFTER_WAKEUP,
            power=BATTERY, cells=2),
    Profile(0x13, "MIHO089", "Click", OPENTHINGS, (Item("BUTTON", 0x01), Item("VOLTAGE")), power=BATTERY, cells=2),
    Profile(None, "ENER002", "Green Button Socket", OOK, gangs=1, repeats=8),
    Profile(None, "ENER010", "4-Gang Strip", OOK, gangs=4, repeats=8),
    Profile(None, "MIHO002", "Smart Plug", OOK, gangs=1, repeats=8),
    Profile(None, "MIHO014", "In-line Relay", OOK, gangs=1, repeats=8),
    Profile(None, "MIHO015", "Relay", OOK, gangs=1, repeats=8),
    Profile(None, "MIHO007", "Double Wall Socket white", OOK, gangs=2, repeats=8),
    Profile(None, "MIHO021", "Double Wall Socket nickel", OOK, gangs=2, repeats=8),
    Profile(None, "MIHO022", "Double Wall Socket chrome", OOK, gangs=2, repeats=8),
    Profile(None, "MIHO023", "Double Wall Socket steel", OOK, gangs=2, repeats=8),
    Profile(None, "MIHO008", "Light Switch white", OOK, gangs=1, repeats=75),
    Profile(None, "MIHO024", "Light Switch nickel", OOK, gangs=1, repeats=75),
    Profile(None, "MIHO025", "Light Switch chrome", OOK, gangs=1, repeats=75),
    Profile(None, "MIHO026", "Light Switch steel", OOK, gangs=1, repeats=75),
    Profile(None, "MIHO009", "Double Light Switch white", OOK, gangs=2, repeats=22, bursts=2, silence_s=3.0),
    Profile(None, "MIHO071", "Double Light Switch nickel", OOK, gangs=2, repeats=22, bursts=2, silence_s=3.0),
    Profile(None, "MIHO072", "Double Light Switch chrome", OOK, gangs=2, repeats=22, bursts=2, silence_s=3.0),
    Profile(None, "MIHO073", "Double Light Switch steel", OOK, gangs=2, repeats=22, bursts=2, silence_s=3.0),
    Profile(None, "MIHO010", "Dimmer white", OOK_DIMMER, gangs=1, repeats=75, levels=_LEVELS),
    Profile(None, "MIHO075", "Dimmer nickel", OOK_DIMMER, gangs=1, repeats=75, levels=_LEVELS),
    Profile(None, "MIHO076", "Dimmer chrome", OOK_DIMMER, gangs=1, repeats=75, levels=_LEVELS),
    Profile(None, "MIHO077", "Dimmer steel", OOK_DIMMER, gangs=1, repeats=75, levels=_LEVELS),
    Profile(None, "MIHO087", "Dimmer graphite", OOK_DIMMER, gangs=1, repeats=75, levels=_LEVELS),
)
# fmt: on

_BY_PRODUCT = {profile.product: profile for profile in PROFILES if profile.product is not None}
_BY_SKU = {profile.sku: profile for profile in PROFILES}


def by_product(product: int) -> Profile | None:
    """The profile of an Energenie product id, or None if nobody has described it."""
    return _BY_PRODUCT.get(product)


def by_sku(sku: str) -> Profile | None:
    """The profile of `MIHO005`, in any case, or None."""
    return _BY_SKU.get(sku.upper())
