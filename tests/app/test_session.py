"""What the commands have in common: signals, and the end of a pipe."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator

import pytest

from energy_hw.app.session import Options, Session, interruptible
from energy_hw.errors import LinkBusy, LinkError


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_service_manager_and_a_closed_terminal_end_it_as_ctrl_c_does(number: signal.Signals) -> None:
    session = Session(Options(), io.StringIO(), io.StringIO())
    assert session.run("watch", lambda: os.kill(os.getpid(), number) or 0) == 130


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with interruptible():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (LinkError("it is away"), "it is away. To try it on a simulated house, add --simulate.\n"),
        (LinkError("is it on?"), "is it on? To try it on a simulated house, add --simulate.\n"),
        (LinkBusy("the port is taken"), "the port is taken\n"),  # which no simulation helps
    ],
)
def test_the_simulation_is_offered_where_hardware_is_missing(error: LinkError, end: str) -> None:
    def work() -> int:
        raise error

    told = io.StringIO()
    assert Session(Options(), io.StringIO(), told).run("watch", work) == 4
    assert told.getvalue() == f"energy-hw watch: {end}"
