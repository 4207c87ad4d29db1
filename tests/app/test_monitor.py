"""The monitor as a user runs it: in the simulated house, on a node, and where something is missing."""

from __future__ import annotations

import ast
import binascii
import contextlib
import grp
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.shimmed import Done, ShimBench, shim_bench
from energy_hw import core
from energy_hw.app.monitor import Options, run
from energy_hw.app.phrase import phrase
from energy_hw.core.message import Message
from energy_hw.energenie.report import to_report
from energy_hw.errors import FrameError
from energy_hw.reading import dumps

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = str(ROOT / "examples" / "monitor.py")
HOUSE = "sim:house?speed=50"
NODE = "/dev/spidev0.1"
REPORT = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
UNKNOWN = "0d044234128f59f29b1cf6f10ad9"
STANDBY = 0x04


def show(options: Options) -> tuple[int, str, str]:
    """Exit code, what is printed, what is said beside it."""
    out, err = io.StringIO(), io.StringIO()
    return run(options, out, err), out.getvalue(), err.getvalue()


# -- what it shows ---------------------------------------------------------


def test_a_packet_is_bytes_then_a_dictionary_then_a_line_to_read() -> None:
    code, out, err = show(Options(device=HOUSE, count=1))
    assert code == 0
    dump, head, *records, line = out.strip().splitlines()
    assert len(dump.split()[1:]) == int(dump.split()[1], 16) + 1
    message = ast.literal_eval(" ".join([head, *records]))
    assert message["header"]["mfrid"] == 4
    assert message["recs"][0]["paramname"] == "REAL_POWER"
    assert line.startswith("kettle  MIHO005 Smart Plug+ 0x000373  ")
    assert " W  " in line
    assert " dBm" in line
    assert line.endswith("first")
    assert "Listening on sim:house" in err
    assert "1 packet shown" in err


def test_the_second_packet_of_a_device_says_how_long_after_the_first() -> None:
    _, out, _ = show(Options(device=HOUSE, count=30, quiet=True))
    lines = [line for line in out.splitlines() if line.startswith("kettle")]
    assert lines[0].endswith("first")
    assert float(lines[1].split()[-2]) == pytest.approx(10, abs=0.5)


def test_json_is_one_report_a_line_and_nothing_else() -> None:
    code, out, err = show(Options(device=HOUSE, count=5, as_json=True, quiet=True))
    assert (code, err) == (0, "")
    reports = [json.loads(line) for line in out.splitlines()]
    assert len(reports) == 5
    keys = ["source", "device", "model", "time", "received", "integrity", "readings"]
    assert all(list(report) == keys for report in reports)
    assert all(report["received"].endswith("Z") for report in reports)


def test_a_name_of_the_command_line_goes_before_the_houses_own() -> None:
    _, out, _ = show(Options(device=HOUSE, count=1, names={0x373: "tea"}))
    assert "\ntea  MIHO005" in out


def test_duration_ends_it() -> None:
    code, out, _ = show(Options(device=HOUSE, duration_s=0.5))
    assert code == 0
    assert out


def test_silence_for_the_whole_duration_is_exit_code_4() -> None:
    code, out, err = show(Options(device="sim:?speed=50", duration_s=0.3))
    assert (code, out) == (4, "")
    assert "0 packets shown" in err


def test_no_colour_where_there_is_no_terminal() -> None:
    _, out, _ = show(Options(device=HOUSE, count=1))
    assert "\x1b" not in out


def test_a_wrong_wiring_is_exit_code_3() -> None:
    code, _, err = show(Options(device=HOUSE, wiring="breadboard"))
    assert code == 3
    assert "ener314-rt" in err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} {EXAMPLE} --device '{HOUSE}' --count 20 | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.stdout


# -- without a board -------------------------------------------------------


def without_a_board(*arguments: str, **environment: str) -> Done:
    """A machine with SPI switched off."""
    with shim_bench() as bench:
        bench.do("disable_spi")
        return bench.run(*arguments, **{"ENERGY_HW_DEVICE": "", **environment})


def test_without_a_board_one_line_says_why_and_how_to_see_a_house() -> None:
    done = without_a_board(EXAMPLE)
    assert (done.status, done.out) == (4, "")
    (line,) = done.err.strip().splitlines()
    assert "enable SPI with raspi-config" in line
    assert "--simulate" in line


def test_or_simulate_says_that_it_is_a_simulated_house() -> None:
    done = without_a_board("-m", "energy_hw", "monitor", "--or-simulate", "--count", "1")
    assert done.status == 0, done
    assert "No radio board" in done.err
    assert "simulated house" in done.err
    assert "MIHO0" in done.out


def test_it_runs_from_a_checkout_without_click_cffi_or_the_c_core() -> None:
    """What Raspberry Pi OS has: Python and nothing of ours."""
    blocked = "import sys\nfor m in ('click', 'cffi', 'serial', 'rich', 'energy_hw._core'): sys.modules[m] = None\n"
    script = f"{blocked}sys.argv = ['monitor.py', '--device', '{HOUSE}', '--count', '1']\n"
    script += f"exec(compile(open({EXAMPLE!r}).read(), {EXAMPLE!r}, 'exec'), {{'__file__': {EXAMPLE!r}}})"
    done = without_a_board("-c", script, PYTHONPATH="")
    assert done.status == 0, done
    assert "MIHO0" in done.out  # whoever speaks first once it is open: a busy computer misses some
    assert "Warning" not in done.err


# -- on a node -------------------------------------------------------------


@pytest.fixture
def bench() -> Iterator[ShimBench]:
    with shim_bench() as opened:
        yield opened


