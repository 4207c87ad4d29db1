"""The C core as C programs see it: its own tests, the library, and the example on the bench."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.shimmed import Bench, open_bench
from energy_hw._version import __version__

ROOT = Path(__file__).resolve().parents[2]
REPORT = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
DECODED = "  04:02:000373  70 type 8 0003  71 type 8 fffe  76 type 0 f9  66 type 2 31f3  73 type 0 00"
READ_MODE = """
from energy_hw.core.c_board import NativeSpi
print(NativeSpi("/dev/spidev0.1").transfer([b"\\1\\0"]))
"""


def make(target: str, folder: Path) -> str:
    """Output of `make -C csrc target`, which leaves everything in the folder. Raises CalledProcessError."""
    command = ["make", "-s", "-C", "csrc", target, f"BUILD={folder}", f"LIB={folder}/lib"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make lib` makes."""
    folder = tmp_path_factory.mktemp("csrc")
    make("lib", folder)
    return folder


@pytest.mark.parametrize("target", ["test", "asan"])
def test_its_own_tests_pass(target: str, tmp_path: Path) -> None:
    output = make(target, tmp_path)
    results = re.findall(r"(\d+) passed, (\d+) failed", output)
    assert len(results) == len(list((ROOT / "tests/csrc").glob("test_*.c")))
    assert all(int(passed) > 0 and failed == "0" for passed, failed in results), output


def test_the_shared_library_shows_its_header_and_nothing_else(built: Path) -> None:
    command = ["nm", "-D", "--defined-only", str(built / "lib/libehw.so")]
    shown = {line.split()[-1] for line in subprocess.check_output(command, text=True).splitlines()}
    declared = set(
        re.findall(r"\b(ehw_\w+)\(", re.sub(r"/\*.*?\*/", "", (ROOT / "csrc/ehw.h").read_text(), flags=re.S))
    )
    assert shown == declared


def test_the_shared_library_has_a_soname_and_its_links(built: Path) -> None:
    dynamic = subprocess.check_output(["readelf", "-d", str(built / "lib/libehw.so")], text=True)
    assert f"soname: [libehw.so.{__version__.split('.')[0]}]" in dynamic
    assert (built / "lib/libehw.so").resolve().name == f"libehw.so.{__version__}"


def test_pkg_config_leads_to_it(built: Path) -> None:
    assert f"Version: {__version__}" in (built / "lib/ehw.pc").read_text()


def test_a_program_links_the_static_library(built: Path, tmp_path: Path) -> None:
    source = tmp_path / "version.c"
    source.write_text('#include <stdio.h>\n#include "ehw.h"\nint main(void) { puts(ehw_version()); }\n')
    program = tmp_path / "version"
    command = ["cc", f"-I{ROOT}/csrc", "-o", str(program), str(source), str(built / "lib/libehw.a")]
    subprocess.run(command, check=True)
    assert subprocess.check_output([str(program)], text=True) == f"{__version__}\n"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def test_monitor_prints_frames_and_ends_after_as_many(bench: Bench, built: Path) -> None:
    with bench.start("--count", "2", program=str(built / "monitor")) as monitor:
        bench.do("transmit", frame=REPORT, times=8)
        assert monitor.wait() == 0
    assert [line.split(" dBm ")[-1] for line in monitor.lines] == [REPORT, DECODED] * 2


def test_monitor_says_what_it_refuses(bench: Bench, built: Path) -> None:
    with bench.start("--count", "1", program=str(built / "monitor")) as monitor:
        bench.do("transmit", frame=REPORT[:-2] + "24", times=8)
        monitor.wait_for("  refused: the checksum is wrong")


def test_ctrl_c_leaves_the_radio_in_standby_and_the_lines_free(bench: Bench, built: Path) -> None:
    with bench.start(program=str(built / "monitor")) as monitor:
        bench.do("transmit", frame=REPORT, times=8)
        monitor.wait_for(REPORT)
        assert bench.do("levels")["GPIO27"]
        monitor.interrupt()
        assert monitor.wait() == 0
    assert not any(name in bench.do("levels") for name in ("GPIO22", "GPIO25", "GPIO27"))
    assert bench.run("-c", READ_MODE).out == "[b'\\x00\\x04']\n"


@pytest.mark.parametrize(
    ("fault", "arguments", "said"),
    [
        ("disable_spi", {}, "/dev/spidev0.1: no such device node\n"),
        ("deny", {"path": "/dev/spidev0.1"}, "/dev/spidev0.1: not permitted\n"),
        ("deny", {"path": "/dev/gpiochip1"}, "/dev/gpiochip1: not permitted\n"),
        ("remove", {"path": "/dev/gpiochip1"}, "GPIO chip: no such device node\n"),
        ("hold", {"offset": 25, "consumer": "fan"}, "GPIO25 of /dev/gpiochip1 is held by fan\n"),
        ("stick_miso", {"level": 0}, "radio: every register reads 0x00: is the board plugged in, and on this"),
        ("stick_miso", {"level": 255}, "radio: every register reads 0xFF: is the board plugged in, and on this"),
        ("claim_version", {"version": 34}, "radio: the version register is not 0x24: this is no RFM69\n"),
        ("fail", {"path": "/dev/spidev0.1"}, "/dev/spidev0.1: the transfer failed: Input/output error\n"),
    ],
)
def test_monitor_says_what_is_wrong(
    bench: Bench, built: Path, fault: str, arguments: dict[str, object], said: str
) -> None:
    bench.do(fault, **arguments)
    done = bench.run(program=str(built / "monitor"))
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(said)
