"""One warning a minute."""

from __future__ import annotations

import logging

import pytest

from energy_hw.links.teller import Teller
from energy_hw.sim.clock import SECOND, VirtualClock

logger = logging.getLogger(__name__)


def test_the_first_is_told_the_next_ones_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualClock()
    teller = Teller(logger, clock)
    assert teller.tell("lost: %s", "a")
    for _ in range(59):
        clock.advance(SECOND)
        assert not teller.tell("lost: %s", "b")
    clock.advance(SECOND)
    assert teller.tell("lost: %s", "c")
    assert caplog.messages == ["lost: a", "lost: c (59 more messages were not shown)"]


def test_the_rest_is_in_the_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    teller = Teller(logger, VirtualClock())
    with caplog.at_level(logging.DEBUG):
        teller.tell("one")
        teller.tell("two")
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]
