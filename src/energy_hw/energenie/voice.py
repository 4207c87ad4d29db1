"""The receiver's voice: what it does to transmit, and to know whether the channel is free. Then it listens again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sized

from energy_hw.core.airtime import fsk_airtime_us, ook_airtime_us
from energy_hw.core.interface import Radio, RadioCounters
from energy_hw.energenie.duty import AirtimeBudget
from energy_hw.errors import LinkError, LinkTimeout
from energy_hw.links.board import Board


class Voice(ABC):
    """What a Receiver does to be heard. One thread calls everything."""

    budget: AirtimeBudget
    _board: Board
    _radio: Radio
    _seen: RadioCounters
    _lost_at: float | None
    _waiting: Sized

    @abstractmethod
    def _receive(self) -> None:
        """Into the mode that the radio should be in."""

    @abstractmethod
    def _rescue_frame(self) -> None:
        """Take a frame that is complete out of the FIFO."""

    @abstractmethod
    def _note_loss(self, error: LinkError) -> None:
        """The radio does not answer; step() brings it back."""

    @property
    def away(self) -> bool:
        """Whether the radio does not answer; step() brings it back."""
        return self._lost_at is not None

    @property
    def arriving(self) -> bool:
        """Whether the last look saw a frame under way."""
        return self._radio.receiving

    def sense(self) -> tuple[bool, float]:
        """Look at the channel: whether a frame waits for step() to judge it, and the signal there in dBm.

        Raises LinkError; the radio is noted as lost then.
        """
        if self.away:
            raise LinkError("the radio does not answer at the moment")
        try:
            self._rescue_frame()
            return bool(self._waiting), self._radio.rssi_dbm()
        except LinkError as error:
            self._note_loss(error)
            raise
        finally:
            self._seen = self._radio.counters

    def send_fsk(self, frame: bytes) -> None:
        """Send one OpenHEMS frame now and listen again. Raises AirtimeExceeded, LinkTimeout or LinkError."""
        self._send(lambda: self._radio.send_fsk(frame), fsk_airtime_us(len(frame)))

    def send_ook(self, code: bytes, repeats: int) -> None:
        """Send one OOK frame `repeats` times now and listen again. Raises as send_fsk() does."""
        self._send(lambda: self._radio.send_ook(code, repeats), ook_airtime_us(repeats))

    def _send(self, send: Callable[[], None], airtime_us: int) -> None:
        """The budget has to hold both tries that the driver makes; booked is what was on air."""
        now = self._board.clock.monotonic()
        self.budget.check(now, 2 * max(airtime_us, 0) / 1e6)
        before = self._radio.counters.airtime_us
        try:
            self._rescue_frame()
            self._board.pins.leds(receive=False, transmit=True)
            try:
                send()
            finally:
                self.budget.book(now, (self._radio.counters.airtime_us - before) / 1e6)
                self._receive()  # after a time-out too: the radio was reset, the FIFO is empty
        except LinkTimeout:
            raise  # the radio is back in receive mode; only this frame failed
        except LinkError as error:
            self._note_loss(error)
            raise
        finally:
            self._seen = self._radio.counters
