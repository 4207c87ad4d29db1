"""The legal airtime of the 433 MHz band, over a rolling hour.

433.05-434.79 MHz: 10 mW e.r.p. for at most 10 % of any hour, 360 s.
Source: ERC Recommendation 70-03, annex 1.
"""

from __future__ import annotations

from collections import deque

from energy_hw.errors import AirtimeExceeded

HOUR_S = 3600.0
LEGAL_S = 360.0
BUCKET_S = 10.0
"""Airtime is booked per 10 s, so an hour is at most 361 rows whatever is sent."""


class AirtimeBudget:
    """How much was sent within the last hour, and whether one more transmission fits.

    Times are monotonic seconds. A booking counts until a whole hour after the end of
    its bucket, so the sum of any hour stays within the limit.

    Thread safety: one thread at a time.
    """

    def __init__(self, limit_s: float = LEGAL_S) -> None:
        self.limit_s = limit_s
        self._booked: deque[tuple[float, float]] = deque()  # end of the bucket, seconds sent in it

    def used_s(self, now: float) -> float:
        """Seconds on air within the hour before now."""
        while self._booked and self._booked[0][0] + HOUR_S <= now:
            self._booked.popleft()
        return sum(seconds for _, seconds in self._booked)

    def check(self, now: float, airtime_s: float, reserve_s: float = 0.0) -> None:
        """Raises AirtimeExceeded, which says how long to wait, if a transmission this long does not fit.

        reserve_s: keep so much of the limit for others.
        """
        if self.used_s(now) + airtime_s > self.limit_s - reserve_s:
            wait_s = self._wait_s(now, airtime_s + reserve_s)
            raise AirtimeExceeded(
                f"expected at most {self.limit_s:g} s on air in an hour (10 %), this could make "
                f"{self.used_s(now) + airtime_s:.1f} s: wait {wait_s:.0f} s",
                wait_s,
            )

    def book(self, now: float, airtime_s: float) -> None:
        """Note what was on air."""
        if self._booked and now <= self._booked[-1][0]:
            end, seconds = self._booked.pop()
            self._booked.append((end, seconds + airtime_s))
        elif airtime_s:
            self._booked.append((now + BUCKET_S, airtime_s))

    def _wait_s(self, now: float, airtime_s: float) -> float:
        left = self.used_s(now) + airtime_s - self.limit_s
        for end, seconds in self._booked:
            left -= seconds
            if left <= 0:
                return end + HOUR_S - now
        return HOUR_S
