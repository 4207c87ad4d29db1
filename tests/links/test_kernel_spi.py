"""SPI through the kernel's door: py-spidev and csrc/spidev.c on a node, under the shim or on a real kernel."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.shimmed import Bench, Raised, open_bench

VERSION = "1000"
CORES = pytest.mark.parametrize("core", ["c", "python"])


@pytest.fixture
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


@CORES
def test_each_frame_has_an_nss_of_its_own(bench: Bench, core: str) -> None:
    """Were they one access, the second address would read the register after the first's."""
    assert bench.call("exchange", core=core, frames=[VERSION, "070000", VERSION]) == ["0024", "00e4c0", "0024"]


@CORES
def test_write_answers_with_the_old_value_and_is_kept(bench: Bench, core: str) -> None:
    answers = bench.call("exchange", core=core, frames=["af2dd4", "2f0000"])
    assert answers == ["000000", "002dd4"]


@CORES
def test_frames_beyond_one_message_of_the_kernel_all_arrive(bench: Bench, core: str) -> None:
    """64-bit ARM has room for 32 transfers in a message."""
    assert bench.call("exchange", core=core, frames=[VERSION] * 40) == ["0024"] * 40


@CORES
def test_clock_is_4_mhz(bench: Bench, core: str) -> None:
    bench.call("exchange", core=core, frames=[VERSION])
    assert bench.traffic()["fastest_hz"] == 4_000_000


def test_c_core_moves_all_frames_in_one_message(bench: Bench) -> None:
    bench.call("exchange", core="c", frames=[VERSION] * 20)
    assert bench.traffic() == {"messages": 1, "bytes": 40, "fastest_hz": 4_000_000}


@CORES
def test_second_board_on_the_same_node_is_refused(bench: Bench, core: str) -> None:
    with pytest.raises(Raised, match="held by this process") as refused:
        bench.call("second_open", core=core)
    assert refused.value.kind == "LinkBusy"


def test_second_process_is_told_who_holds_the_node(bench: Bench) -> None:
    with bench.start("-m", "bench.programs", "hold", '{"core": "python"}') as holder:
        holder.wait_for("held")
        with pytest.raises(Raised, match=rf"held by process {holder.pid} \(python") as refused:
            bench.call("exchange", core="c", frames=[VERSION])
    assert refused.value.kind == "LinkBusy"


@CORES
def test_other_chip_select_has_no_radio(bench: Bench, core: str) -> None:
    assert bench.call("exchange", core=core, frames=[VERSION], device="/dev/spidev0.0") == ["0000"]


def test_link_to_a_node_is_followed_by_the_spidev_package(bench: Bench, tmp_path: Path) -> None:
    """Older versions of it open by bus and chip select alone."""
    link = tmp_path / "radio"
    link.symlink_to("/dev/spidev0.1")
    assert bench.call("exchange", core="python", frames=[VERSION], device=str(link)) == ["0024"]
