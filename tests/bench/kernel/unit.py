"""The systemd unit, run for real: sandboxed by systemd on a real kernel, on the nodes that guest.py serves.

    python -m bench.kernel.guest python -m bench.kernel.unit

as root under systemd in the guest. The unit itself is not changed; what a Raspberry Pi has and the
guest lacks is made first: groups, node permissions, and /opt/energy-hw with this checkout in it.
"""

from __future__ import annotations

import grp
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.control import command

UNIT = "energy-hw-monitor.service"
TOP = Path(__file__).resolve().parents[3]
RUN = Path("/run/systemd/system")
OUTPUT = Path("/run/monitor.out")
FRAME = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
GROUPS = {"spi": 991, "gpio": 992}
WAIT_S = 60.0
# Alone it runs, without the system that it would start with, and without a journal; and Python may
# live in a home directory or under /tmp here, which the unit does not see.
DROP_IN = f"""[Unit]
DefaultDependencies=no

[Service]
StandardOutput=append:{OUTPUT}
StandardError=append:{OUTPUT}
ProtectHome=tmpfs
BindReadOnlyPaths={sys.prefix} {sys.base_prefix} {TOP}
"""
PROGRAM = """#!/bin/sh
PYTHONPATH={source} exec {python} -c 'from energy_hw.cli import main; main()' "$@"
"""


def systemctl(*arguments: str) -> str:
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def prepare() -> None:
    """Groups spi and gpio, nodes that belong to them, and the program where the unit looks for it."""
    groups = Path("/etc/group")
    missing = GROUPS.keys() - {group.gr_name for group in grp.getgrall()}
    groups.write_text(groups.read_text() + "".join(f"{name}:x:{GROUPS[name]}:\n" for name in missing))
    for name, prefix in (("spi", "spidev"), ("gpio", "gpiochip")):
        for node in Path("/dev").glob(f"{prefix}*"):
            shutil.chown(node, "root", name)
            node.chmod(0o660)
    program = Path("/opt/energy-hw/bin/energy-hw")
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(PROGRAM.format(source=TOP / "src", python=sys.executable))
    program.chmod(0o755)
    (RUN / f"{UNIT}.d").mkdir(parents=True)
    (RUN / f"{UNIT}.d/test.conf").write_text(DROP_IN)
    shutil.copy(TOP / "packaging/systemd" / UNIT, RUN)
    systemctl("daemon-reload")


def first_report() -> dict[str, object]:
    """What the unit wrote first, while a device sends again and again."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        command(Path(os.environ["EHW_BENCH_GUEST"]), do="transmit", frame=FRAME)
        for line in OUTPUT.read_text().splitlines() if OUTPUT.exists() else []:
            if line.startswith("{"):
                report: dict[str, object] = json.loads(line)
                return report
        time.sleep(0.5)
    written = OUTPUT.read_text() if OUTPUT.exists() else ""
    raise AssertionError(f"no report in {WAIT_S:g} s, but {written!r}")


def main() -> None:
    prepare()
    systemctl("start", UNIT)
    report = first_report()
    assert report["source"] == "energenie", report
    pid = systemctl("show", "--property=MainPID", "--value", UNIT)
    status = Path(f"/proc/{pid}/status").read_text()
    rows = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert rows["Uid"].split()[0] != "0", rows["Uid"]
    assert (rows["CapBnd"], rows["NoNewPrivs"], rows["Seccomp"]) == ("0" * 16, "1", "2"), rows
    systemctl("stop", UNIT)
    result = systemctl("show", "--property=Result", "--value", UNIT)
    assert result == "success", result
    print(f"{UNIT}: user {rows['Uid'].split()[0]}, {report['device']}, ended with {result}")


if __name__ == "__main__":
    main()
