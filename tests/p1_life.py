"""A forwarder that is to be killed: telegrams of a meter at 1 Hz, in a hurry.

python tests/p1_life.py FIRST LAST PACE_S            settings in the environment, as for `energy-hw p1 forward`

put 17        the outbox has it, in memory
stored 17     it said that it is on the disk, or delivered
done {...}    all are delivered; the counts
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from dsmr_rig import raw, second
from energy_hw.app.p1_forward_settings import read_settings
from energy_hw.app.p1_forwarder import Forwarder
from energy_hw.p1.report import to_report
from energy_hw.p1.wire import Crc, Telegram
from energy_hw.sinks import dsmr_reader
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.row import Outcome
from energy_hw.sinks.ticket import Ticket

IN_A_HURRY = Limits(commit_interval_s=0.05, commit_rows=20, ballast_bytes=0)
"""Five seconds of a meter at 1 Hz, at a pace of 10 ms."""


def say(line: str) -> None:
    """At once and in one piece, whatever kills us next."""
    os.write(1, f"{line}\n".encode())


def teller(number: int) -> Callable[[Ticket], object]:
    """What a ticket is to say when it is settled."""

    def tell(ticket: Ticket) -> None:
        if ticket.outcome in (Outcome.STORED, Outcome.DELIVERED):
            say(f"stored {number}")

    return tell


def main(first: int, last: int, pace_s: float) -> None:
    """Take telegrams first..last, then wait for them to be delivered."""
    dsmr_reader.LOW_S, dsmr_reader.HIGH_S = 0.01, 0.05
    with Forwarder(read_settings(os.environ), IN_A_HURRY) as forwarder:
        for number in range(first, last + 1):
            bytes_ = raw(number)
            ticket = forwarder.take(to_report(Telegram(bytes_, Crc.OK, 0, 0), second(number), "pty"))
            assert ticket is not None
            say(f"put {number}")
            ticket.tell(teller(number))
            time.sleep(pace_s)
        while forwarder.pending:
            time.sleep(0.01)
        say(f"done {json.dumps(forwarder.sinks[0].counts)}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
