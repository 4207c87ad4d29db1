"""One radio kept receiving, whatever happens to it.

step() is the loop body of the hub's thread: wait for the edge, or for the next
look; take the frame; decode it; say what it is. Nothing that arrives by radio or
fails below can end the loop: it is counted, and the radio is brought back.
"""

from __future__ import annotations

import logging
import math
from collections import Counter, deque
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from energy_hw.core.interface import Core, Radio, ReceivedFrame
from energy_hw.core.message import Message
from energy_hw.energenie.counters import HubCounters
from energy_hw.energenie.duty import AirtimeBudget
from energy_hw.energenie.identity import Identities, Standing
from energy_hw.energenie.ook_listening import OokListening
from energy_hw.energenie.report import to_report
from energy_hw.energenie.second_ear import SecondEar
from energy_hw.energenie.voice import Voice
from energy_hw.errors import FrameError, LinkError
from energy_hw.links.board import Board
from energy_hw.reading import Report

logger = logging.getLogger(__name__)

IDLE_S = 0.020
ARRIVING_S = 0.005
AFTER_FRAME_S = 0.040
"""Nothing can be complete sooner than this after a frame: the shortest one lasts 45 ms."""
CATCH_S = 0.230
"""The longest frame lasts 228 ms."""
EDGE_S = 2.0
"""With DIO0 a look this often finds a lost edge or a lost radio."""
RETRY_S = 1.0
VERIFY_S = 60.0
TELL_S = 60.0
DISTRUST_S = 60.0
"""Poll this long after an edge that did not come."""
SILENCE_S = 900.0
"""Restart the receiver after this long without a frame, once there are devices to hear."""
ARRIVES_S = 1.0
"""The frame that ends the silence may be on its way just then: none lasts so long."""


class _Taken(NamedTuple):
    """A frame from the FIFO, and when it was taken from there."""

    frame: ReceivedFrame
    received: datetime
    at: float


class Heard(NamedTuple):
    """A frame whose checksum holds, and what it is taken for."""

    standing: Standing
    frame: ReceivedFrame
    message: Message
    report: Report
    at: float
    """Monotonic seconds of the board's clock when it was taken from the radio."""


class Refused(NamedTuple):
    """A frame that was thrown away, and why."""

    frame: ReceivedFrame
    error: FrameError
    received: datetime


