"""/dev/gpiochipN as drivers/gpio/gpiolib-cdev.c of Linux 6.1 answers it (uAPI v2), above lines that are numbers.

test_fidelity.py holds this page to what a real kernel said.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import wire

USED, ACTIVE_LOW, INPUT, OUTPUT, RISING, FALLING = (1 << bit for bit in range(6))
OPEN_DRAIN, OPEN_SOURCE, PULL_UP, PULL_DOWN, NO_BIAS, REALTIME = (1 << bit for bit in range(6, 12))
EDGES, DRIVES, BIASES = RISING | FALLING, OPEN_DRAIN | OPEN_SOURCE, PULL_UP | PULL_DOWN | NO_BIAS
KNOWN = ACTIVE_LOW | INPUT | OUTPUT | EDGES | DRIVES | BIASES | REALTIME
FLAGS, OUTPUT_VALUES, DEBOUNCE = 1, 2, 3
"""Ids of line attributes."""
MAX_LINES = 64
EVENTS_PER_LINE = 16
ONE_OF = (INPUT | OUTPUT, DRIVES, PULL_UP | PULL_DOWN, PULL_UP | NO_BIAS, PULL_DOWN | NO_BIAS)
"""Flags of which a line may have one at most."""
NEEDS = ((EDGES, INPUT), (DRIVES, OUTPUT), (BIASES, INPUT | OUTPUT))
"""Flags, and those of which they need one beside them."""

Watcher = Callable[[bool], None]


def invalid(what: str) -> OSError:
    return OSError(errno.EINVAL, what)


@dataclass(frozen=True)
class Config:
    """How lines are requested: flags for all, and attributes for some."""

    flags: int
    attributes: tuple[tuple[int, int, int], ...]
    """Id, value, mask."""

    @classmethod
    def parse(cls, data: bytes, lines: int) -> Config:
        flags, count, padding, rows = wire.LINE_CONFIG.unpack(data)
        table = list(wire.LINE_ATTRIBUTE.iter_unpack(rows))
        if count > len(table) or any(padding) or any(map(any, table[count:])) or any(row[1] for row in table):
            raise invalid("padding, or more attributes than there are")
        config = cls(flags, tuple((kind, value, mask) for kind, _, value, mask in table[:count]))
        for index in range(lines):
            config.check(index)
        return config

    def of(self, kind: int, index: int, otherwise: int) -> int:
        """The first attribute of that kind for a line, by its place in the request."""
        rows = (value for row, value, mask in self.attributes if row == kind and mask >> index & 1)
        return next(rows, otherwise)

    def check(self, index: int) -> None:
        """gpio_v2_line_flags_validate() for one line."""
        flags = self.of(FLAGS, index, self.flags)
        if flags & ~KNOWN or any(flags & group == group for group in ONE_OF):
            raise invalid("unknown or contradicting flags")
        if any(flags & group and not flags & needed for group, needed in NEEDS):
            raise invalid("flags that need a direction")
        if self.of(DEBOUNCE, index, -1) >= 0 and not flags & INPUT:
            raise invalid("debounce of what is not an input")


@dataclass
class Line:
    """One line: its level is its own as an output, else what is outside."""

    name: str
    outside: bool = False
    driven: bool = False
    flags: int = 0
    holder: Lines | None = None
    consumer: str = ""
    watchers: list[Watcher] = field(default_factory=list)

    @property
    def level(self) -> bool:
        return self.driven if self.flags & OUTPUT else self.outside


class Lines:
    """Some lines, requested together. `readable` is a pipe: a byte lies in it while events wait."""

    def __init__(self, chip: GpioChip, offsets: tuple[int, ...], config: Config, buffer_size: int) -> None:
        self.chip, self.offsets, self.config = chip, offsets, config
        size = min(buffer_size or len(offsets) * EVENTS_PER_LINE, MAX_LINES * EVENTS_PER_LINE)
        self.room = 1 << (size - 1).bit_length()  # kfifo_alloc() rounds up to a power of two
        self.events: deque[bytes] = deque(maxlen=self.room)
        self.gone: Callable[[], bool] = lambda: False
        """Whether the program has closed them, which the server may not have got round to yet."""
        self.seen = 0
        self.seen_of = dict.fromkeys(offsets, 0)
        self.readable, self._token = os.pipe2(os.O_CLOEXEC)

    def flags_of(self, offset: int) -> int:
        return self.config.of(FLAGS, self.offsets.index(offset), self.config.flags)

    def edge(self, offset: int, high: bool) -> None:
        """The level changed; the chip's lock is held."""
        flags = self.flags_of(offset)
        rising = high ^ bool(flags & ACTIVE_LOW)
        if not flags & (RISING if rising else FALLING):
            return
        self.seen += 1
        self.seen_of[offset] += 1
        stamp = time.time_ns() if flags & REALTIME else time.monotonic_ns()
        event = wire.LINE_EVENT.pack(stamp, 1 if rising else 2, offset, self.seen, self.seen_of[offset])
        if not self.events:
            os.write(self._token, b"!")
        self.events.append(event)

    def take(self, most: int) -> bytes:
        """The oldest events, `most` of them at most; the chip's lock is held."""
        if most == 0:
            raise invalid("no room for one event")
        if not self.events:
            raise OSError(errno.EAGAIN, "no event")
        taken = b"".join(self.events.popleft() for _ in range(min(most, len(self.events))))
        if not self.events:
            os.read(self.readable, 1)
        return taken

    def close(self) -> None:
        os.close(self.readable)
        os.close(self._token)


