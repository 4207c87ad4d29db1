"""A simulated meter: what it measures as time passes, and the frames that it makes of it.

    meter = TicMeter(CONTRACTS["tempo"], start, seed=3)
    meter.advance_to(12.5)              # seconds since start
    meter.loads_va = [7000.0]           # a load of one's own, a value a phase; None: the house's
    meter.frame()                       # STX .. ETX, or EOT

Pure: time is what advance_to() says, chance what the seed says. Thread safety: one thread at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from energy_hw.sim import tic_historique, tic_standard
from energy_hw.sim.tic_contract import Contract, tariff_number
from energy_hw.teleinfo.encode import encode_frame, encode_group, encode_interrupted
from energy_hw.teleinfo.frame import Mode
from energy_hw.teleinfo.horodate import legal_time

LOADS_VA = (180.0, 240.0, 320.0, 650.0, 1200.0, 2100.0)  # of a phase, for a minute each
VOLTS = 236
BURST = 20  # short frames for each long one, while a phase is overloaded
BURST_S = 60.0  # and a minute beyond
Peak = tuple[int, datetime]
"""A largest power in VA and when it was."""


class TicMeter:
    """One meter. energy_wh: by supplier's index; injected_wh; peaks: today's and yesterday's, by phase, 0 for all."""

    def __init__(self, contract: Contract, start: datetime, seed: int = 0) -> None:
        self.contract = contract
        self.loads_va: list[float] | None = None
        self.injection_va = 0.0
        self.energy_wh = [round(Random(f"{seed}/index").uniform(1e5, 9e6)) + n * 1e4 for n in range(10)]
        self.injected_wh = 250_000.0
        self.is_peak = False
        self._start, self._seed, self._elapsed_s = start, seed, 0.0
        self._dice = Random(f"{seed}/meter")
        self._short_left = 0
        self._burst_until_s = -1.0
        self._warned = False
        self._messages = [contract.message] if contract.message else []
        self.peaks: list[dict[int, Peak]] = [dict.fromkeys(range(4), (0, self.now)) for _ in range(2)]

    @property
    def now(self) -> datetime:
        """The legal local time of the simulated moment."""
        return legal_time(self._start + timedelta(seconds=self._elapsed_s))

    @property
    def tariff(self) -> int:
        """The supplier's index that counts now, from 1."""
        return tariff_number(self.contract, self.now, self.is_peak)

    def phase_va(self) -> list[int]:
        """Apparent power of each phase."""
        if self.loads_va is not None:
            return [round(load) for load in self.loads_va[: self.contract.phases]]
        dice = Random(f"{self._seed}/{int(self._elapsed_s // 60)}")
        return [round(dice.choice(LOADS_VA)) for _ in range(self.contract.phases)]

    def amperes(self) -> list[int]:
        """Current of each phase, in whole amperes."""
        return [round(power / VOLTS) for power in self.phase_va()]

    def over(self) -> list[int]:
        """The phases (from 1) whose current is above the subscribed one."""
        return [phase for phase, amperes in enumerate(self.amperes(), 1) if amperes > self.contract.amperes]

    def advance_to(self, seconds: float) -> None:
        """Let time pass until so many seconds after the start."""
        step_s, day = seconds - self._elapsed_s, self.now.date()
        self.energy_wh[self.tariff - 1] += sum(self.phase_va()) * step_s / 3600
        self.injected_wh += self.injection_va * step_s / 3600
        self._elapsed_s = seconds
        if self.now.date() != day:
            self.peaks = [dict.fromkeys(range(4), (0, self.now)), self.peaks[0]]
        powers = self.phase_va()
        for phase, power in enumerate((sum(powers), *powers)):
            if power > self.peaks[0][phase][0]:
                self.peaks[0][phase] = (power, self.now)

    def take_message(self) -> str:
        """The ultra-short message: given once."""
        return self._messages.pop() if self._messages else ""

    def frame(self) -> bytes:
        """The next frame, as it is at this moment."""
        contract = self.contract
        if contract.samples:
            return encode_frame(encode_group(*fields, mode=contract.mode) for fields in contract.samples)
        if contract.mode is Mode.STANDARD:
            return encode_frame(tic_standard.groups(self))
        return self._historique()

    def _historique(self) -> bytes:
        if self.contract.phases == 3:
            return self._three_phase()
        is_over, was_warned = bool(self.over()), self._warned
        self._warned = is_over
        groups = tic_historique.groups(self, is_over and was_warned)
        if is_over and not was_warned:  # the first warning comes after whichever group is under way
            groups.insert(self._dice.randint(1, len(groups)), tic_historique.warning(self))
        return encode_frame(groups)

    def _three_phase(self) -> bytes:
        """Long frames; while a phase is over, and a minute longer, 20 short frames before each."""
        if self.over():
            was_quiet = self._elapsed_s > self._burst_until_s
            self._burst_until_s = self._elapsed_s + BURST_S
            if was_quiet:
                self._short_left = BURST
                groups = tic_historique.groups(self)
                return encode_interrupted(groups[: self._dice.randint(1, len(groups) - 1)])
        if self._elapsed_s > self._burst_until_s or self._short_left == 0:
            self._short_left = BURST
            return encode_frame(tic_historique.groups(self))
        self._short_left -= 1
        return encode_frame(tic_historique.short_groups(self))
