"""How far one target has got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from energy_hw.sinks.health import TargetHealth
from energy_hw.sinks.ranges import Pair, Ranges
from energy_hw.sinks.row import Order, Result, Target


class Progress:
    """done: numbers that the target needs no more. pending: rows that it has yet to get.

    caught_up: nothing on the disk is for it. in_flight: first and last number that its worker has in hand.

    Thread safety: with the ledger's lock held.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.done = Ranges()
        self.pending = self.delivered = self.failures = 0
        self.dropped: Counter[str] = Counter()
        self.caught_up = False
        self.paused = False
        self.last_error = ""
        self.in_flight: Pair | None = None
        self._span: Pair = (0, 0)

    def take(self, seqs: Sequence[int], span: Pair) -> None:
        """These are in hand. span: nothing else of it is for this target, so with them all of it is done."""
        self.in_flight = min(seqs), max(seqs)
        self._span = span

    def settle(self, seqs: Sequence[int], result: Result, offset: int = 0) -> list[int]:
        """What was in hand comes back; the numbers that are off the list now. offset: see Ledger.adopt()."""
        reached = list(seqs[: result.done])
        refused = {seq: result.drop[seq - offset] for seq in seqs if seq - offset in result.drop}
        settled = [seq for seq in dict.fromkeys([*reached, *refused]) if seq not in self.done]
        for seq in settled:
            self.dropped.update([refused[seq]] if seq in refused else [])
        self.delivered += sum(seq not in refused for seq in settled)
        self.pending -= len(settled)
        if reached:
            self.done.add(*self._reach(reached))
        for seq in refused:
            self.done.add(seq, seq)
        self.in_flight = None
        return settled

    def _reach(self, reached: Sequence[int]) -> Pair:
        if self.target.order is Order.NEWEST:
            return reached[-1], self._span[1]
        return self._span[0], reached[-1]

    def lose(self, seqs: Sequence[int], reason: str) -> None:
        """Rows that it will not get, because the outbox had to let them go."""
        self.pending -= len(seqs)
        if seqs:
            self.dropped[reason] += len(seqs)

    def thin(self, seqs: Sequence[int]) -> None:
        """Rows that made way for others of their key."""
        self.pending -= len(seqs)

    def shift(self, offset: int) -> None:
        """All numbers grow by offset."""
        self.done.shift(offset)
        self._span = self._span[0] + offset, self._span[1] + offset
        if self.in_flight is not None:
            self.in_flight = self.in_flight[0] + offset, self.in_flight[1] + offset

    def health(self) -> TargetHealth:
        """As it is now."""
        return TargetHealth(
            self.delivered, self.pending, self.failures, dict(self.dropped), self.paused, self.last_error
        )
