"""Ten minutes of a meter at 1 Hz; the server is away for most of it, and the forwarder is killed twice meanwhile.

EHW_OUTAGES=50 python -m pytest tests/app/test_p1_outage.py -s     the long form (make test-outages)
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dsmr_rig import BEGIN
from p1_server import KEY, Server

OUTAGES = int(os.environ.get("EHW_OUTAGES", "1"))
LAST = 599
AWAY, BACK = 100, 500
PACE_S = 0.001
LIFE = Path(__file__).parent.parent / "p1_life.py"
ROOT = LIFE.parent.parent
BOUND_S = 120.0


@dataclass
class Log:
    """What the forwarder said over all its lives."""

    put: list[int] = field(default_factory=list)
    stored: set[int] = field(default_factory=set)
    counts: list[dict[str, int]] = field(default_factory=list)

    def read(self, line: str) -> None:
        """One line of it; half a line is what a kill leaves."""
        word, _, rest = line.strip().partition(" ")
        if not line.endswith("\n"):
            return
        if word == "put":
            self.put.append(int(rest))
        elif word == "stored":
            self.stored.add(int(rest))
        else:
            assert word == "done"
            self.counts.append(json.loads(rest))


@dataclass
class Outage:
    """kills: at which telegrams the forwarder dies. last: the last telegram. away: when there is no server."""

    folder: Path
    server: Server
    kills: list[int]
    last: int = LAST
    away: range = range(AWAY, BACK)
    log: Log = field(default_factory=Log)

    def run(self) -> None:
        """Until the last telegram is delivered."""
        for kill in (*self.kills, self.last + 1):
            self._live(kill)

    def _live(self, kill: int) -> None:
        first = self.log.put[-1] + 1 if self.log.put else 0
        prefix = "DSMRREADER_REMOTE_DATALOGGER_"
        settings = {"API_HOSTS": self.server.url, "API_KEYS": KEY, "SPOOL": str(self.folder / "spool.sqlite3")}
        with subprocess.Popen(
            [sys.executable, LIFE, str(first), str(self.last), str(PACE_S)],
            env={**os.environ, **{prefix + name: value for name, value in settings.items()}, **PATHS},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            killed, bound = False, threading.Timer(BOUND_S, process.kill)
            bound.start()
            for line in process.stdout:
                self.log.read(line)
                if self.log.put and not killed:
                    self._course(self.log.put[-1])
                    if self.log.put[-1] >= kill:
                        process.kill()  # SIGKILL; what it had said before is still read
                        killed = True
            bound.cancel()
        assert process.wait(BOUND_S) == (-9 if killed else 0)

    def _course(self, number: int) -> None:
        """The server goes and comes back by the meter's clock."""
        running = self.server._process is not None
        if running and number in self.away:
            self.server.kill()
        if not running and number >= self.away.stop:
            self.server.start()


PATHS = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "PYTHONUNBUFFERED": "1"}


def seconds(server: Server) -> list[int]:
    """The numbers of the telegrams that a server has, in the order in which they came."""
    return [round((moment - BEGIN).total_seconds()) for moment in server.stored()]


def check(outage: Outage) -> None:
    """What was promised is there, in order; what is not is known by number."""
    got = seconds(outage.server)
    log = outage.log
    assert log.put == sorted(set(log.put))
    assert log.put[-1] == outage.last
    assert log.stored <= set(got), f"lost although stored: {sorted(log.stored - set(got))}"
    assert sorted(set(got)) == list(dict.fromkeys(got)), "out of order"
    lost = sorted(set(log.put) - set(got))
    print(
        f"{len(log.put)} put, killed at {outage.kills}: {len(log.stored)} reported stored, 0 of them lost; lost of the "
        f"others {lost}; {len(got) - len(set(got))} doubled; {log.counts[-1]}"
    )
    assert not set(lost) & log.stored


@pytest.mark.parametrize("seed", range(OUTAGES))
def test_killed_twice_while_the_server_is_away(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    kills = sorted(dice.sample(range(AWAY + 10, BACK - 10), 2))
    with Server(tmp_path) as server:
        outage = Outage(tmp_path, server, kills)
        outage.run()
        check(outage)
        assert len(seconds(server)) == len(set(seconds(server)))  # the server may be asked: nothing is there twice


@pytest.mark.parametrize("may_ask", [True, False])
def test_killed_while_it_delivers(tmp_path: Path, may_ask: bool) -> None:
    with Server(tmp_path) as server:
        server.behave(may_ask=may_ask)
        outage = Outage(tmp_path, server, [60], last=90, away=range(0))
        outage.run()
        check(outage)
        doubled = len(seconds(server)) - len(set(seconds(server)))
        assert doubled <= (0 if may_ask else outage.log.counts[-1].get("unasked", 0))
