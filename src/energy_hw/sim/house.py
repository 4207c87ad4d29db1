"""A simulated house: a gateway, a handful of devices with names, and somebody who lives there.

    house = House(seed=1)                     # virtual time: it passes when somebody waits
    hub = Hub(board=house.board)
    house["front door"].set_open(True)

    open_house()                              # the board alone, in real time: `sim:house`

Every device speaks within the first 8 seconds, so that a monitor has something to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple, TypeVar

from energy_hw.core.message import ENERGENIE
from energy_hw.energenie.report import device_id
from energy_hw.links.board import Board
from energy_hw.sim.air import Air
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.clock import SECOND, RealTimeClock, VirtualClock
from energy_hw.sim.foreign import ForeignTransmitter
from energy_hw.sim.mihome import MiHomeDevice, profile_of
from energy_hw.sim.ook_devices import Dimmer, HandController, Socket
from energy_hw.sim.plugs import HouseMonitor, Mains, MonitorPlug, Plug, cycling, steady
from energy_hw.sim.rfm69 import Chip
from energy_hw.sim.sensors import Click, MotionSensor, OpenSensor
from energy_hw.sim.thermostat import Thermostat
from energy_hw.sim.valve import Valve

HOUSE_CODE = 0x6C6C6
OFFSET_HZ = 4000.0
"""How far off frequency the devices are, at most."""

Device = TypeVar("Device", bound=object)


class Place(NamedTuple):
    """A device in the house: its first words, and how much the walls take on the way to the gateway."""

    name: str
    kind: type[MiHomeDevice]
    sensor: int
    first_s: float
    path_loss_db: float
    load: Callable[[float], float] | None = None


# fmt: off
PLACES = (
    #     name             kind          sensor    first loss  load
    Place("kettle",        Plug,         0x000373, 1.0,  62.0, cycling(2800.0, 180.0, 0.4)),
    Place("fridge",        Plug,         0x0004D2, 2.0,  68.5, cycling(90.0, 240.0, 0.35, 2.0)),
    Place("television",    MonitorPlug,  0x00068B, 3.0,  71.0, steady(85.0)),
    Place("meter",         HouseMonitor, 0x000C61, 4.0,  79.5),
    Place("bedroom valve", Valve,        0x00097F, 5.0,  83.0),
    Place("thermostat",    Thermostat,   0xE01D84, 5.8,  74.5),
    Place("front door",    OpenSensor,   0x000B01, 6.5,  77.0),
    Place("hall",          MotionSensor, 0x000FCA, 7.1,  76.5),
    Place("button",        Click,        0x0012A4, 7.7,  66.0),
)
# fmt: on
DIMMER_HOUSE = 0xA0170


def _sku(place: Place) -> str:
    return profile_of(place.kind.product).sku


DEVICES = (
    *((place.name, device_id(ENERGENIE, place.kind.product, place.sensor), _sku(place)) for place in PLACES),
    ("lamp", f"energenie:ook:0x{HOUSE_CODE:05X}/1", "ENER002"),
    ("ceiling light", f"energenie:ook:0x{DIMMER_HOUSE:05X}/1", "MIHO010"),
)
"""What a registry would say of them: name, device id, SKU."""


class House:
    """Clock, air, board, chip, and devices by name.

    speed: None for virtual time, else how many times as fast as the wall clock. alive: doors open, people move
    and press buttons by themselves. foreign: a neighbour transmits, too. guests: a new plug asks to join, the button
    of a new socket is held until it learns, and somebody presses the remote. valve_s: how often the valve reports,
    for those who cannot wait 300 s. options: those of sim_board().
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float | None = None,
        alive: bool = True,
        foreign: bool = True,
        guests: bool = False,
        valve_s: float | None = None,
        **options: Any,
    ) -> None:
        self.clock = VirtualClock() if speed is None else RealTimeClock(speed)
        self.air = Air(self.clock, seed)
        names = {place.sensor: place.name for place in PLACES}
        self.board: SimBoard = sim_board(
            air=self.air, name="sim:house", seed=seed, names=names, devices=DEVICES, **options
        )
        self.random = Random(f"{seed}/house")
        self.mains = Mains(self.clock)
        self.devices: dict[str, object] = {place.name: self._settle(place) for place in PLACES}
        self._add_ook()
        self.find("meter", HouseMonitor).load = self._whole_load
        if valve_s is not None:
            self.find("bedroom valve", Valve).interval_s = valve_s
        if alive:
            self._live()
        if guests:
            self._receive_guests()
        if foreign:
            self._add_neighbour()

    @property
    def chip(self) -> Chip:
        """The RFM69 of the gateway."""
        return self.board.chip

    @property
    def names(self) -> Mapping[int, str]:
        """Sensor id -> name."""
        return self.board.names

    def __getitem__(self, name: str) -> Any:
        """A device by name. Raises KeyError."""
        return self.devices[name]

    def find(self, name: str, kind: type[Device]) -> Device:
        """A device by name, as what it is. Raises KeyError, or TypeError if it is something else."""
        device = self.devices[name]
        if not isinstance(device, kind):
            raise TypeError(f"expected {name} to be a {kind.__name__}, it is a {type(device).__name__}")
        return device

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(round(seconds * SECOND))

    def close(self) -> None:
        """Release the board. May be called twice."""
        self.board.close()

    def _settle(self, place: Place) -> MiHomeDevice:
        """Put a device in its place; it starts to report by itself if it does so at intervals."""
        device = place.kind(self.air, place.name, place.sensor)
        if isinstance(device, MonitorPlug):
            device.mains, device.load = self.mains, place.load or device.load
        device.frequency_offset_hz = self.random.uniform(-OFFSET_HZ, OFFSET_HZ)
        device.start(place.first_s)
        for sender, receiver in ((place.name, "gateway"), ("gateway", place.name)):
            self.air.set_link(sender, receiver, place.path_loss_db)
        return device

    def _add_ook(self) -> None:
        """A lamp that has learned gang 1 of the default house code, a dimmer of its own house, and the remote."""
        lamp, dimmer = Socket(self.air, "lamp"), Dimmer(self.air, "ceiling light")
        lamp.codes.append((HOUSE_CODE, 1))
        dimmer.codes.append((DIMMER_HOUSE, 1))
        self.devices |= {"lamp": lamp, "ceiling light": dimmer}
        self.devices["remote"] = HandController(self.air, "remote", HOUSE_CODE)

    def _add_neighbour(self) -> None:
        neighbour = ForeignTransmitter(self.air, "neighbour")
        neighbour.power_dbm = 0.0
        neighbour.start(9.0)
        self.devices["neighbour"] = neighbour

    def _whole_load(self, seconds: float) -> float:
        """What the plugs let through, and 120 W that no plug sees."""
        plugs = [device for device in self.devices.values() if isinstance(device, MonitorPlug)]
        return 120.0 + sum(plug.load(seconds) for plug in plugs if not isinstance(plug, Plug) or plug.relay)

    def _receive_guests(self) -> None:
        """What `pair` and `learn` need somebody else for."""
        plug, socket = Plug(self.air, "new plug", 0x00A11C), Socket(self.air, "new socket")
        self.devices |= {"new plug": plug, "new socket": socket}
        remote = self.find("remote", HandController)
        self._again(2.0, 5.0, plug.join, lambda: plug.joined)
        self._again(2.0, 20.0, socket.learn, lambda: bool(socket.codes))
        self._again(2.5, 4.0, lambda: remote.press(2, True, repeats=12), lambda: False)

    def _again(self, first_s: float, every_s: float, action: Callable[[], None], over: Callable[[], bool]) -> None:
        """Do something every so often until it is over."""

        def act() -> None:
            if not over():
                action()
                self._again(every_s, every_s, action, over)

        self.clock.call_in(round(first_s * SECOND), act)

    # -- somebody lives here -----------------------------------------------

    def _live(self) -> None:
        door, hall = self.find("front door", OpenSensor), self.find("hall", MotionSensor)
        first = {place.name: place.first_s for place in PLACES}
        self._habit(first["front door"], 15.0, 90.0, lambda: door.set_open(not door.is_open))
        self._habit(first["hall"], 20.0, 240.0, hall.move)
        self._habit(
            first["button"], 60.0, 300.0, lambda: self.find("button", Click).press(self.random.choice((1, 2, 255)))
        )

    def _habit(self, first_s: float, low_s: float, high_s: float, action: Callable[[], None]) -> None:
        """Do something, and again after low_s to high_s."""

        def act() -> None:
            action()
            self._habit(self.random.uniform(low_s, high_s), low_s, high_s, action)

        self.clock.call_in(round(first_s * SECOND), act)


def open_house(*, speed: float | None = 1.0, dio0: bool = False, **options: Any) -> Board:
    """The board of a house in real time, without DIO0 as on an ENER314-RT. options: those of House.

    Raises ValueError for a speed that is not above 0.
    """
    if speed is not None and not speed > 0:
        raise ValueError(f"expected a speed above 0, got {speed:g}")
    return House(speed=speed, dio0=bool(dio0), **options).board
