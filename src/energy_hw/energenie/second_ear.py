"""The receiver's other ear: hand controllers instead of MiHome devices, for a while."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from energy_hw.core.interface import Core, Radio, RadioCounters
from energy_hw.energenie.counters import HubCounters
from energy_hw.energenie.ook_listening import LOOK_S, HeardOok, OokListening
from energy_hw.errors import LinkBusy, LinkError
from energy_hw.links.board import Board

logger = logging.getLogger(__name__)


class SecondEar(ABC):
    """What a Receiver does while it listens to OOK. One thread calls everything."""

    _core: Core
    _board: Board
    _radio: Radio
    _counters: HubCounters
    _seen: RadioCounters
    _listening: OokListening | None
    _lost_at: float | None
    _last_good: float
    _wait_s: float

    @abstractmethod
    def _receive(self) -> None:
        """Into the mode that the radio should be in."""

    @abstractmethod
    def _wait(self, timeout_s: float) -> bool:
        """Until the edge, wake() or the next look."""

    @abstractmethod
    def _rescue_frame(self) -> None:
        """Take a frame that is complete out of the FIFO."""

    @abstractmethod
    def _bring_back(self) -> None:
        """Reset, probe, load. Raises LinkError while the radio is away."""

    @abstractmethod
    def _note_loss(self, error: LinkError) -> None:
        """The radio does not answer; step() brings it back."""

    def listen_ook(self, seconds: float, tell: Callable[[HeardOok], None], ended: Callable[[], None]) -> None:
        """Listen to hand controllers, 300 s at most, and to MiHome devices again after that, whatever happens.

        tell: gets each button that was pressed; ended: called at the end; both in the radio's thread. Raises LinkBusy
        if it listens already, and LinkError while the radio is away.
        """
        if self._listening is not None:
            left_s = self._listening.until - self._board.clock.monotonic()
            raise LinkBusy(f"the radio listens to hand controllers already, for {left_s:.0f} s more: wait, or end it")
        if self._lost_at is not None:
            raise LinkError("the radio does not answer at the moment: wait until it is back")
        self._rescue_frame()
        self._listening = OokListening(self._core, self._board, seconds, tell, ended)
        text = "listening to hand controllers for %.0f s: what MiHome devices say meanwhile is missed"
        logger.warning(text, self._listening.until - self._listening.began)
        self._change_ear()

    def end_listening(self) -> None:
        """Back to the MiHome devices; nothing if it is there."""
        listening, self._listening = self._listening, None
        if listening is not None:
            now = self._board.clock.monotonic()
            self._counters.missed_s += now - listening.began
            self._lost_at = None if self._lost_at is None else now
            self._change_ear()
            listening.ended()

    def _change_ear(self) -> None:
        try:
            self._receive()
        except LinkError as error:
            self._note_loss(error)  # step() brings it back, in the mode that it should have

    def _step_ook(self, listening: OokListening, most_s: float) -> None:
        if listening.over:
            self.end_listening()
            return
        self._wait(min(LOOK_S if self._lost_at is None else self._wait_s, most_s))
        try:
            if self._lost_at is not None:
                self._bring_back()
            listening.look(self._radio)
            self._last_good = self._board.clock.monotonic()
        except LinkError as error:
            self._note_loss(error)
        finally:
            self._seen = self._radio.counters
