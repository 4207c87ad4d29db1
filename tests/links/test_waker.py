"""A wake-up that poll() sees."""

from __future__ import annotations

import os
import select

from energy_hw.links.waker import Waker


def readable(waker: Waker) -> bool:
    return bool(select.select([waker.fd], [], [], 0)[0])


def test_it_is_seen_until_it_is_cleared() -> None:
    waker = Waker()
    assert not readable(waker)
    for _ in range(100_000):
        waker.wake()  # a full pipe is awake enough
    assert readable(waker)
    waker.clear()
    assert not readable(waker)
    waker.close()


def test_a_late_wake_up_reaches_nobody_elses_descriptor() -> None:
    waker = Waker()
    waker.close()
    waker.close()
    read, write = os.pipe()  # takes the numbers that were given back
    waker.wake()
    assert select.select([read], [], [], 0)[0] == []
    os.close(read)
    os.close(write)