@pytest.mark.parametrize("core", ["c", "python"])
def test_on_a_node_it_shows_what_arrives_and_ctrl_c_leaves_the_radio_in_standby(bench: ShimBench, core: str) -> None:
    with bench.start(EXAMPLE, "--device", NODE, ENERGY_HW_CORE=core) as monitor:
        monitor.wait_for("Listening on ener314-rt on /dev/spidev0.1")
        bench.do("transmit", frame=REPORT)
        monitor.wait_for("MIHO005 Smart Plug+ 0x000373  3 W  -2 var  249 V  49.949 Hz  off")
        monitor.interrupt()
        assert monitor.wait() == 130
    assert bench.machine.chip.peek(0x01) == STANDBY
    assert not any(bench.machine.levels().values())


def test_the_first_board_found_is_used_without_naming_it(bench: ShimBench) -> None:
    with bench.start(EXAMPLE) as monitor:
        monitor.wait_for("Listening on ener314-rt on /dev/spidev0.1")


def test_an_unknown_product_is_shown_and_marked(bench: ShimBench) -> None:
    frame = core.get().encode(Message(4, 0x42, 0x1234, 0x777, ()))
    with bench.start(EXAMPLE, "--device", NODE) as monitor:
        monitor.wait_for("Listening")
        bench.do("transmit", frame=frame.hex())
        assert "[unknown product, first frame: not yet a device]" in monitor.wait_for("unknown product 0x42")


def test_a_radio_that_is_pulled_out_is_told_and_brought_back(bench: ShimBench) -> None:
    with bench.start(EXAMPLE, "--device", NODE) as monitor:
        monitor.wait_for("Listening")
        bench.do("stick_miso", level=0xFF)
        assert "reset or unplugged" in monitor.wait_for("radio lost")
        bench.do("stick_miso", level=None)
        monitor.wait_for("radio back")
        bench.do("transmit", frame=REPORT)
        monitor.wait_for("MIHO005")


@pytest.mark.parametrize("core", ["c", "python"])
@pytest.mark.parametrize(
    ("break_it", "arguments", "code", "says"),
    [
        ("remove", {"path": NODE}, 4, "there is /dev/spidev0.0"),
        ("disable_spi", {}, 4, "raspi-config"),
        ("deny", {"path": NODE}, 5, "sudo usermod -aG"),
        ("stick_miso", {"level": 0x00}, 4, "every read gives 0x00"),
        ("stick_miso", {"level": 0xFF}, 4, "every read gives 0xFF"),
        ("claim_version", {"version": 0x22}, 4, "got version 0x22"),
    ],
    ids=["no node", "SPI disabled", "no permission", "MISO 0x00", "MISO 0xFF", "wrong version"],
)
def test_what_is_wrong_is_one_line_with_the_next_step(
    core: str, break_it: str, arguments: dict[str, object], code: int, says: str
) -> None:
    with shim_bench(group=grp.getgrall()[-1].gr_gid) as bench:
        bench.do(break_it, **arguments)
        done = bench.run(EXAMPLE, "--device", NODE, ENERGY_HW_CORE=core)
    assert done.status == code, done
    assert done.out == ""
    line = done.err.strip().splitlines()[-1]
    assert says in line
    assert "Traceback" not in done.err


@pytest.mark.parametrize("core", ["c", "python"])
def test_a_node_that_another_process_holds_is_told_with_its_process_id(bench: ShimBench, core: str) -> None:
    with bench.start(EXAMPLE, "--device", NODE, ENERGY_HW_CORE=core) as first:
        first.wait_for("Listening")
        done = bench.run(EXAMPLE, "--device", NODE, ENERGY_HW_CORE=core)
        assert done.status == 4
        assert f"held by process {first.pid}" in done.err


# -- hostile frames --------------------------------------------------------


@pytest.mark.parametrize("kind", range(16))
@pytest.mark.parametrize("length", [0, 1, 2, 4, 8, 15])
@pytest.mark.parametrize("fill", ["00", "7f", "ff", "9b"])
def test_no_value_from_the_air_ends_the_monitor_or_moves_the_cursor(kind: int, length: int, fill: str) -> None:
    frame = sealed(f"70{kind << 4 | length:02x}" + fill * length + "4c0105")
    out = io.StringIO()
    decoded = None
    with contextlib.suppress(FrameError):
        decoded = core.get().decode(frame)
    if decoded is None:
        assert kind in (0xC, 0xD, 0xE, 0xF)
        return
    report = to_report(decoded, None, datetime.now(UTC), frame)
    out.write(" ".join(phrase(reading) for reading in report) + dumps(report.to_json()))
    assert out.getvalue().isprintable()


def sealed(records: str) -> bytes:
    """A frame with these records, a CRC that holds, and no encryption (pip 0)."""
    body = bytes.fromhex("000373" + records + "00")
    body += binascii.crc_hqx(body, 0).to_bytes(2, "big")
    return bytes([len(body) + 4, 4, 2, 0, 0]) + body


def test_json_gives_devices_alone_and_says_the_rest_beside(bench: ShimBench) -> None:
    plug, ghost = (core.get().encode(Message(4, product, 0x1234, 0x373, ())).hex() for product in (2, 0x42))
    with bench.start(EXAMPLE, "--device", NODE, "--json") as monitor:
        monitor.wait_for("Listening")
        bench.do("transmit", frame=plug)
        monitor.wait_for('"device":"energenie:2:0x000373"')
        bench.do("transmit", frame=ghost)
        assert "[ghost:" in monitor.wait_for("unknown product 0x42")
        assert not any("energenie:66" in line for line in monitor.lines)


def test_an_output_that_is_full_is_said_in_one_line() -> None:
    command = f"{sys.executable} {EXAMPLE} --device '{HOUSE}' --count 5 > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
