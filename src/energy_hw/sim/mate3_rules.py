"""What a simulated Mate3 does with a write, and what changes by itself afterwards.

Source: OutBack AXS Port application note rev 5: access, limits and codes of each point (energy_hw.outback.tables), the
error register 64110/402, the complement that resets, the day offset of the daily logs.

Not documented, chosen here: a refused write is acknowledged on the wire and told in 64110/402 alone; a good one clears
the bits that tell of writes; several points in one request are taken or refused each for itself; write-only points read
what they read before.

Thread safety: call with `lock` held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from energy_hw.outback.types import Point
from energy_hw.sim.mate3_commands import COMMANDS, LOGS, RESETS, on_day
from energy_hw.sim.mate3_map import Mate3Map, Place, from_words

ABOVE, BELOW, INVALID, LOCKED = 0x0001, 0x0002, 0x0004, 0x0400
TELLS_OF_WRITES = ABOVE | BELOW | INVALID | LOCKED
UNSETTLED = 0x8000


@dataclass(slots=True)
class Later:
    """Something that happens when its register was read so many times."""

    point: tuple[int, str, int | None]
    reads: int
    happens: Callable[[], None]


def judged(point: Point, words: Sequence[int]) -> int:
    """Bits of 64110/402 for a value: 0 if the tables allow it."""
    raw = from_words(point, words)
    if isinstance(raw, str):
        return 0
    if point.enum and raw not in point.enum:
        return INVALID
    if point.is_bits and point.bits and not point.masks and raw & ~sum(point.bits):
        return INVALID
    if point.high is not None and raw > point.high:
        return ABOVE
    return BELOW if point.low is not None and raw < point.low else 0


class Mate3Rules(Mate3Map):
    """Registers that obey.

    checks: False takes every value everywhere, as plain memory would. locked: writes are refused until the password
    is written to 64110/14. unsettled_reads: so many reads of a block read 0x8000 in it after a write to it.
    later_reads: how often a register is read before it follows (the daily logs, the generator's state).
    overshoot: so many registers behind the last may be read, as 0xFFFF: mate3 0.4 reads two of them and worked with
    real controllers, so that these seem to bear it. 0 refuses what nobody promised.
    """

    def __init__(self, registers: Mapping[int, int]) -> None:
        super().__init__(registers)
        self.checks, self.locked, self.password = True, False, ""
        self.unsettled_reads, self.later_reads, self.overshoot = 0, 2, 0
        self._unsettled: dict[tuple[int, int | None], int] = {}
        self._later: list[Later] = []
        self._today: dict[tuple[int, int | None], dict[str, int]] = {}

    def replug(self, *, order: Sequence[int] = (), without: Iterable[int] = (), unknown: int | None = None) -> None:
        """As Mate3Map.replug; what was still to happen is forgotten, as after a restart."""
        super().replug(order=order, without=without, unknown=unknown)
        self._later.clear()
        self._unsettled.clear()

    def readable(self, addresses: range) -> bool:
        """Whether every one of them is there, or near enough behind the last."""
        last = max(self.registers, default=-1)
        return all(at in self.registers or last < at <= last + self.overshoot for at in addresses)

    def read(self, addresses: range) -> tuple[int, ...]:
        """What a read of these addresses gives now; 0xFFFF where nothing is."""
        for later in list(self._later):
            self._look(later, addresses)
        values = {address: self.registers.get(address, 0xFFFF) for address in addresses}
        for key, reads in list(self._unsettled.items()):
            self._blur(key, reads, values, addresses)
        return tuple(values.values())

    def _look(self, later: Later, addresses: range) -> None:
        did, name, port = later.point
        if self.address_of(did, name, port) not in addresses:
            return
        if later.reads == 0:
            self._later.remove(later)
            later.happens()
        later.reads -= 1

    def _blur(self, key: tuple[int, int | None], reads: int, values: dict[int, int], addresses: range) -> None:
        place = self.place(*key)
        if not place.touches(addresses):
            return
        values.update((address, UNSETTLED) for address in place.addresses if address in values)
        self._unsettled[key] = reads - 1
        if reads <= 1:
            del self._unsettled[key]

    def write(self, address: int, values: Sequence[int]) -> None:
        """Take or refuse a write. Raises KeyError for an address that is not there."""
        addresses = range(address, address + len(values))
        new = {at: self.registers[at] for at in addresses} | dict(zip(addresses, values, strict=True))
        if not self.checks or not self.places():
            self.registers.update(new)
            return
        bits = 0
        seen: set[int] = set()
        for place in self.places():
            for point in self.points_of(place) if place.touches(addresses) else ():
                covered = range(place.address + point.offset, place.address + point.end)
                if covered.start < addresses.stop and addresses.start < covered.stop:
                    seen.update(covered)
                    bits |= self._write(place, point, [new.get(at, self.registers[at]) for at in covered])
        self._tell(bits if seen.issuperset(addresses) else bits | INVALID)

    def _tell(self, bits: int) -> None:
        if all(place.did != 64110 for place in self.places()):
            return
        error = self.get(64110, "error")
        assert isinstance(error, int)  # noqa: S101  a bit field
        self.set(64110, "error", error & ~TELLS_OF_WRITES | bits)

    def _write(self, place: Place, point: Point, words: Sequence[int]) -> int:
        if point.name == "write_password":
            return self._unlock(str(from_words(point, words)))
        if self.locked:
            return LOCKED
        if not point.writable:
            return INVALID
        if "reset" in point.flags:
            return self._reset(place, point, words[0])
        if bits := judged(point, words):
            return bits
        if "command" in point.flags:
            return self._command(point, words[0])
        if point.readable:
            self.registers.update(enumerate(words, place.address + point.offset))
            self._follow(place, point, words[0])
        return 0

    def _unlock(self, password: str) -> int:
        if password != self.password:
            return LOCKED if self.locked else 0
        self.locked = False
        return 0

    def _reset(self, place: Place, point: Point, value: int) -> int:
        """The complement of the register before clears; then that one reads something else."""
        asked = place.address + point.offset - 1
        if value != self.registers[asked] ^ 0xFFFF:
            return INVALID
        did, names = RESETS[place.did, point.name]
        self._today.pop((place.did, place.port), None)
        for name in names:
            self.set(did, name, 0, place.port)
        self.registers[asked] = (self.registers[asked] * 31 + 7) & 0x7FFF
        return 0

    def _command(self, point: Point, code: int) -> int:
        command = COMMANDS[point.name, code]
        status = self.get(64120, "control_status")
        assert isinstance(status, int)  # noqa: S101  a bit field
        self.set(64120, "control_status", status & ~command.clears | command.sets)
        for name, value in command.inverters:
            self.set_inverters(name, value)
        return 0

    def set_inverters(self, name: str, value: int) -> None:
        """Give a point a raw value in every inverter's blocks that have it."""
        for place in self.places():
            if place.did in range(64113, 64118) and any(point.name == name for point in self.points_of(place)):
                self.set(place.did, name, value, place.port)

    def _follow(self, place: Place, point: Point, value: int) -> None:
        if self.unsettled_reads and place.port is not None:
            self._unsettled[place.did, place.port] = self.unsettled_reads
        if point.name == "set_data_log_day_offset":
            shown = (place.did, "get_current_data_log_day_offset", place.port)
            self._later = [later for later in self._later if later.point != shown]
            self._later.append(Later(shown, self.later_reads, lambda: self._turn_to(place, value)))
        elif point.name == "set_ags_op_mode":
            self._generator(value)

    def _turn_to(self, place: Place, day: int) -> None:
        """The daily log shows another day: recorded values are those of day 0."""
        today = self._today.setdefault((place.did, place.port), {})
        for point in self.points_of(place):
            if point.name.startswith(LOGS[place.did]):
                raw = today.setdefault(point.name, int(self.get(place.did, point.name, place.port)))
                self.set(place.did, point.name, on_day(raw, day), place.port)
        self.set(place.did, "get_current_data_log_day_offset", day, place.port)

    def _generator(self, mode: int) -> None:
        """0 off: cools down, then stopped; 1 on: starts, then runs; 2 auto: as it was."""
        if mode == 2:
            return
        shown = (64120, "ags_operational_state", None)
        begins, ends = ((4, 0), (1, 2))[mode]
        if mode or self.get(64120, "ags_operational_state"):
            self.set(64120, "ags_operational_state", begins)
            self._later = [later for later in self._later if later.point != shown]
            self._later.append(Later(shown, self.later_reads, lambda: self.set(64120, "ags_operational_state", ends)))
