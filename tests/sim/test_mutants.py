"""Each rule in the files of RULES is broken on purpose: its test must notice.

A mutant is a textual replacement in the simulator's source; the changed module and
those that depend on it are executed as copies, and the rule's test runs against them.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import pytest

import energy_hw.sim as package
from energy_hw.sim import console
from energy_hw.sim.clock import VirtualClock

# Modules of the chip, each after those that it imports.
ORDER = [
    "hearing",
    "air",
    "registers",
    "flags",
    "fifo",
    "settings",
    "state",
    "modes",
    "tx",
    "packet",
    "stream",
    "rx",
    "measure",
    "automodes",
    "dio",
    "port",
    "rfm69",
]
SOURCE = Path(inspect.getfile(package)).parent


class Mutant(NamedTuple):
    """In `module`, `old` becomes `new`, and the test `rule` must fail."""

    rule: str
    module: str
    old: str
    new: str


# fmt: off
MUTANTS = (
    # The FIFO.
    Mutant("level_is_set_above_the_threshold_and_not_at_it", "fifo", "> self.threshold", ">= self.threshold"),
    Mutant("level_follows_accesses_and_not_the_threshold", "port",
           "fifo.threshold = value & 0x7F", "fifo.threshold = value & 0x7F\n        self._state.fifo._update_level()"),
    Mutant("level_follows_accesses_and_not_the_threshold", "fifo",
           "byte = self.data.pop(0) if self.data else None\n        self._update_level()",
           "byte = self.data.pop(0) if self.data else None"),
    Mutant("not_empty_is_right_after_each_access", "port", "if write or address == Reg.FIFO:", "if write:"),
    Mutant("not_empty_is_right_after_each_access", "port", "        fifo.settle()\n", ""),
    Mutant("fifo_is_full_with_66_bytes", "fifo", "SIZE = 66", "SIZE = 64"),
    Mutant("host_overrun_loses_the_new_byte", "fifo",
           "        else:\n", "        else:\n            self.data[-1] = byte\n"),
    Mutant("host_overrun_loses_the_new_byte", "fifo", "self.overrun = True", "pass"),
    Mutant("overrun_stays_until_1_is_written_which_empties_the_fifo", "port",
           "if value & f.FIFO_OVERRUN:", "if True:"),
    Mutant("overrun_stays_until_1_is_written_which_empties_the_fifo", "port",
           "self._state.clear_fifo()", "self._state.fifo.overrun = False"),
    Mutant("receiver_overruns_the_fifo_with_a_packet_of_67_bytes", "packet",
           "            fifo.push(byte)", "            fifo.push(byte) if len(fifo.data) < 66 else None"),
    Mutant("fifo_is_cleared_from_standby_to_rx", "modes", "(STANDBY, RX), ", ""),
    Mutant("fifo_is_cleared_from_sleep_to_rx", "modes", "(SLEEP, RX), ", ""),
    Mutant("fifo_is_cleared_from_rx_to_tx", "modes", ", (RX, TX)}", "}"),
    Mutant("fifo_is_cleared_from_tx_to_anything", "modes", "for mode in (SLEEP, STANDBY, FS, RX)", "for mode in (RX,)"),
    Mutant("fifo_is_cleared_from_tx_to_anything", "modes",
           "for mode in (SLEEP, STANDBY, FS, RX)", "for mode in (SLEEP, STANDBY, FS)"),
    Mutant("fifo_is_kept_between_standby_and_sleep", "modes", "{(SLEEP, RX)", "{(STANDBY, SLEEP), (SLEEP, RX)"),
    Mutant("fifo_is_kept_between_standby_and_sleep", "modes", "{(SLEEP, RX)", "{(SLEEP, STANDBY), (SLEEP, RX)"),
    Mutant("fifo_is_kept_from_standby_or_sleep_to_tx", "modes", "{(SLEEP, RX)", "{(STANDBY, TX), (SLEEP, RX)"),
    Mutant("fifo_is_kept_from_standby_or_sleep_to_tx", "modes", "{(SLEEP, RX)", "{(SLEEP, TX), (SLEEP, RX)"),
    Mutant("fifo_is_kept_from_rx_to_standby_or_sleep", "modes", "{(SLEEP, RX)", "{(RX, STANDBY), (SLEEP, RX)"),
    Mutant("fifo_is_kept_from_rx_to_standby_or_sleep", "modes", "{(SLEEP, RX)", "{(RX, SLEEP), (SLEEP, RX)"),
    Mutant("fifo_is_not_written_in_sleep_and_rx", "port", "in (SLEEP, RX)", "in (RX,)"),
    Mutant("fifo_is_not_written_in_sleep_and_rx", "port", "in (SLEEP, RX)", "in (SLEEP,)"),
    # The transmitter.
    Mutant("fifo_is_empty_16_chips_before_a_manchester_packet_ends", "tx",
           "due = out.sent.time_of(len(out.sent.chips))",
           "due = out.sent.time_of(len(out.sent.chips) - (8 if out.left == 0 else 0))"),
    Mutant("fifo_is_empty_16_chips_before_a_manchester_packet_ends", "settings",
           "manchester=config & 0x60 == 0x20", "manchester=False"),
    Mutant("fifo_is_empty_8_chips_before_an_ook_packet_ends", "settings",
           "manchester=config & 0x60 == 0x20", "manchester=True"),
    Mutant("packet_sent_rises_after_the_last_chip", "tx",
           "        self._state.fifo.settle()\n",
           "        self._state.fifo.settle()\n"
           "        self._state.fifo.data or self._state.raise_flags(flags.PACKET_SENT)\n"),
    Mutant("leaving_tx_when_the_fifo_is_empty_cuts_the_frame", "tx",
           "truncated_frames += self._packet is not None", "truncated_frames += 0"),
    Mutant("leaving_tx_when_the_fifo_is_empty_cuts_the_frame", "air",
           "transmission.chips = transmission.chips[:sent]", "pass"),
    Mutant("leaving_tx_after_packet_sent_cuts_nothing", "tx",
           "        self._packet = None\n        if out.packet",
           "        if out.packet"),
    Mutant("tx_without_a_packet_sends_endless_preamble", "tx",
           'self._carrier = self._open("", self._state.now_ns)', "pass"),
    Mutant("tx_without_a_packet_sends_endless_preamble", "tx", '("10" * chips)[chips:]', '"0" * chips'),
    Mutant("tx_without_a_packet_and_preamble_sends_a_constant", "tx",
           "if preamble else self._last_chip * chips", "if True else ''"),
    Mutant("start_condition_not_empty_starts_with_the_first_byte", "tx",
           "return fifo.not_empty if self._state.regs[Reg.FIFOTHRESH] & 0x80 else fifo.level", "return fifo.level"),
    Mutant("start_condition_level_waits_for_more_than_the_threshold", "tx",
           "return fifo.not_empty if self._state.regs[Reg.FIFOTHRESH] & 0x80 else fifo.level", "return fifo.not_empty"),
    Mutant("next_packet_starts_when_the_condition_holds_again", "tx",
           "if self._active:  #", "if False:  #"),
    Mutant("an_empty_fifo_in_the_middle_of_a_packet_is_an_underrun", "tx", "if byte is None and", "if False and"),
    Mutant("unlimited_packets_end_without_packet_sent", "tx",
           "        if not out.packet.unlimited:\n            self._announce()", "        self._announce()"),
    Mutant("a_refill_that_comes_too_late_in_unlimited_mode_is_an_underrun", "tx",
           "self._ran_dry = out.packet.unlimited", "self._ran_dry = False"),
    # Modes and their flags.
    Mutant("mode_ready_comes_after_the_start_up_time", "settings", "CRYSTAL_NS = 250_000", "CRYSTAL_NS = 0"),
    Mutant("mode_ready_comes_after_the_start_up_time", "settings", "PLL_NS = 80_000", "PLL_NS = 10_000"),
    Mutant("mode_ready_comes_after_the_start_up_time", "settings", "1250 * PA_RAMP_US", "1000 * PA_RAMP_US"),
    Mutant("mode_ready_comes_after_the_start_up_time", "modes",
           "drop_flags(flags.MODE_READY | flags.PLL_LOCK)", "drop_flags(flags.PLL_LOCK)"),
    Mutant("writing_the_same_mode_does_not_pulse_mode_ready", "modes", "if mode == self.mode or", "if False or"),
    Mutant("pll_lock_is_there_from_fs_on_and_not_in_standby", "modes",
           "drop_flags(flags.MODE_READY | flags.PLL_LOCK)", "drop_flags(flags.MODE_READY)"),
    Mutant("pll_lock_is_there_from_fs_on_and_not_in_standby", "modes", "raise_flags(flags.PLL_LOCK)", "raise_flags(0)"),
    Mutant("tx_ready_is_set_after_the_ramp_and_cleared_leaving_tx", "tx",
           "drop_flags(flags.TX_READY | flags.PACKET_SENT)", "drop_flags(flags.PACKET_SENT)"),
    Mutant("tx_ready_is_set_after_the_ramp_and_cleared_leaving_tx", "modes",
           "raise_flags(flags.PLL_LOCK)", "raise_flags(flags.PLL_LOCK | flags.TX_READY)"),
    Mutant("packet_sent_is_cleared_leaving_tx", "tx",
           "drop_flags(flags.TX_READY | flags.PACKET_SENT)", "drop_flags(flags.TX_READY)"),
    Mutant("packet_sent_is_cleared_leaving_tx", "tx",
           '            self._carrier = self._open("", self._state.now_ns)',
           '            self._carrier = self._open("", self._state.now_ns)\n'
           "            self._state.clock.call_in(9_000_000, lambda: self._state.drop_flags(flags.PACKET_SENT))"),
    Mutant("rx_ready_comes_after_mode_ready_and_goes_with_rx", "rx",
           "drop_flags(flags.RX_READY | flags.RSSI", "drop_flags(flags.RSSI"),
    Mutant("rx_ready_comes_after_mode_ready_and_goes_with_rx", "modes",
           "raise_flags(flags.PLL_LOCK)", "raise_flags(flags.PLL_LOCK | flags.RX_READY)"),
    Mutant("rssi_flag_is_cleared_by_writing_1_and_leaving_rx", "port", "&= ~f.RSSI", "&= ~0"),
    Mutant("rssi_flag_is_cleared_by_writing_1_and_leaving_rx", "rx",
           "drop_flags(flags.RX_READY | flags.RSSI", "drop_flags(flags.RX_READY"),
    Mutant("rssi_flag_needs_more_than_the_threshold", "rx", "level > self._threshold_dbm()\n", "level > -120.0\n"),
    Mutant("sync_address_is_cleared_leaving_rx", "rx",
           "flags.TIMEOUT | flags.SYNC_ADDRESS)\n\n    def restart", "flags.TIMEOUT)\n\n    def restart"),
    Mutant("payload_ready_sync_address_and_crc_ok_go_when_the_fifo_is_empty", "rx",
           "~(flags.PAYLOAD_READY | flags.CRC_OK", "~(flags.CRC_OK"),
    Mutant("payload_ready_sync_address_and_crc_ok_go_when_the_fifo_is_empty", "port",
           "emptied = fifo.not_empty and not fifo.data", "emptied = True"),
    Mutant("payload_ready_sync_address_and_crc_ok_go_when_the_fifo_is_empty", "rx",
           "flags.TIMEOUT | flags.SYNC_ADDRESS)\n        stuck", "flags.TIMEOUT)\n        stuck"),
    Mutant("crc_ok_goes_when_the_fifo_is_empty", "rx", "PAYLOAD_READY | flags.CRC_OK", "PAYLOAD_READY"),
    Mutant("timeout_goes_when_the_fifo_is_empty_and_the_receiver_stays_deaf", "rx",
           "flags.TIMEOUT | flags.SYNC_ADDRESS)\n        stuck", "flags.SYNC_ADDRESS)\n        stuck"),
    Mutant("timeout_goes_when_the_fifo_is_empty_and_the_receiver_stays_deaf", "rx", "DEAF and not stuck", "DEAF"),
    Mutant("inter_packet_delay_is_none_from_exponent_12_on", "rx", "if exponent < 12", "if exponent < 16"),
    Mutant("timeout_is_cleared_leaving_rx", "rx",
           "flags.TIMEOUT | flags.SYNC_ADDRESS)\n\n    def restart", "flags.SYNC_ADDRESS)\n\n    def restart"),
    # When the receiver is deaf.
    Mutant("receiver_is_deaf_until_the_fifo_is_completely_empty", "rx",
           "self._abandon(DEAF)\n        self._since_ns = self",
           "self._listen(self._state.now_ns)\n        self._since_ns = self"),
    Mutant("receiver_is_deaf_until_the_fifo_is_completely_empty", "rx",
           "if self.phase == DEAF and not stuck", "if False"),
    Mutant("receiver_restarts_after_the_inter_packet_delay", "rx", "now_ns + self._pause_ns()", "now_ns"),
    Mutant("without_auto_restart_the_receiver_stays_deaf_until_restart_rx", "rx",
           "[Reg.PACKETCONFIG2] & 0x02", "[0] == 0"),
    Mutant("without_auto_restart_the_receiver_stays_deaf_until_restart_rx", "port", "self._receiver.restart()", "pass"),
    Mutant("clearing_the_fifo_restarts_the_receiver", "state", "        if had:\n            self.emptied()\n", ""),
    Mutant("after_a_timeout_the_receiver_is_deaf_until_told_otherwise", "rx",
           "        self._abandon(DEAF)\n        self._since_ns = NEVER_NS\n", ""),
    Mutant("after_a_timeout_the_receiver_is_deaf_until_told_otherwise", "rx",
           "raise_flags(flags.TIMEOUT)", "raise_flags(0)"),
    Mutant("second_timeout_runs_from_the_rssi_flag_to_the_payload", "rx",
           "self._set_timeout(self._state.regs[Reg.RXTIMEOUT2])", "pass"),
    Mutant("second_timeout_runs_from_the_rssi_flag_to_the_payload", "rx",
           "self._set_timeout(self._state.regs[Reg.RXTIMEOUT1])",
           "self._set_timeout(self._state.regs[Reg.RXTIMEOUT2])"),
    Mutant("a_pll_that_does_not_lock_leaves_the_chip_in_fs_until_standby", "modes",
           "if self.pll_faults > 0:", "if False:"),
    Mutant("a_pll_that_does_not_lock_leaves_the_chip_in_fs_until_standby", "modes",
           "            self._stuck = True\n", ""),
    Mutant("a_switched_off_sequencer_goes_nowhere", "port", "if not value & 0x80:", "if True:"),
    Mutant("temperature_falls_by_1_per_degree_and_disturbs_reception", "measure",
           "166 - self.temperature_c", "77 + self.temperature_c"),
    Mutant("temperature_falls_by_1_per_degree_and_disturbs_reception", "measure",
           "            self._receiver.restart()\n", ""),
    # OOK as a stream.
    Mutant("bits_come_without_a_sync_word", "settings", "fill=bool(sync & 0x40)", "fill=False"),
    Mutant("without_the_fill_condition_or_with_packets_nothing_streams", "settings",
           "fill=bool(sync & 0x40)", "fill=True"),
    Mutant("without_the_fill_condition_or_with_packets_nothing_streams", "settings",
           "return self.unlimited and self.fill", "return self.fill"),
    Mutant("without_the_fill_condition_or_with_packets_nothing_streams", "settings",
           "self.fill and not self.sync", "self.fill"),
    Mutant("fsk_is_not_streamed", "rx", ".streams and settings", ".streams or settings"),
    Mutant("each_chip_is_two_bits", "stream", "self._count + 0.5", "self._count * 2"),
    Mutant("leaving_rx_ends_the_stream_and_keeps_the_fifo", "rx",
           "self._incoming = self._stream = None", "self._incoming = None"),
    Mutant("a_full_fifo_loses_what_comes", "stream", "fifo.overrun and not lost", "0"),
    Mutant("a_slow_threshold_keeps_noise_out_of_a_gap", "stream", "0.25, 0.125, 2.0", "4.0, 0.125, 2.0"),
    Mutant("a_fast_threshold_lets_noise_into_a_gap", "stream",
           "self._threshold_dbm - self._fall_db", "self._threshold_dbm - 0.01"),
    Mutant("in_silence_noise_gets_through_now_and_then", "stream", "NOISE_SPREAD_DB = 3.0", "NOISE_SPREAD_DB = 1.0"),
    Mutant("a_higher_floor_keeps_noise_out", "stream", "+ self._state.regs[Reg.OOKFIX]", "+ 6"),
    Mutant("a_weak_signal_is_seen_once_the_threshold_has_fallen", "stream",
           "BELOW_PEAK_DB = 6.0", "BELOW_PEAK_DB = 12.0"),
    Mutant("a_weak_signal_is_seen_once_the_threshold_has_fallen", "stream", "STEPS_DB = (0.5,", "STEPS_DB = (2.0,"),
    Mutant("carriers_within_the_bandwidth_are_heard", "rx",
           "self.tuned_hz) <= settings.bandwidth_hz(self._state.regs) / 2", "self.tuned_hz) >= 0"),
    Mutant("one_that_is_under_way_when_rx_begins_is_heard", "rx",
           "        for sent in self._state.air.active:\n            self._follow",
           "        for sent in ():\n            self._follow"),
    Mutant("what_a_noise_burst_says_is_noise", "stream", "self._dice.random() < 0.5", "True"),
    Mutant("other_thresholds_are_not_simulated", "stream", "if peak & 0xC0 != 0x40:", "if False:"),
)
# fmt: on


RULES = ("test_fifo", "test_tx", "test_modes", "test_rx", "test_stream")


def rules(name: str) -> dict[str, Callable[..., None]]:
    """The tests of a file, by name without `test_`."""
    spec = importlib.util.spec_from_file_location(f"{name}_under_mutation", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name[5:]: test for name, test in vars(module).items() if name.startswith("test_")}


TESTS = {name: test for file in RULES for name, test in rules(file).items()}


@functools.cache
def source(module: str) -> str:
    return (SOURCE / f"{module}.py").read_text()


@functools.cache
def compiled(module: str) -> CodeType:
    return compile(source(module), module, "exec")


def mutated_chip(mutant: Mutant) -> type[Any]:
    """The class Chip of a simulator that has the mutant in it."""
    changed = compile(source(mutant.module).replace(mutant.old, mutant.new), mutant.module, "exec")
    saved = {name: sys.modules[f"energy_hw.sim.{name}"] for name in ORDER}
    try:
        for name in ORDER[ORDER.index(mutant.module) :]:
            copy = ModuleType(f"energy_hw.sim.{name}")
            sys.modules[copy.__name__] = copy
            setattr(package, name, copy)
            exec(changed if name == mutant.module else compiled(name), copy.__dict__)  # noqa: S102
        chip: type[Any] = sys.modules["energy_hw.sim.rfm69"].__dict__["Chip"]
        return chip
    finally:
        for name, module in saved.items():
            sys.modules[module.__name__] = module
            setattr(package, name, module)


def cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The parameter sets of a test."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for rows in itertools.product(*(mark.args[1] for mark in marks)):
        case: dict[str, Any] = {}
        for mark, row in zip(marks, rows, strict=True):
            names = [mark.args[0]] if isinstance(mark.args[0], str) else mark.args[0]
            case.update(zip(names, row if len(names) > 1 else [row], strict=True))
        yield case


def passes(test: Callable[..., None], chip: type[Any]) -> bool:
    """Whether the test passes with this chip, in all its cases."""
    try:
        for case in cases(test):
            test(console.Console(chip(VirtualClock(), seed=1)), **case)
    except (AssertionError, TimeoutError):
        return False
    return True


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.rule}-{mutant.module}")
def test_mutant_is_noticed(mutant: Mutant) -> None:
    assert source(mutant.module).count(mutant.old) == 1, "the text to replace must stand there once"
    assert not passes(TESTS[mutant.rule], mutated_chip(mutant))


def test_every_rule_has_a_mutant() -> None:
    assert {mutant.rule for mutant in MUTANTS} == set(TESTS)


def test_a_copy_without_a_mutant_passes_every_rule() -> None:
    chip = mutated_chip(Mutant("", "hearing", "import math", "import math"))
    assert [name for name, test in TESTS.items() if not passes(test, chip)] == []
