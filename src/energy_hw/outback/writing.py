"""Writing to a controller: to the device that was read and to no other, exactly what was said, and seen to be done.

    prepare   look who stands there, check permission and value         -> Prepared, to be shown
    commit    note the intent on the disk; look again, all of it;       -> WriteResult
              write once; read back; note what became of it

The second look is the last request before the write, on the same connection, and nothing is waited for between the
two. What remains is the time from that answer to the write's arrival: comparing and encoding (below 1 ms on a desktop
computer, some tens on the smallest Pi) and one way through the network. A cable that changes its place on the hub in
just these milliseconds can only be noticed after, by the read-back. Then nothing is put back by itself;
IdentityChanged says which device has the value, what it held before, and how to put it right.

Registers: OutBack AXS Port application note rev 5; error register 64110/402: OutBack.Power.SunSpec.Map.xlsx
(2019-07). Function codes 6 and 16: Modbus Application Protocol V1.1b3.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from energy_hw.errors import EnergyHwError, LinkError, ProtocolError
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback import permits
from energy_hw.outback.carrying_out import Carrier, Outcome
from energy_hw.outback.chain import GATEWAY, Block, Layout
from energy_hw.outback.confirming import Confirmer
from energy_hw.outback.identity import Fingerprint, Known, gateway_blocks, identity_block
from energy_hw.outback.journal import Entry, Journal
from energy_hw.outback.looking import Gone, Looker, NotYet, unsent
from energy_hw.outback.permits import LOCKED
from energy_hw.outback.poll import Poller
from energy_hw.outback.prepared import DRY_RUN, Order, Prepared, WriteResult
from energy_hw.outback.preparing import Preparer, row_of, secretly
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import point, points
from energy_hw.outback.undoing import check_holds, reverse

__all__ = ["LOCKED", "Prepared", "WriteResult", "Writer"]

logger = logging.getLogger(__name__)

PASSWORD = point(GATEWAY, "write_password")


class Reader(Protocol):
    """Who reads anew after a surprise: a Poller. layout: None makes the next read walk the chain."""

    layout: Layout | None

    def read(self) -> Known:
        """Everything."""


class Writer:
    """Writes to the devices of one controller.

    registers: its link. poller: forgets its layout when a device is not the one that it was; without one, its own is
    used. journal: where writes are noted, None for the usual place, False only if the program decided to keep none.
    actor: who writes, for the journal. password: sent before each write to controllers that ask for it; in no message,
    log or journal.

    Every method raises CommandError for what may not be written or was not confirmed; LinkError or ProtocolError if
    the controller could not be asked, and then nothing was written.

    Thread safety: call from any thread; a write is one session of the registers, polls wait for its end.
    """

    def __init__(
        self,
        registers: Registers,
        poller: Reader | None = None,
        journal: Journal | Path | str | bool | None = None,
        *,
        actor: str = "",
        password: str | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._registers, self._password = registers, password
        self._clock = clock or SystemClock()
        self._poller: Reader = poller or Poller(registers, clock=self._clock, sleep=sleep)
        self._journal = _journal(journal)
        self._looker = Looker(registers, self._clock.now, sleep)
        confirmer = Confirmer(registers, self._looker, sleep)
        self._carrier = Carrier(registers, confirmer, self._read_anew, self._journal, self._clock.now, actor)
        self._preparer = Preparer(self._looker, sleep, self._forget)

    # -- what callers say --------------------------------------------------

    def prepare(
        self,
        block: Block,
        known: Fingerprint,
        name: str,
        value: object,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
        raw: bool = False,
    ) -> Prepared:
        """Look at the device and check everything; nothing is written.

        block: where the point stands. known: who the device was when it was read. value: as encode() takes it; raw:
        the unscaled integer. allow: classes of LOCKED. force: write what is disputed, what the device says it does not
        have, what it holds already, volts far from those it holds; and to a device that only its port tells apart.
        Raises UnknownPoint, NotWritable, OutOfRange, FarOff, IdentityChanged.
        """
        row = row_of(block, known, name)
        return self._prepare(Order(block, known, row, value, permits.classes(allow), force, raw))

    def prepare_reset(
        self, block: Block, known: Fingerprint, name: str, *, allow: Iterable[str] = (), force: bool = False
    ) -> Prepared:
        """The same for a reset, which is locked. name: of its register, or of the one before, which is read for it."""
        row = row_of(block, known, name)
        rows = points(block.did, block.length, known.house.layout.since_2018)
        row = next((each for each in rows if each.offset == row.end and permits.is_reset(each)), row)
        return self._prepare(Order(block, known, row, None, permits.classes(allow), force, reset=True))

    def write(
        self,
        block: Block,
        known: Fingerprint,
        name: str,
        value: object,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
        raw: bool = False,
        dry_run: bool = False,
    ) -> WriteResult:
        """prepare() and commit() in one session; dry_run: stop between them."""
        with self._registers.session():
            prepared = self.prepare(block, known, name, value, allow=allow, force=force, raw=raw)
            return WriteResult(prepared, DRY_RUN) if dry_run else self.commit(prepared)

    def reset(
        self, block: Block, known: Fingerprint, name: str, *, allow: Iterable[str] = (), force: bool = False
    ) -> WriteResult:
        """prepare_reset() and commit(): `assumed`, unless the controller's error register objects."""
        with self._registers.session():
            return self.commit(self.prepare_reset(block, known, name, allow=allow, force=force))

    def commit(self, prepared: Prepared) -> WriteResult:
        """Write it, if everything still is as it was when it was prepared.

        Raises IdentityChanged, NotConfirmed; CommandError if the journal cannot be written, before anything else is.
        """
        if not prepared.changes and not prepared.order.force:
            return WriteResult(prepared, "unchanged", prepared.before)
        with self._registers.session():
            entry = self._carrier.intend(prepared)
            try:
                self._unlock(prepared)
                errors = self._carrier.errors_before(prepared)
                last = self._preparer.again(prepared)
            except BaseException as error:  # Ctrl-C too: nothing was sent yet
                self._carrier.note(entry, "refused", str(unsent(error)) or type(error).__name__)
                raise
            return self._ended(entry, self._carrier.carry_out(last, errors))

    def undo(
        self,
        entry: Entry | None = None,
        known: Known | None = None,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
    ) -> Prepared:
        """The reverse of a write, prepared: with all checks, and that the point still holds what was written then.

        entry: None for the newest of the journal that stands. known: what was read of the controller; None: read now.
        """
        known = known or self._poller.read()
        back = reverse(entry, known, self._journal)
        order = Order(
            back.block,
            back.fingerprint,
            back.point,
            back.value,
            permits.classes(allow),
            force,
            back.raw,
            undo_of=back.id,
        )
        prepared = self._prepare(order)
        check_holds(prepared, back, force)
        return prepared

    def _prepare(self, order: Order) -> Prepared:
        try:
            with self._registers.session():
                return self._preparer.prepare(order)
        except (LinkError, ProtocolError) as error:
            unsent(error)
            raise

    def _unlock(self, prepared: Prepared) -> None:
        """Send the write password, to the gateway that was read."""
        if self._password is None or prepared.secret:
            return
        known = prepared.order.fingerprint
        try:
            gateway = self._looker.gateway(known, anew=True)
        except (NotYet, Gone) as trouble:
            raise self._preparer.another(prepared.order, [str(trouble)]) from None
        if (gateway.serial, gateway.mac) != (known.gateway, known.mac):
            raise self._preparer.another(prepared.order, ["the gateway is another one"])
        block = gateway_blocks(known.house.layout)[1]
        self._registers.write(block.address + PASSWORD.offset, secretly(PASSWORD, self._password, 0))

    # -- the end -----------------------------------------------------------

    def _ended(self, entry: Entry | None, outcome: Outcome) -> WriteResult:
        self._carrier.note(entry, outcome.kind, outcome.detail)
        if isinstance(outcome.end, EnergyHwError):
            raise outcome.end
        order = outcome.end.prepared.order
        if outcome.sight is not None and order.block == identity_block(order.fingerprint.house.layout, order.block):
            self._preparer.remember(order.block, outcome.sight)
        return outcome.end

    def _read_anew(self) -> Known:
        self._forget()
        return self._poller.read()

    def _forget(self) -> None:
        """What was known of places: the next read walks the chain."""
        self._poller.layout = None
        self._looker.forget()
        self._preparer.forget()


def _journal(journal: Journal | Path | str | bool | None) -> Journal | None:
    if isinstance(journal, Journal):
        return journal
    if journal is False:
        return None
    return Journal(None if journal is None or journal is True else journal)
