"""From a write that may be done to its end: intent noted, sent once, confirmed or not, and what is said of it."""

from __future__ import annotations

import getpass
import logging
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from energy_hw.errors import (
    EnergyHwError,
    FrameError,
    IdentityChanged,
    LinkError,
    LinkTimeout,
    ModbusError,
    NotConfirmed,
)
from energy_hw.outback.commands import expected, is_command
from energy_hw.outback.confirming import Answer, Confirmer
from energy_hw.outback.identity import Known
from energy_hw.outback.journal import Entry, Journal
from energy_hw.outback.looking import Sight
from energy_hw.outback.prepared import Prepared, WriteResult, shown, unit_of
from energy_hw.outback.registers import Registers
from energy_hw.outback.swapped import whereabouts
from energy_hw.reading import json_time

logger = logging.getLogger(__name__)

KEPT = "Nothing is put back by itself: look at the controller's display, or read the device"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. kind: for the journal. end: what the caller gets, or what is raised. sight: the read-back's."""

    kind: str
    end: WriteResult | EnergyHwError
    detail: str = ""
    sight: Sight | None = None


class Carrier:
    """Sends. Thread safety: use it inside a session of its registers."""

    def __init__(
        self,
        registers: Registers,
        confirmer: Confirmer,
        read_anew: Callable[[], Known],
        journal: Journal | None,
        now: Callable[[], datetime],
        actor: str,
    ) -> None:
        self._registers, self._confirmer, self._read_anew = registers, confirmer, read_anew
        self._journal, self._now, self._actor = journal, now, actor or default_actor()

    # -- the journal -------------------------------------------------------

    def intend(self, prepared: Prepared) -> Entry | None:
        """Note it on the disk. Raises CommandError if that cannot be done."""
        if self._journal is None:
            return None
        entry = entry_of(prepared, self._stamp(), self._actor)
        self._journal.intent(entry)
        return entry

    def note(self, entry: Entry | None, outcome: str, detail: str) -> None:
        """Note how it ended. A journal that fails now is told in the log: what was done is done."""
        if self._journal is None or entry is None:
            return
        logger.info("%s %s: %s", entry.point, entry.port, outcome)
        try:
            self._journal.result(entry, self._stamp(), outcome, detail)
        except OSError as error:
            logger.error(
                "the journal %s does not say that %s was %s: %s", self._journal.path, entry.point, outcome, error
            )

    def _stamp(self) -> str:
        return json_time(self._now()) or ""

    # -- the write ---------------------------------------------------------

    def errors_before(self, prepared: Prepared) -> tuple[str, ...]:
        """What the error register says already, where nothing else will tell that a write was refused."""
        return () if prepared.keeps or is_command(prepared.point) else self._errors(prepared)

    def carry_out(self, prepared: Prepared, errors_before: tuple[str, ...]) -> Outcome:
        """Write it, once, and see what becomes of it."""
        trouble = self._send(prepared)
        if trouble is not None and not may_have_arrived(trouble):
            return Outcome("refused", trouble, str(trouble))  # the link says that nothing was written
        if is_command(prepared.point):
            answer = self._confirmer.by_status(prepared)
        elif prepared.keeps:
            answer = self._confirmer.by_read_back(prepared)
        else:
            return self._assumed(prepared, trouble, errors_before)
        return self._judged(prepared, answer, trouble)

    def _send(self, prepared: Prepared) -> EnergyHwError | None:
        """What the link raised. Function code 6 for one register, 16 for several; never again for the same value."""
        try:
            self._registers.write(prepared.address, prepared.words)
        except EnergyHwError as error:
            return error
        return None

    def _assumed(self, prepared: Prepared, trouble: EnergyHwError | None, before: tuple[str, ...]) -> Outcome:
        """It cannot be read back: the controller's error register is all there is."""
        errors = self._errors(prepared)
        new = tuple(error for error in errors if error not in before)
        if trouble is None and not new:
            return Outcome("assumed", WriteResult(prepared, "assumed", None, errors, "it cannot be read back"))
        return self._failed(prepared, Answer("unknown" if trouble else "not confirmed"), trouble, new)

    def _judged(self, prepared: Prepared, answer: Answer, trouble: EnergyHwError | None) -> Outcome:
        if answer.outcome == "changed":
            return self._elsewhere(prepared, answer)
        errors = self._errors(prepared)
        if answer.outcome not in ("confirmed", "assumed"):
            return self._failed(prepared, answer, trouble, errors)
        detail = "; ".join(filter(None, (answer.reason, f"after {trouble}" if trouble else "")))
        result = WriteResult(prepared, answer.outcome, answer.read_back, errors, detail)
        return Outcome(answer.outcome, result, detail, answer.sight)

    def _errors(self, prepared: Prepared) -> tuple[str, ...]:
        return self._confirmer.errors(prepared.order.fingerprint)

    # -- what is said when it went wrong -----------------------------------

    def _elsewhere(self, prepared: Prepared, answer: Answer) -> Outcome:
        kind, found = whereabouts(prepared, self._read_anew)
        text = (
            f"{_done(prepared)}, and then another device stood there: {'; '.join(answer.changed)}. {found}"
            " Nothing is put back by itself"
        )
        return Outcome(kind, IdentityChanged(text), text)

    def _failed(
        self, prepared: Prepared, answer: Answer, trouble: EnergyHwError | None, errors: tuple[str, ...]
    ) -> Outcome:
        said = [
            *(f"the controller says: {error}" for error in errors),
            *filter(None, (answer.reason, str(trouble or ""))),
        ]
        text = f"{_done(prepared)}, {_came(prepared, answer)}{''.join(f'; {one}' for one in said)}. {KEPT}"
        return Outcome(answer.outcome, NotConfirmed(text), text)


