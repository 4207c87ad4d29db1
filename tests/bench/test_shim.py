"""Programs that know nothing of the shim see the nodes as they would on a Raspberry Pi."""

import grp
import json

from bench.shimmed import ShimBench, shim_bench
from energy_hw.errors import NodeMissing, PermissionDenied, SpiDisabled
from energy_hw.links.diagnose import holder_of

SPI, OTHER_SPI, CHIP = "/dev/spidev0.1", "/dev/spidev0.0", "/dev/gpiochip1"
GROUP = grp.getgrall()[-1]
"""Any group but root's."""

LOOK = """
import glob, json, os, stat
node = os.stat("/dev/spidev0.1") if os.path.exists("/dev/spidev0.1") else None
print(json.dumps({
    "glob": sorted(glob.glob("/dev/spidev*")),
    "listed": sorted(name for name in os.listdir("/dev") if name.startswith(("spidev", "gpiochip"))),
    "kinds": sorted({entry.is_dir() for entry in os.scandir("/dev") if entry.name.startswith("spidev")}),
    "null": "null" in os.listdir("/dev"),
    "device": node and [stat.S_ISCHR(node.st_mode), os.major(node.st_rdev), node.st_gid],
    "access": os.access("/dev/spidev0.1", os.R_OK | os.W_OK),
}))
"""
OPEN = """
import os, sys
try:
    fd = os.open(sys.argv[1], os.O_RDWR)
    print(os.fstat(fd).st_rdev == os.stat(sys.argv[1]).st_rdev)
except OSError as error:
    print(error.errno)
"""
LOCK = """
import fcntl, os, threading
fd = os.open("/dev/spidev0.1", os.O_RDWR)
try:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("locked", flush=True)
except OSError as error:
    print(error.errno, flush=True)
threading.Event().wait(60)
"""


def look(bench: ShimBench) -> dict[str, object]:
    done = bench.run("-c", LOOK)
    assert done.err == ""
    seen: dict[str, object] = json.loads(done.out)
    return seen


def test_nodes_are_listed_beside_the_real_ones() -> None:
    with shim_bench(group=GROUP.gr_gid) as bench:
        seen = look(bench)
    assert seen == {
        "glob": [OTHER_SPI, SPI],
        "listed": ["gpiochip0", "gpiochip1", "spidev0.0", "spidev0.1"],
        "kinds": [False],
        "null": True,
        "device": [True, 153, GROUP.gr_gid],
        "access": True,
    }


def test_node_that_is_removed_is_gone_everywhere() -> None:
    with shim_bench() as bench:
        bench.machine.remove(SPI)
        seen = look(bench)
        assert bench.run("-c", OPEN, SPI).out == "2\n"
    assert (seen["glob"], seen["device"], seen["access"]) == ([OTHER_SPI], None, False)


def test_node_that_is_denied_is_seen_and_not_opened() -> None:
    with shim_bench() as bench:
        bench.machine.deny(SPI)
        seen = look(bench)
        assert bench.run("-c", OPEN, SPI).out == "13\n"
        bench.machine.restore(SPI)
        assert bench.run("-c", OPEN, SPI).out == "True\n"
    assert (seen["glob"], seen["access"]) == ([OTHER_SPI, SPI], False)


def test_other_programs_see_the_nodes_too() -> None:
    with shim_bench() as bench:
        assert bench.run("-c", f"test -c {SPI} && test ! -e /dev/spidev7.7", program="/bin/sh").status == 0
        listed = bench.run("-l", CHIP, program="/bin/ls")
        assert listed.out.startswith("crw-rw---- 1 root root 254, ")


def test_lock_of_another_process_is_found_with_its_holder() -> None:
    with shim_bench() as bench, bench.start("-c", LOCK) as first:
        first.wait_for("locked")
        stand_in = str(bench.server.path_of_stand_in(SPI))
        assert holder_of(stand_in) == first.pid
        with bench.start("-c", LOCK) as second:
            second.wait_for("11")


def test_nodes_are_dead_once_the_server_is() -> None:
    with shim_bench() as bench:
        assert bench.run("-c", OPEN, SPI).out == "True\n"
    assert bench.run("-c", OPEN, SPI).out == "6\n"  # ENXIO


def test_errors_are_explained_as_on_a_pi() -> None:
    """What links.diagnose says under the shim; test_kernel_errors.py has the same through the drivers."""
    code = """
import sys
from energy_hw.links.diagnose import explain_open
error = explain_open("/dev/spidev0.1", OSError(int(sys.argv[1]), ""))
print(type(error).__name__, error)
"""
    with shim_bench(group=GROUP.gr_gid) as bench:
        denied = bench.run("-c", code, "13").out
        bench.machine.remove(SPI)
        missing = bench.run("-c", code, "2").out
        bench.machine.disable_spi()
        disabled = bench.run("-c", code, "2").out
    assert denied.startswith(PermissionDenied.__name__)
    assert f"usermod -aG {GROUP.gr_name} " in denied
    assert missing.startswith(NodeMissing.__name__)
    assert OTHER_SPI in missing
    assert disabled.startswith(SpiDisabled.__name__)
