"""From the bytes of a line to what is believed of them: datasets and frames.

While the speed of the meter is being found, groups are held until it is proven and then given: none is lost, and
noise that happens to look like a group is not believed. No I/O and no clock: the caller says when bytes came.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from energy_hw.errors import RecordError
from energy_hw.teleinfo.dataset import Dataset, parse_dataset
from energy_hw.teleinfo.detect import Detector
from energy_hw.teleinfo.frame import Event, Mark, Mode, Parity, TicCounters, TicParser
from energy_hw.teleinfo.frames import Frame, FrameBuilder, Kind
from energy_hw.teleinfo.horodate import FRANCE, Zone

logger = logging.getLogger(__name__)

MOST_HELD = 600
"""Events of the longest search; more than two frames."""
MOST_NAMELESS = 3
"""Frames without a meter address that wait for one that has it."""

Item = Dataset | Frame


@dataclass(slots=True)
class LineState:
    """What the line is like. Times are monotonic seconds, None for never."""

    mode: Mode | None = None
    kind: Kind | None = None
    """Of the last frame."""
    byte_at: float | None = None
    good_at: float | None = None
    bytes_since_good: int = 0
    damaged_since_good: int = 0


@dataclass(slots=True)
class LineCounters:
    """What came since start; only ever counts up. wire: see TicCounters."""

    wire: TicCounters
    frames: int = 0
    implausible: int = 0
    """Groups with a right checksum whose content is not that of their label."""
    strangers: int = 0
    """Frames left out because their meter address was not the one before."""
    mode_changes: int = 0


class Line:
    """Parser, speed and frame under way of one line.

    detector: says the speed to listen at, and whether it is proven. Thread safety: one thread at a time, counters()
    and a copy of state apart.
    """

    def __init__(self, speeds: Sequence[int], now: float, parity: Parity = Parity.SOFT, zone: Zone = FRANCE) -> None:
        self.detector = Detector(speeds, now)
        self.state = LineState()
        self._zone = zone
        self._parser = TicParser(parity)
        self._items: list[Item] = []
        self._builder = FrameBuilder(zone, self._items.append)
        self._held: deque[Event] = deque(maxlen=MOST_HELD)
        self._nameless: list[Frame] = []
        self._counters = LineCounters(self._parser.counters)

    @property
    def parity_seen(self) -> bool | None:
        """Whether bit 7 of the bytes is a parity; None while that is not known."""
        return self._parser.parity_seen

    def take(self, data: bytes, now: float) -> None:
        """Bytes came; items() has what they completed."""
        self.state.byte_at = now
        self.state.bytes_since_good += len(data)
        for event in self._parser.feed(data):
            if event is Mark.REJECTED:
                self.state.damaged_since_good += 1
            if self.detector.locked:
                self._build(event, now)
            else:
                self._hold(event, now)
        self._counters.wire = self._parser.counters

    def items(self) -> list[Item]:
        """What is new: each dataset, and each frame after its datasets; given once."""
        items, self._items[:] = list(self._items), []
        return items

    def _hold(self, event: Event, now: float) -> None:
        """Keep it until the speed is proven, then believe all of it."""
        self._held.append(event)
        known = self._is_known(event)
        if known is not None and self.detector.group(known, now):
            logger.info("the meter sends at %d baud", self.detector.baudrate)
            while self._held:
                self._build(self._held.popleft(), now)

    def _is_known(self, event: Event) -> bool | None:
        """Whether a table knows the label of a good group; None for anything else."""
        if isinstance(event, bytes):
            try:
                return parse_dataset(event, self._zone).known
            except RecordError:
                event = Mark.REJECTED
        if event is Mark.REJECTED:
            self.detector.damage()
        return None

    def _build(self, event: Event, now: float) -> None:
        before = len(self._items)
        frame = self._builder.feed(event)
        if len(self._items) > before:
            self._trust(self._items[before].mode, now)
        if frame is not None:
            self._give(frame)

    def _trust(self, mode: Mode, now: float) -> None:
        """A group came whose content is that of its label."""
        state = self.state
        state.good_at = now
        state.bytes_since_good = state.damaged_since_good = 0
        self._counters.mode_changes += state.mode is not None and state.mode is not mode
        state.mode = mode

    def _give(self, frame: Frame) -> None:
        """The frame under way when we began to listen may lack the meter's address: it waits for the next one's."""
        self.state.kind = frame.kind
        self._nameless.append(frame)
        if frame.address or frame.complete or len(self._nameless) >= MOST_NAMELESS:
            self._give_nameless(frame.address)

    def _give_nameless(self, address: str | None) -> None:
        self._items += [frame if frame.address else replace(frame, address=address) for frame in self._nameless]
        self._nameless.clear()

    def break_off(self) -> None:
        """What is under way will not be completed: give what there is of the frame, forget the rest."""
        self._held.clear()
        if (frame := self._builder.feed(Mark.TRUNCATED)) is not None:
            self._give(frame)
        self._parser.reset()

    def end(self) -> None:
        """Nothing will come any more."""
        self.break_off()
        self._give_nameless(None)

    def counters(self) -> LineCounters:
        """A copy of all counters."""
        builder = self._builder
        return replace(self._counters, frames=builder.frames, implausible=builder.refused, strangers=builder.strangers)