class GpioChip:
    """A chip of lines. Thread safety: call from any thread; watchers run outside the lock."""

    def __init__(self, name: str, label: str, lines: int) -> None:
        self.name, self.label = name, label
        self.lines = [Line(f"GPIO{offset}") for offset in range(lines)]
        self.lock = threading.RLock()

    def drive(self, offset: int, high: bool) -> None:
        """The world outside sets the level of a line."""
        with self.lock:
            line = self.lines[offset]
            changed, line.outside = line.level != high and not line.flags & OUTPUT, high
            if changed and line.holder:
                line.holder.edge(offset, high)

    def watch(self, offset: int, watcher: Watcher) -> None:
        """Call watcher whenever a program drives the line, or lets it go."""
        self.lines[offset].watchers.append(watcher)

    def hold(self, offset: int, consumer: str) -> None:
        """Another program has the line."""
        with self.lock:
            self.lines[offset].holder = Lines(self, (offset,), Config(INPUT, ()), 0)
            self.lines[offset].consumer, self.lines[offset].flags = consumer, INPUT

    def info(self) -> bytes:
        return wire.CHIP_INFO.pack(self.name.encode(), self.label.encode(), len(self.lines))

    def line_info(self, argument: bytes) -> bytes:
        _, _, offset, _, _, _, padding = wire.LINE_INFO.unpack(argument)
        if offset >= len(self.lines) or any(padding):
            raise invalid(f"line {offset} of {len(self.lines)}")
        self.reap()
        line = self.lines[offset]
        flags = line.flags | (USED if line.holder else 0) | (0 if line.flags & OUTPUT else INPUT)
        return wire.LINE_INFO.pack(line.name.encode(), line.consumer.encode(), offset, 0, flags, b"", b"")

    def request(self, argument: bytes) -> Lines:
        """GPIO_V2_GET_LINE_IOCTL. All of the lines, or an OSError and none."""
        offsets, consumer, config, count, size, padding, _ = wire.LINE_REQUEST.unpack(argument)
        if not 0 < count <= MAX_LINES or any(padding):
            raise invalid(f"{count} lines")
        wanted = struct.unpack(f"={MAX_LINES}I", offsets)[:count]
        parsed = Config.parse(config, count)
        self.reap()
        with self.lock:
            self._check_free(wanted, parsed, size)
            lines = Lines(self, wanted, parsed, size)
            for offset in wanted:
                self.lines[offset].holder = lines
                self.lines[offset].consumer = consumer.split(b"\0", 1)[0].decode(errors="replace") or "?"
        self._apply(lines)
        return lines

    def _check_free(self, wanted: tuple[int, ...], config: Config, size: int) -> None:
        for index, offset in enumerate(wanted):
            if offset >= len(self.lines):
                raise invalid(f"line {offset} of {len(self.lines)}")
            if self.lines[offset].holder or offset in wanted[:index]:
                raise OSError(errno.EBUSY, f"line {offset} is held")
            if config.of(FLAGS, index, config.flags) & EDGES and size == 1:
                raise invalid("kfifo_alloc() refuses a buffer of one event")

    def _apply(self, lines: Lines) -> None:
        """Directions and values as the configuration has them; a line without a direction stays as it is."""
        changed = []
        with self.lock:
            for index, offset in enumerate(lines.offsets):
                line, flags = self.lines[offset], lines.flags_of(offset)
                line.flags = flags if flags & (INPUT | OUTPUT) else line.flags & OUTPUT | flags
                if flags & OUTPUT:
                    value = bool(lines.config.of(OUTPUT_VALUES, index, 0) >> index & 1)
                    line.driven = value ^ bool(flags & ACTIVE_LOW)
                    changed.append((line, line.driven))
        self._tell(changed)

    @staticmethod
    def _tell(changed: list[tuple[Line, bool]]) -> None:
        for line, level in changed:
            for watcher in line.watchers:
                watcher(level)

    def ioctl_lines(self, lines: Lines, request: int, argument: bytes) -> bytes:
        """A request on the descriptor of lines. Returns what is copied back."""
        if request == wire.GET_VALUES:
            return self._get_values(lines, *wire.LINE_VALUES.unpack(argument))
        if request == wire.SET_VALUES:
            self._set_values(lines, *wire.LINE_VALUES.unpack(argument))
            return argument
        if request == wire.SET_CONFIG:
            lines.config = Config.parse(argument, len(lines.offsets))
            self._apply(lines)
            return argument
        raise invalid("no such request")

    def _masked(self, lines: Lines, mask: int) -> list[tuple[int, Line]]:
        chosen = [(index, self.lines[offset]) for index, offset in enumerate(lines.offsets) if mask >> index & 1]
        if not chosen:
            raise invalid("no line of the request in the mask")
        return chosen

    def _get_values(self, lines: Lines, _bits: int, mask: int) -> bytes:
        with self.lock:
            chosen = self._masked(lines, mask)
            bits = sum((line.level ^ bool(line.flags & ACTIVE_LOW)) << index for index, line in chosen)
        return wire.LINE_VALUES.pack(bits, mask)

    def _set_values(self, lines: Lines, bits: int, mask: int) -> None:
        with self.lock:
            chosen = self._masked(lines, mask)
            if any(not line.flags & OUTPUT for _, line in chosen):
                raise OSError(errno.EPERM, "not an output")
            for index, line in chosen:
                line.driven = bool(bits >> index & 1) ^ bool(line.flags & ACTIVE_LOW)
        self._tell([(line, line.driven) for _, line in chosen])

    def reap(self) -> None:
        """Release what is closed: in the kernel a line is free as soon as close() is done."""
        with self.lock:
            holders = {line.holder for line in self.lines} - {None}
        for lines in holders:
            if lines is not None and lines.gone():
                self.release(lines)

    def release(self, lines: Lines) -> None:
        """The descriptor was closed: the lines are inputs again. May be called twice."""
        freed = []
        with self.lock:
            if lines is not self.lines[lines.offsets[0]].holder:
                return
            for offset in lines.offsets:
                line = self.lines[offset]
                freed += [(line, line.outside)] if line.flags & OUTPUT else []
                line.holder, line.consumer, line.flags = None, "", 0
            lines.close()
        self._tell(freed)
