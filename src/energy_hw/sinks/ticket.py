"""What put() gives back: the number of a row, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from energy_hw.sinks.row import Outcome


class Ticket:
    """One row that was taken.

    seq: its number. It changes only if a disk that could not be read when the outbox was opened comes back.
    outcome: what became of it so far. Only STORED and DELIVERED are promises.

    Thread safety: call from any thread.
    """

    __slots__ = ("_callback", "_change", "outcome", "seq")

    def __init__(self, seq: int, outcome: Outcome, change: threading.Condition) -> None:
        self.seq = seq
        self.outcome = outcome
        self._change = change
        self._callback: Callable[[Ticket], object] | None = None

    def wait(self, timeout_s: float) -> Outcome:
        """Until it is more than WAITING, for at most timeout_s."""
        with self._change:
            self._change.wait_for(lambda: self.outcome is not Outcome.WAITING, timeout_s)
            return self.outcome

    def tell(self, callback: Callable[[Ticket], object]) -> None:
        """callback(ticket) once, as soon as it is more than WAITING; in a thread of the outbox, so be brief."""
        with self._change:
            waiting = self.outcome is Outcome.WAITING
            self._callback = callback if waiting else None
        if not waiting:
            callback(self)

    def settle(self, outcome: Outcome) -> Callable[[], object] | None:
        """Called by the outbox, with its lock held; what to call once it is free again."""
        self.outcome = outcome
        callback, self._callback = self._callback, None
        return None if callback is None else lambda: callback(self)
