"""The registers of a simulated Mate3 as a chain of blocks: where each stands, its points, and moving them.

Layout: SunSpec Alliance Interoperability Specification, Common Elements: the marker, then blocks of DID, length and so
many registers, then 0xFFFF. Points: energy_hw.outback.tables.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from energy_hw.outback import tables
from energy_hw.outback.types import Point, PointType

BASES = (40000, 0, 50000)
MARKER = (0x5375, 0x6E53)
END = (0xFFFF, 0)
PORT = 2  # offset of the hub port, in models that have one
Words = list[int]
Device = list[Words]
"""Live block and settings block; a block of an unknown model alone."""


class Place(NamedTuple):
    """Where a block stands; length counts the registers after DID and length."""

    address: int
    did: int
    length: int
    port: int | None

    @property
    def addresses(self) -> range:
        """Every register of the block."""
        return range(self.address, self.address + self.length + 2)

    def touches(self, addresses: range) -> bool:
        """Whether the two have a register in common."""
        return self.addresses.start < addresses.stop and addresses.start < self.addresses.stop


def has_port(did: int) -> bool:
    """Whether blocks of a model carry a hub port."""
    model = tables.model(did)
    return model is not None and model.has_port


def to_words(point: Point, value: int | str) -> Words:
    """A raw value as registers: text padded with NUL, negative numbers as two's complement."""
    if isinstance(value, str):
        text = value.encode("ascii").ljust(2 * point.size, b"\0")
        return [int.from_bytes(text[at : at + 2], "big") for at in range(0, 2 * point.size, 2)]
    words = [(value >> 16 * shift) & 0xFFFF for shift in range(point.size)]
    return words if point.low_word_first else words[::-1]


def from_words(point: Point, words: Sequence[int]) -> int | str:
    """The reverse of to_words."""
    if point.type is PointType.STRING:
        return b"".join(word.to_bytes(2, "big") for word in words).rstrip(b"\0").decode("ascii", "replace")
    number = 0
    for word in reversed(words) if point.low_word_first else words:
        number = number << 16 | word
    top = 1 << 16 * point.size
    return number - top if point.signed and number >= top // 2 else number


