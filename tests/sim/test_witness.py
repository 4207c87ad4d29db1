"""The witness: what it keeps of what it hears."""

from __future__ import annotations

from energy_hw.core.interface import OokCode
from energy_hw.sim.air import Air
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.ook_devices import HandController
from energy_hw.sim.plugs import Plug
from energy_hw.sim.witness import Witness


def test_messages_codes_and_what_is_refused() -> None:
    clock = VirtualClock()
    air = Air(clock, seed=1)
    witness = Witness(air)
    plug = Plug(air, "kettle", 0x373)
    witness.command(plug, "SWITCH_STATE", 0x01, 0)
    clock.advance(SECOND)
    HandController(air, "remote").press(2, True, repeats=3)
    clock.advance(SECOND)
    air.send_fsk(b"\x0a\x04\x02\x01" + bytes(7), sender="stranger")
    clock.advance(SECOND)
    assert witness.values() == [{"SWITCH_STATE": 0}]
    assert witness.codes == [OokCode(0x6C6C6, 2, True)] * 3
    air.send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee88888"), 3, sender="stranger")  # no gang's code
    clock.advance(SECOND)
    assert witness.refused == 2
    assert len(witness.times) == 1
