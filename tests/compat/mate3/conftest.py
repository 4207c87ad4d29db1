"""The captured Mate3s on real TCP, and a journal of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3 import _access
from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.outback import writing
from energy_hw.sim.mate3 import SimMate3

PROGRAMS = Path(__file__).parent / "programs"
CAPTURE = Path(__file__).parents[2] / "captures" / "outback" / "mate3s"
HOST = "192.168.0.123"
BOUND_S = 90

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where writes are noted."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "energy-hw" / "mate3-writes.jsonl"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated controller needs no time between a write and its read-back, nor to hold still."""
    monkeypatch.setattr(_access, "Poller", partial(_access.Poller, sleep=lambda _: None))
    monkeypatch.setattr(writing, "Writer", partial(writing.Writer, sleep=lambda _: None))


@pytest.fixture
def house() -> Iterator[SimMate3]:
    """Two FXR inverters on ports 1 and 2, a FLEXmax 60 and a FLEXmax 80 on 3 and 4, a FLEXnet DC on 5."""
    with SimMate3() as house:
        yield house


@pytest.fixture
def connect(house: SimMate3) -> Callable[..., Mate3Client]:
    """A client of mate3 0.6 for the house; its options are those of Mate3Client."""

    def connect(**options: Any) -> Mate3Client:
        return Mate3Client(house.host, house.port, **options)

    return connect


@pytest.fixture
def client(connect: Callable[..., Mate3Client]) -> Iterator[Mate3Client]:
    """One that has read everything."""
    with connect() as client:
        yield client


@pytest.fixture
def written(house: SimMate3) -> Callable[[], list[Any]]:
    """Requests that were no reads."""
    return lambda: [request for request in house.requests if request[0] != 3]


@pytest.fixture
def cache() -> Path:
    """The same, as a cache of mate3 0.6."""
    return CAPTURE / "registers.json"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program, by its name in programs/ or by its text, as its user does; host and port are the house's."""

    def run(text: str, house: SimMate3 | None = None) -> subprocess.CompletedProcess[str]:
        text = (PROGRAMS / text).read_text() if text.endswith((".py", ".txt")) else text
        if house is not None:
            text = text.replace(HOST, house.host).replace("port = 502", f"port = {house.port}")
        program = tmp_path / "program.py"
        program.write_text(text)
        return subprocess.run(
            [sys.executable, "-W", "error", str(program)],
            capture_output=True,
            text=True,
            timeout=BOUND_S,
            cwd=tmp_path,
            env=dict(os.environ),
        )

    return run
