"""What can go wrong between a client and a simulated Mate3, and how to ask for it.

    house.faults.arm(silent=True, at=3)                                # the third request from now gets no answer
    house.faults.arm(code=4, count=FOREVER, functions=WRITES)          # every write from now on: exception 4
    house.faults.arm(then=lambda: house.swap_ports(3, 4), functions=WRITES)  # just before the next write is done
    house.faults.arm(mangle=wrong_transaction, addresses=range(40002, 40069))
    house.faults.longest_read = 50

Several may be active at once. Frame: Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3; exception codes:
Modbus Application Protocol V1.1b3, 7.

| field       | the request ...                                                                             |
|-------------|---------------------------------------------------------------------------------------------|
| at, count   | counted from now among those that fit functions and addresses: from the at-th on, so many   |
| functions   | 3, 6, 16                                                                                    |
| addresses   | has a register in common with these                                                         |
| then        | is preceded by this call                                                                    |
| lost        | is not done and not answered                                                                |
| code        | is not done, and refused with this exception                                                |
| silent      | is done and not answered                                                                    |
| late_s      | is answered so much later                                                                   |
| mangle      | is answered with other bytes: see the functions below                                       |
| drip_s      | is answered byte by byte, at this distance                                                  |
| hangs_up    | is the last: the connection ends after the answer, or in its place                          |
| placeholder | finds this in the place of each block's DID                                                 |
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
READS, WRITES = frozenset({READ}), frozenset({WRITE_ONE, WRITE_MANY})
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
FOREVER = math.inf
EVERYWHERE = range(0x10000)
HEADER = 7  # transaction, protocol, length: 2 bytes each; unit
SCRAMBLE = 0x0BCC


class Connections(StrEnum):
    """What a client meets; what a real Mate3 does with a second one is not documented."""

    MANY = "many"
    REFUSE_SECOND = "refuse second"
    DROP_FIRST = "drop first"
    SECOND_WAITS = "second waits"
    MUTE = "mute"  # accepted and never served


@dataclass(frozen=True, slots=True)
class Request:
    """One request: values is empty for a read."""

    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()

    @property
    def addresses(self) -> range:
        """Its registers."""
        return range(self.address, self.address + self.count)


@dataclass(slots=True)
class Fault:
    """One row of the table above."""

    at: int = 1
    count: float = 1
    functions: Container[int] = READS | WRITES
    addresses: range = EVERYWHERE
    then: Callable[[], object] | None = None
    lost: bool = False
    code: int = 0
    silent: bool = False
    late_s: float = 0.0
    mangle: Callable[[bytes], bytes] | None = None
    drip_s: float = 0.0
    hangs_up: bool = False
    placeholder: int | None = None
    seen: int = 0
    hits: int = 0

    def takes(self, request: Request) -> bool:
        """Count a request; whether it is one of those that go wrong."""
        overlaps = request.address < self.addresses.stop and self.addresses.start < request.addresses.stop
        if request.function not in self.functions or not overlaps:
            return False
        self.seen += 1
        hit = self.at <= self.seen < self.at + self.count
        self.hits += hit
        return hit


@dataclass(slots=True)
class Answer:
    """What goes back: registers or an exception code."""

    registers: tuple[int, ...] = ()
    code: int = 0
    delay_s: float = 0.0
    silent: bool = False
    hangs_up: bool = False
    drip_s: float = 0.0
    mangles: list[Callable[[bytes], bytes]] = field(default_factory=list)

    def spoil(self, fault: Fault) -> None:
        """Let a fault have its way."""
        self.code = self.code or fault.code
        self.delay_s += fault.late_s
        self.drip_s = max(self.drip_s, fault.drip_s)
        self.silent |= fault.silent or fault.lost
        self.hangs_up |= fault.hangs_up
        self.mangles += [fault.mangle] if fault.mangle else []

    def pieces(self, frame: bytes) -> Iterator[tuple[float, bytes]]:
        """(seconds to wait before, bytes) to send, for the right frame."""
        for mangle in self.mangles:
            frame = mangle(frame)
        if self.silent:
            frame = b""
        if not self.drip_s:
            yield self.delay_s, frame
            return
        yield self.delay_s, frame[:1]
        for at in range(1, len(frame)):
            yield self.drip_s, frame[at : at + 1]


class Faults:
    """The switches. Thread safety: any thread.

    longest_read: longer reads get exception 3. only_unit: other units get no answer, or the exception other_units (a
    gateway's is 10 or 11). requests_each: a connection ends after so many requests. scramble_key: registers are read
    scrambled with it.
    """

    def __init__(self) -> None:
        self.longest_read: int = 125
        self.only_unit: int | None = None
        self.other_units: int = 0
        self.connections = Connections.MANY
        self.requests_each: float = FOREVER
        self.scramble_key: int | None = None
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, **fields: Any) -> Fault:
        """Add a fault; its `hits` tells how often it struck. Raises TypeError for a field that is not in the table."""
        fault = Fault(**fields)
        with self._lock:
            self._armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm all; the switches stay."""
        with self._lock:
            self._armed.clear()

    def take(self, request: Request) -> list[Fault]:
        """The faults that strike this request."""
        with self._lock:
            struck = [fault for fault in self._armed if fault.takes(request)]
            self._armed = [fault for fault in self._armed if fault.seen < fault.at + fault.count - 1]
        return struck

    def on_the_wire(self, registers: Sequence[int]) -> tuple[int, ...]:
        """Registers as a read shows them."""
        if self.scramble_key is None:
            return tuple(registers)
        return tuple(scrambled(register, self.scramble_key) for register in registers)


def scrambled(register: int, key: int) -> int:
    """A register as a Mate3 with a session key in 64110/6 would show it: an outside tool has it, no capture does."""
    mixed = register ^ SCRAMBLE
    return (mixed >> 7 | mixed << 9) & 0xFFFF ^ key


def wrong_transaction(frame: bytes) -> bytes:
    """The answer to another request."""
    return bytes((frame[0], frame[1] ^ 0xFF)) + frame[2:]


def wrong_protocol(frame: bytes) -> bytes:
    """Not Modbus."""
    return frame[:2] + b"\x00\x01" + frame[4:]


def wrong_unit(frame: bytes) -> bytes:
    """The answer of another unit."""
    return frame[:6] + bytes((frame[6] ^ 0x55,)) + frame[7:]


def wrong_function(frame: bytes) -> bytes:
    """The answer to another function."""
    return frame[:7] + bytes((frame[7] ^ 0x04,)) + frame[8:]


def wrong_byte_count(frame: bytes) -> bytes:
    """One register less announced than there are."""
    return frame[:8] + bytes((frame[8] - 2 & 0xFF,)) + frame[9:]


def short_frame(frame: bytes) -> bytes:
    """A well-formed frame that lacks its last register."""
    return _framed(frame, frame[HEADER:-2])


def long_frame(frame: bytes) -> bytes:
    """A well-formed frame with one register more than was asked for, announced."""
    body = frame[HEADER:] + b"\x12\x34"
    return _framed(frame, bytes((body[0], body[1] + 2 & 0xFF)) + body[2:])


def extra_bytes(frame: bytes) -> bytes:
    """Garbage behind the frame."""
    return frame + b"\xde\xad\xbe"


def half(frame: bytes) -> bytes:
    """The first half: with hangs_up, a connection that ends in mid-frame."""
    return frame[: len(frame) // 2]


def _framed(frame: bytes, body: bytes) -> bytes:
    return frame[:4] + (len(body) + 1).to_bytes(2, "big") + frame[6:7] + body