class Receiver(SecondEar, Voice):
    """A radio, its board, and what is known of the devices. One thread calls everything."""

    def __init__(self, core: Core, board: Board, radio: Radio, budget: AirtimeBudget | None = None) -> None:
        self._core, self._board, self._radio = core, board, radio
        self.identities = Identities()
        self.budget = budget or AirtimeBudget()
        self._counters = HubCounters()
        self._seen = radio.counters  # as of the last step: the radio itself belongs to one thread
        self._lost_at: float | None = None
        self._told_at: float | None = None
        self._loss_told = False
        self._last_good = self._last_verify = self._last_frame = board.clock.monotonic()
        self._wait_s = 0.0
        self._poll_until = -math.inf
        self._waiting: deque[_Taken] = deque()
        self._listening: OokListening | None = None

    def start(self) -> None:
        """Bring the radio into receive mode. Raises RadioNotFound or LinkError."""
        self._radio.start()
        self._receive()

    def step(self, most_s: float = math.inf, *, hurry: bool = False) -> Heard | Refused | None:
        """Wait, most_s at the longest, look once, and say what came. Raises nothing that radio or air can cause.

        hurry: do not wait, but look again and again until the frame that is arriving is complete, CATCH_S at most.
        """
        if self._waiting:
            return self._judge(self._waiting.popleft())
        if self._listening is not None:
            self._step_ook(self._listening, most_s)
            return None
        hurry = hurry and self._lost_at is None
        rose = not hurry and self._wait(min(self._wait_s, most_s))
        try:
            if self._lost_at is not None:
                self._bring_back()
            frame = self._catch() if hurry else self._radio.poll()
            self._last_good = self._board.clock.monotonic()
            if frame is None:
                self._house_keeping(self._last_good)
        except LinkError as error:
            self._note_loss(error)
            return None
        finally:
            self._seen = self._radio.counters
        if frame is not None and self._board.pins.has_dio0 and not hurry:
            self._check_edge(rose)
        self._wait_s = self._patience(frame)
        return None if frame is None else self._judge(self._stamped(frame))

    def _catch(self) -> ReceivedFrame | None:
        """The frame that is arriving, if it becomes one."""
        end = self._board.clock.monotonic() + CATCH_S
        while (frame := self._radio.poll()) is None and self._radio.receiving and self._board.clock.monotonic() < end:
            pass
        return frame

    def _wait(self, timeout_s: float) -> bool:
        """Until the edge, wake() or the next look; a line that fails is looked past."""
        try:
            return self._board.pins.wait(timeout_s)
        except LinkError as error:
            self._tell(f"DIO0 cannot be awaited, polling instead: {error}")
            self._poll_until = self._board.clock.monotonic() + DISTRUST_S
            self._board.spi.sleep_us(round(min(timeout_s, IDLE_S) * 1e6))
            return False

    def _check_edge(self, rose: bool) -> None:
        """A frame without its edge: DIO0 is on another line, or edges get lost. Poll until none was for a minute."""
        if not rose and not self._wait(0.0):  # it may have come between that wait's end and the look
            self._counters.edges_missed += 1
            self._poll_until = self._last_good + DISTRUST_S
            self._tell("a frame came without its edge on DIO0: polling; is --dio0 the line that is wired?")

    def _patience(self, frame: ReceivedFrame | None) -> float:
        """How long nothing can be missed by not looking."""
        if self._board.pins.has_dio0 and self._last_good >= self._poll_until:
            return EDGE_S
        if frame is not None:
            return AFTER_FRAME_S
        return ARRIVING_S if self._radio.receiving else IDLE_S

    # -- what came ---------------------------------------------------------

    def _stamped(self, frame: ReceivedFrame) -> _Taken:
        self._last_frame = self._board.clock.monotonic()
        return _Taken(frame, self._board.clock.now(), self._last_frame)

    def _judge(self, taken: _Taken) -> Heard | Refused:
        frame, received, at = taken
        try:
            message = self._core.decode(frame.data)
        except FrameError as error:
            self._counters.refused[type(error).__name__] += 1
            return Refused(frame, error, received)
        standing = self.identities.admit(message)
        if standing is Standing.GHOST:
            self._counters.refused["ghost"] += 1
        self._counters.frames += 1
        return Heard(standing, frame, message, to_report(message, frame, received, frame.data), at)

    # -- the radio's health ------------------------------------------------

    def _receive(self) -> None:
        if self._listening is None:
            self._radio.receive()
        else:
            self._listening.deafened()
            self._radio.receive_ook()
        self._board.pins.leds(receive=True, transmit=False)

    def _note_loss(self, error: LinkError) -> None:
        """The first try to bring it back is at once, unless it was lost just now; then one a second."""
        if self._lost_at is None:
            flapping = self._told_at is not None and self._last_good - self._told_at < TELL_S
            self._lost_at = self._last_good
            self._counters.radio_lost += 1
            self._wait_s = RETRY_S if flapping else 0.0
            self._loss_told = self._tell(f"radio lost: {error}")
        else:
            self._wait_s = RETRY_S

    def _tell(self, text: str) -> bool:
        """A warning, but not ten a second: what follows within a minute is for the debug log. Whether it was told."""
        now = self._board.clock.monotonic()
        fresh = self._told_at is None or now - self._told_at >= TELL_S
        logger.log(logging.WARNING if fresh else logging.DEBUG, text)
        if fresh:
            self._told_at = now
        return fresh

    def _bring_back(self) -> None:
        """Reset pulse, probe, load. Raises LinkError while the radio is away."""
        self._radio.start()
        self._receive()
        away_s = self._board.clock.monotonic() - (self._lost_at or 0.0)
        if self._listening is None:
            self._counters.missed_s += away_s
        self._lost_at = None
        logger.log(logging.WARNING if self._loss_told else logging.DEBUG, "radio back after %.1f s", away_s)

    def _house_keeping(self, now: float) -> None:
        """Once a minute compare the registers with what was written; wake a receiver that hears nothing."""
        if now - self._last_verify >= VERIFY_S and not self._radio.receiving:
            self._last_verify = now
            self._counters.repaired += len(self._radio.verify())
        silence_s = SILENCE_S + (ARRIVES_S if self._radio.receiving else 0.0)
        if self._counters.frames and now - self._last_frame >= silence_s:
            self._last_frame = now
            self._radio.restart()

    def counters(self) -> HubCounters:
        """A copy of the counters, the radio's own among them."""
        mine, seen = self._counters, self._seen
        refused = Counter(mine.refused)
        if seen.refused_length:
            refused["length"] = seen.refused_length
        listening = self._listening
        deaf_since = self._lost_at if listening is None else listening.began
        deaf = 0.0 if deaf_since is None else self._board.clock.monotonic() - deaf_since
        return replace(mine, refused=refused, radio=replace(seen), missed_s=mine.missed_s + deaf)

    def _rescue_frame(self) -> None:
        """Take a frame that is complete out of the FIFO before transmitting empties it."""
        if self._listening is not None:
            return
        frame = self._radio.poll()
        if frame is not None:
            self._waiting.append(self._stamped(frame))
