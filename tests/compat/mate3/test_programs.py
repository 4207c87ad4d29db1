"""Programs for mate3 0.4 and 0.6, with another package name, run as their users run them against a Mate3s on TCP."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen

from energy_hw.sim.mate3 import SimMate3

HOST = "192.168.0.123"

Run = Callable[..., "CompletedProcess[str]"]


def test_the_program_of_the_readme_runs_as_it_stands(run: Run, house: SimMate3, journal: Path) -> None:
    done = run("readme_2020.txt", house)
    assert (done.returncode, done.stderr) == (0, "")
    *blocks, controllers, currents, voltages = done.stdout.splitlines()
    assert [line.partition("(")[0] for line in blocks] == [
        "SunspecHeaderBlock",
        "Mate3Block",
        "OutbackSystemControlBlock",
        "SunspecInverterSinglePhaseBlock",
        *["SinglePhaseRadianInverterBlock", "RadianInverterConfigurationBlock"] * 2,
        *["ChargeControllerBlock", "ChargeControllerConfigurationBlock"] * 2,
        *["FlexnetDcBlock", "FlexnetDcConfigurationBlock"],
    ]
    assert controllers == f"[{blocks[8]}, {blocks[10]}]"
    assert "port_number=3, " in blocks[8]
    assert "battery_voltage=507, array_voltage=872, battery_current=79" in blocks[8]
    assert (currents, voltages) == ("[79, 55]", "[507, 507]")
    assert house.get(64112, "absorb_volts", 3) == 330
    assert house.get(64112, "absorb_volts", 4) == 588
    outcomes = [json.loads(line).get("outcome") for line in journal.read_text().splitlines()]
    assert outcomes[-1] == "confirmed"


def test_the_readmes_numbers_are_the_captures(run: Run, house: SimMate3) -> None:
    block = next(
        line for line in run("readme_2020.txt", house).stdout.splitlines() if line.startswith("FlexnetDcBlock")
    )
    assert (
        "shunt_a_current=128, shunt_b_current=-166, shunt_c_current=1, battery_voltage=506, battery_current=-37"
        in block
    )


def test_a_program_for_06_runs(run: Run, house: SimMate3) -> None:
    done = run("live_06.py", house)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "battery 50.6 Volts, 75.90 at half as much again",
        "inverter 1: 0.7 kW, Inverting",
        "inverter 2: 0.0 kW, Off",
        "read again True True",
        "integers 73 decimals 1",
        "mate3s [None] 166",
        "charge_controllers [3, 4] 28",
        "fndcs [5] 76",
        "single_phase_radian_inverters [1, 2] 49",
        "['AC Gen', 'DC Gen', 'No Gen'] True",
        "ags_generator_type.DC Gen 57.6",
        "assigned 58.9 False",
    ]
    assert (house.get(64112, "absorb_volts", 3), house.get(64112, "absorb_volts", 4)) == (576, 589)
    assert house.get(64110, "ags_generator_type") == 1


SWAPPED = """
from energy_hw.compat.mate3 import mate3_connection
from energy_hw.compat.mate3.parsers import ChargeControllerConfigurationParser as Settings

host = "192.168.0.123"
port = 502

with mate3_connection(host, port) as client:
    print([block.absorb_volts for block in client.all_blocks() if hasattr(block, "float_time_hours")], flush=True)
    input()
    client.set_value(Settings.absorb_volts, 576, port=3)
"""


def test_a_program_whose_ports_are_swapped_meanwhile_does_not_write(tmp_path: Path, house: SimMate3) -> None:
    text = SWAPPED.replace(HOST, house.host).replace("port = 502", f"port = {house.port}")
    with Popen([sys.executable, "-c", text], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, cwd=tmp_path) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "[576, 576]\n"
        house.swap_ports(3, 4)
        _, errors = program.communicate("\n", timeout=90)
    assert program.returncode == 1
    assert "energy_hw.errors.IdentityChanged: " in errors.splitlines()[-1]
    assert all(function == 3 for function, _, _ in house.requests)
