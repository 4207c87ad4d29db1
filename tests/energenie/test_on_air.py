"""Every encrypted capture goes over the air, into the chip and out through both cores.

`expected.json` says what must come out. A capture of another manufacturer is heard in
promiscuous mode only. Plain captures are tested at codec level, in tests/core.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw.core.interface import Core, RadioConfig
from energy_hw.energenie.receiver import Heard, Receiver, Refused
from energy_hw.sim.board import sim_board

CAPTURES = Path(__file__).parent.parent / "captures" / "openhems"


class Case:
    """One capture folder."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.frame = bytes.fromhex((folder / "frame.hex").read_text())
        self.expected = json.loads((folder / "expected.json").read_text(), parse_float=Decimal)
        self.foreign = len(self.frame) > 1 and self.frame[1] & 0x7F != 4

    @property
    def goes_on_air(self) -> bool:
        """As its sender sends it, and with as many bytes as it says: what a chip can receive."""
        whole = len(self.frame) == self.frame[0] + 1 and 10 <= self.frame[0] <= 65
        encrypted = self.expected.get("keys") == {"4": 242} and self.expected.get("encrypted", True)
        return whole and (encrypted or self.foreign)


CASES = [case for case in map(Case, sorted(CAPTURES.iterdir())) if case.goes_on_air]


def over_the_air(core: Core, frame: bytes, promiscuous: bool) -> Heard | Refused | None:
    with sim_board() as board:
        radio = core.radio(board, RadioConfig(promiscuous=promiscuous))
        loop = Receiver(core, board, radio)
        loop.start()
        board.air.send_fsk(frame, sender="device")
        for _ in range(3):
            event = loop.step()
            if event is not None:
                return event
    return None


def test_the_captures_are_there() -> None:
    names = {case.name for case in CASES}
    assert len(names) >= 40
    assert {"miho005_report_pico", "etrv_voltage", "thermostat_wakeup", "corrupt_miho005_13"} <= names
    assert any("error" in case.expected for case in CASES)
    assert any(case.foreign for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_capture_comes_out_as_expected(core: Core, case: Case) -> None:
    if case.foreign:
        assert over_the_air(core, case.frame, promiscuous=False) is None
    event = over_the_air(core, case.frame, promiscuous=case.foreign)
    assert event is not None
    assert event.frame.data == case.frame
    if "error" in case.expected:
        assert isinstance(event, Refused)
        assert type(event.error).__name__ == case.expected["error"]
        return
    assert isinstance(event, Heard)
    message = event.message
    heard = [(record.parameter, record.command, record.data.hex()) for record in message.records]
    wanted = case.expected
    assert heard == [(r["parameter"], r["command"], r["data"]) for r in wanted["records"]]
    assert [record.value for record in message.records] == [r["value"] for r in wanted["records"]]
    assert (message.product, message.sensor) == (wanted["product"], wanted["sensor"])
