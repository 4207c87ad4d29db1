"""What hand controllers say, as it comes: for b in hub.listen_ook(30): print(b)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from energy_hw.energenie.ook_listening import MOST_LISTEN_S, HeardOok
from energy_hw.energenie.ook_thing import house_of
from energy_hw.errors import LinkError, OutOfRange
from energy_hw.subscription import Subscription

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household
    from energy_hw.energenie.receiver import Receiver

MOST_WAITING = 100
Do = Callable[[Callable[[], None]], None]
"""Does something in the radio's thread."""


class HandControllers:
    """Buttons that are pressed, while the radio listens to OOK. A context manager; close() ends it early.

    Iterating ends when the time is over, the hub is closed, or close() was called. The things of the hub know at
    once what a hand controller told them, whether anybody iterates or not.

    Thread safety: call from any thread; one reader.
    """

    def __init__(self, hub: Household, receiver: Receiver, do: Do, seconds: float) -> None:
        """Raises OutOfRange; LinkBusy if the hub listens already; LinkClosed, or LinkError while the radio is away."""
        if not 0 < seconds <= MOST_LISTEN_S:
            raise OutOfRange(f"expected 0 to {MOST_LISTEN_S:g} s of listening, got {seconds:g}", 0, MOST_LISTEN_S)
        self._receiver, self._do = receiver, do
        self._house = house_of(hub)
        self._heard: Subscription[HeardOok] = Subscription(MOST_WAITING)
        do(lambda: receiver.listen_ook(seconds, self._tell, self._heard.close))

    def _tell(self, heard: HeardOok) -> None:
        self._house.heard(heard)
        self._heard.put(heard)

    def get(self, timeout_s: float | None = None) -> HeardOok | None:
        """The next button; None after timeout_s (wall clock) without one, or at the end."""
        return self._heard.get(timeout_s)

    @property
    def over(self) -> bool:
        """Whether the radio is back in FSK."""
        return self._heard.closed

    def __iter__(self) -> Iterator[HeardOok]:
        return iter(self._heard)

    def close(self) -> None:
        """Back to the MiHome devices now. May be called twice."""
        if not self.over:
            with suppress(LinkError):  # the hub is closed, or comes back to FSK by itself
                self._do(self._end)

    def _end(self) -> None:
        if not self.over:
            self._receiver.end_listening()

    def __enter__(self) -> HandControllers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