class Mate3Map:
    """The chain in `registers`. lock guards it; every method takes it."""

    def __init__(self, registers: Mapping[int, int]) -> None:
        self.registers = dict(registers)
        self.lock = threading.RLock()

    @property
    def base(self) -> int:
        """Address of the marker. Raises LookupError if there is none."""
        for base in BASES:
            if (self.registers.get(base), self.registers.get(base + 1)) == MARKER:
                return base
        raise LookupError(f"no SunSpec marker at {BASES}: nothing can be found in these registers")

    def places(self) -> tuple[Place, ...]:
        """Every whole block up to the end, in order; none without a marker."""
        with self.lock:
            try:
                return tuple(self._walk(self.base + 2))
            except LookupError:
                return ()

    def _walk(self, address: int) -> Iterator[Place]:
        while (did := self.registers[address]) != END[0]:
            length = self.registers[address + 1]
            yield Place(address, did, length, self.registers[address + PORT] if has_port(did) else None)
            address += 2 + length

    def place(self, did: int, port: int | None = None) -> Place:
        """The block of a model; port: of that device. Raises LookupError."""
        for place in self.places():
            if place.did == did and port in (None, place.port):
                return place
        raise LookupError(f"no block {did} with port {port} in this house")

    @property
    def since_2018(self) -> bool:
        """Which layout the gateway's model has: a MATE3s has the newer one."""
        return str(self.get(1, "model")).upper().startswith("MATE3S")

    def points_of(self, place: Place) -> tuple[Point, ...]:
        """The points that the block is long enough for."""
        return tables.points(place.did, place.length, place.did != 64110 or self.since_2018)

    def address_of(self, did: int, name: str, port: int | None = None) -> int:
        """Address of a point's first register. Raises LookupError."""
        return self._find(did, name, port)[1]

    def _find(self, did: int, name: str, port: int | None) -> tuple[Point, int]:
        place = self.place(did, port)
        known = tables.points(did, place.length) if did == 1 else self.points_of(place)
        for point in known:
            if point.name == name:
                return point, place.address + point.offset
        raise LookupError(f"block {did} of {place.length} registers has no point {name}")

    def get(self, did: int, name: str, port: int | None = None) -> int | str:
        """A point's raw value. Raises LookupError."""
        with self.lock:
            point, address = self._find(did, name, port)
            return from_words(point, [self.registers[address + at] for at in range(point.size)])

    def set(self, did: int, name: str, value: int | str, port: int | None = None) -> None:
        """Give a point a raw value, as if the device had. Raises LookupError."""
        with self.lock:
            point, address = self._find(did, name, port)
            self.registers.update(enumerate(to_words(point, value), address))

    def blocks(self) -> list[Words]:
        """The registers of each block."""
        with self.lock:
            return [[self.registers[address] for address in place.addresses] for place in self.places()]

    def lay(self, blocks: Sequence[Words]) -> None:
        """Put these blocks in the place of all others, and an end behind them."""
        with self.lock:
            base = self.base
            words = [*MARKER, *(word for block in blocks for word in block), *END]
            self.registers.clear()
            self.registers.update(enumerate(words, base))

    def rearrange(self, change: Callable[[list[Device]], list[Device]]) -> None:
        """Lay the devices anew: change takes and gives them in wire order."""
        with self.lock:
            head: list[Words] = []
            devices: list[Device] = []
            for block in self.blocks():
                _sort_in(block, head, devices)
            self.lay([*head, *(block for device in change(devices) for block in device)])

    def swap_ports(self, one: int, other: int) -> None:
        """The two devices change places on the wire with all that they are: ports, serials, settings, values.

        What stood at one's addresses stands at the other's, if their blocks are of one size; else everything moves.
        """

        def change(devices: list[Device]) -> list[Device]:
            at = {port_of(device): number for number, device in enumerate(devices)}
            devices[at[one]], devices[at[other]] = devices[at[other]], devices[at[one]]
            return devices

        self.rearrange(change)

    def swap_cables(self, one: int, other: int) -> None:
        """The two devices are plugged into each other's port: they change places, the port numbers do not."""
        to = {one: other, other: one}
        with self.lock:
            for place in self.places():
                if place.port in to:
                    self.registers[place.address + PORT] = to[place.port]
            self.swap_ports(one, other)

    def replug(self, *, order: Sequence[int] = (), without: Iterable[int] = (), unknown: int | None = None) -> None:
        """Devices in the order of these ports, some gone; a block of model 120 with `unknown` registers before them.

        Ports that order does not name come last. Model 120 is in no table: what follows it moves.
        """
        gone = set(without)
        rank: dict[int | None, int] = {port: number for number, port in enumerate(order)}

        def change(devices: list[Device]) -> list[Device]:
            kept = [device for device in devices if port_of(device) not in gone]
            kept.sort(key=lambda device: rank.get(port_of(device), len(rank)))
            return kept if unknown is None else [[[120, unknown, *range(unknown)]], *kept]

        self.rearrange(change)


def port_of(device: Device) -> int | None:
    """Hub port of a device's blocks; None for a model that no table knows."""
    return device[0][PORT] if has_port(device[0][0]) else None


def _sort_in(block: Words, head: list[Words], devices: list[Device]) -> None:
    """A block without port belongs to the gateway; a settings block to the live block before it."""
    model = tables.model(block[0])
    if model is None:
        devices.append([block])
    elif not model.has_port:
        head.append(block)
    elif devices and devices[-1][0][0] in model.pairs and model.kind == "settings":
        devices[-1].append(block)
    else:
        devices.append([block])
