"""What goes wrong between a program and its nodes, and what it says then. Under the shim only: root may do anything."""

import grp

import pytest

from bench.shimmed import Raised, ShimBench, shim_bench

NODE, CHIP = "/dev/spidev0.1", "/dev/gpiochip1"
FRAME = "0a04020000000000000000"
GROUP = grp.getgrall()[-1]
CORES = pytest.mark.parametrize("core", ["c", "python"])


def refusal(bench: ShimBench, program: str, **arguments: object) -> Raised:
    with pytest.raises(Raised) as raised:
        bench.call(program, **arguments)
    return raised.value


@CORES
def test_missing_node_names_the_others(core: str) -> None:
    with shim_bench() as bench:
        bench.machine.remove(NODE)
        error = refusal(bench, "exchange", core=core, frames=[])
    assert (error.kind, error.text) == (
        "NodeMissing",
        "/dev/spidev0.1 does not exist, there is /dev/spidev0.0: name one of these",
    )


@CORES
def test_disabled_spi_is_called_that(core: str) -> None:
    with shim_bench() as bench:
        bench.machine.disable_spi()
        error = refusal(bench, "exchange", core=core, frames=[])
    assert error.kind == "SpiDisabled"
    assert "raspi-config" in error.text


@CORES
def test_denied_node_names_its_group(core: str) -> None:
    with shim_bench(group=GROUP.gr_gid) as bench:
        bench.machine.deny(NODE)
        error = refusal(bench, "exchange", core=core, frames=[])
    assert error.kind == "PermissionDenied"
    assert f"usermod -aG {GROUP.gr_name} " in error.text


@CORES
@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_miso_that_is_stuck_is_not_a_radio(core: str, level: int) -> None:
    with shim_bench() as bench:
        bench.machine.stick_miso(level)
        error = refusal(bench, "receive", core=core, frame=FRAME)
    assert error.kind == "MisoStuck"
    assert f"every read gives 0x{level:02X}" in error.text


@CORES
def test_other_version_is_told(core: str) -> None:
    with shim_bench() as bench:
        bench.machine.claim_version(0x22)
        error = refusal(bench, "receive", core=core, frame=FRAME)
    assert error.kind == "WrongVersion"
    assert "got version 0x22" in error.text


@CORES
def test_failing_transfer_says_why(core: str) -> None:
    with shim_bench() as bench:
        error = refusal(bench, "exchange_after", core=core, what="fail", path=NODE)
    assert error.kind == "LinkError"
    assert "Input/output error" in error.text


def test_denied_gpio_chip_is_not_taken_for_none() -> None:
    with shim_bench(group=GROUP.gr_gid) as bench:
        bench.machine.deny(CHIP)
        error = refusal(bench, "pulse_reset", core="c")
    assert (error.kind, CHIP in error.text) == ("PermissionDenied", True)


def test_machine_without_a_header_is_no_pi() -> None:
    with shim_bench() as bench:
        bench.machine.remove(CHIP)
        error = refusal(bench, "pulse_reset", core="c")
    assert error.kind == "NodeMissing"
    assert "pinctrl-rp1, found none" in error.text


@pytest.mark.parametrize(
    ("header", "number"),
    [("pinctrl-bcm2835", 1), ("pinctrl-bcm2711", 1), ("pinctrl-rp1", 1), ("pinctrl-rp1", 4)],
)
def test_header_of_every_pi_is_found_by_its_label(header: str, number: int) -> None:
    with shim_bench(header=header, header_number=number) as bench:
        assert bench.call("pulse_reset", core="c") == 1