def may_have_arrived(trouble: EnergyHwError) -> bool:
    """After a lost or misfit answer it may; an exception response is read back, too: it costs nothing to know."""
    return isinstance(trouble, LinkTimeout | FrameError | ModbusError) or not isinstance(trouble, LinkError)


def _done(prepared: Prepared) -> str:
    what = f"{prepared.device}, register {prepared.address}: {prepared.point.name}"
    if not prepared.keeps:
        return f"{what}{'' if prepared.secret else f' {shown(prepared.after)}'} was sent"
    return f"{what} was written, {shown(prepared.after)} over {shown(prepared.before)}{unit_of(prepared.point)}"


def _came(prepared: Prepared, answer: Answer) -> str:
    if answer.read_back is not None:
        return f"and reads back {shown(answer.read_back)}{unit_of(prepared.point)}"
    if is_command(prepared.point):
        return f"and control_status does not say {expected(prepared.point, int(str(prepared.after.raw)))}"
    return (
        "and whether it arrived is not known" if answer.outcome == "unknown" else "and the controller did not take it"
    )


def entry_of(prepared: Prepared, time: str, actor: str) -> Entry:
    """For the journal; of a password neither value nor registers."""
    who, secret = prepared.order.fingerprint, prepared.secret
    return Entry(
        id=uuid.uuid4().hex,
        time=time,
        gateway=who.gateway,
        device=who.id,
        did=who.did,
        port=who.port,
        model=who.model,
        serial=who.serial,
        block=prepared.order.block.did,
        point=prepared.point.name,
        address=prepared.address,
        old=None if secret or prepared.old is None else str(prepared.old),
        new=None if secret or prepared.new is None else str(prepared.new),
        unit=prepared.point.unit,
        raw_old=() if secret else prepared.before.registers,
        raw_new=() if secret else prepared.words,
        actor=actor,
        undo_of=prepared.order.undo_of,
        counters={name: f"{value:f}" for name, (value, _) in who.counters.items()},
    )


def default_actor() -> str:
    """`pi: energy-hw`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "?"
    return f"{user}: {Path(sys.argv[0] or 'python').name}"
