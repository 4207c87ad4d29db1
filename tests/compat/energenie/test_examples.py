"""pyenergenie's example programs, in our words and with another import, run for real in a simulated house.

programs/ has one for each; run_in_a_house.py runs it and tells what the devices of the house have seen.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.energenie import Logger

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
BOUND_S = 90
REGISTRY = """\
ADD fan
type=AdaptorPlus
device_id=0x373

ADD tv
type=GreenButton
device_id=(None, 1)

ADD meter
type=MIHO006
device_id=3169
"""


def run(
    name: str, tmp_path: Path, registry: str = "", typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """As the user runs it; its registry is the one beside it, which is nobody's but the test's."""
    program = tmp_path / name
    program.write_text((PROGRAMS / name).read_text())
    if registry:
        (tmp_path / "registry.kvs").write_text(registry)
    environment = {**os.environ, "LOG": str(tmp_path / "energenie.csv"), **variables}
    start = [sys.executable, str(program)]
    if "ENERGY_HW_DEVICE" not in variables:
        start.insert(1, str(HERE / "run_in_a_house.py"))
        environment["ENERGY_HW_KVS"] = str(tmp_path / "registry.kvs")
    return subprocess.run(
        start, capture_output=True, text=True, timeout=BOUND_S, cwd=tmp_path, env=environment, input=typed
    )


def in_a_house(name: str, tmp_path: Path, registry: str = "", typed: str = "") -> tuple[list[str], dict[str, Any], str]:
    """Lines that it printed, what the house has seen, and its log."""
    done = run(name, tmp_path, registry, typed)
    assert done.returncode == 0, done.stderr
    *lines, seen = done.stdout.splitlines()
    return lines, json.loads(seen.removeprefix("HOUSE ")), done.stderr


def test_control_legacy_and_any_noreg(tmp_path: Path) -> None:
    lines, seen, _ = in_a_house("control_legacy.py", tmp_path)
    assert lines == [f"socket {number} {state} 0" for number in range(4) for state in ("off", "on")]
    assert (seen["lamp"], seen["relay"]) == (True, True)
    assert [seen["kettle"][0], seen["kettle"][-1]] == [0, 1]


def test_control_any_auto(tmp_path: Path) -> None:
    lines, seen, _ = in_a_house("control_any_auto.py", tmp_path, REGISTRY)
    assert lines == ["MIHO005(0x373) ENER002(0x6c6c6,0x1)"]
    assert (seen["relay"], seen["lamp"]) == (True, False)


def test_control_any_reg_and_mihome(tmp_path: Path) -> None:
    lines, seen, _ = in_a_house("control_any_reg.py", tmp_path, REGISTRY)
    devices = ("MIHO005(0x373)", "ENER002(0x6c6c6,0x1)")
    assert lines == [f"  {device} to {state}" for state in (False, True, False) for device in devices]
    assert (seen["relay"], seen["lamp"], seen["kettle"][0], seen["kettle"][-1]) == (False, False, 0, 0)
    assert 1 in seen["kettle"]


def test_mihome_energy_monitor(tmp_path: Path) -> None:
    lines, seen, _ = in_a_house("energy_monitor.py", tmp_path, REGISTRY)
    powers = [line.removeprefix("Power: ") for line in lines]
    assert powers[1] == "none"  # a green button measures nothing
    assert len(powers) == 3
    assert float(powers[0]) >= 0
    rows = list(csv.DictReader((tmp_path / "energenie.csv").read_text().splitlines()))
    assert len(rows) >= 4
    assert ",".join(rows[0]) == Logger.HEADINGS
    assert seen["relay"] is True


def test_monitor_mihome(tmp_path: Path) -> None:
    lines, _, _ = in_a_house("monitor_mihome.py", tmp_path)
    assert lines[:3] == ["unknown 0x111", "new data for MIHO005(0x68b)", "mfrid:0x4 prodid:0x2 sensorid:0x68b"]
    assert "read  0x76 VOLTAGE  = 240" in lines
    assert lines[-1] == "voltage:240"


def test_discover_mihome(tmp_path: Path) -> None:
    lines, _, _ = in_a_house("discover_mihome.py", tmp_path, typed="n\n\nyes\n")
    assert [line.strip() for line in lines[-2:]] == [
        "auto_0x2_0x4d2 -> MIHO005(0x4d2)",
        "auto_0x1_0x68b -> MIHO004(0x68b)",
    ]
    assert lines[0].startswith("register (4, 2, 883)? register (4, 2, 1234)? ")
    assert (tmp_path / "registry.kvs").read_text().count("ADD ") == 2


def test_setup_tool(tmp_path: Path) -> None:
    lines, seen, _ = in_a_house("setup_tool.py", tmp_path)
    assert "REGISTERED DEVICES:" in lines
    assert "ROUTES:" in lines
    assert any(line.startswith("auto_0x2_0x373: AP:") and "S:False" in line for line in lines)
    names = lines[-1].split()[1:]
    assert "kettle" in names
    assert not {"auto_0x2_0x373", "auto_0x1_0x68b"} & set(names)
    assert (seen["relay"], seen["lamp"], seen["ceiling"]) == (False, False, 60)
    text = (tmp_path / "registry.kvs").read_text()
    assert text.endswith("ADD kettle\ntype=MIHO005\ndevice_id=883\n\n")
    assert "0x68b" not in text


def test_the_monitor_of_the_first_readme_with_the_variable_alone(tmp_path: Path) -> None:
    done = run("monitor_first_year.py", tmp_path, ENERGY_HW_DEVICE="sim:house?speed=5")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("receive-time:") for line in lines) == 4
    assert "mfrid:0x4 prodid:0x2 sensorid:0x373" in lines
    assert lines[-1].startswith("heard ")
    assert len((tmp_path / "energenie.csv").read_text().splitlines()) == 5


def test_a_program_with_the_variable_alone_reads_its_registry_and_leaves_it(tmp_path: Path) -> None:
    done = run("control_any_reg.py", tmp_path, REGISTRY, ENERGY_HW_DEVICE="sim:house?speed=5")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert (tmp_path / "registry.kvs").read_text() == REGISTRY


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.name)
def test_a_program_names_nothing_but_the_face(program: Path) -> None:
    imports = [line for line in program.read_text().splitlines() if "import" in line.split()]
    ours = [line for line in imports if "energy_hw" in line]
    assert ours
    assert all("energy_hw.compat" in line for line in ours)
