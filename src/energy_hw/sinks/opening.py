"""Open the store whatever became of it: older, newer, damaged, or with a log that breaks off."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from uuid import uuid4

from energy_hw.sinks.ledger import RESERVE, Ledger
from energy_hw.sinks.place import Place
from energy_hw.sinks.row import Row
from energy_hw.sinks.salvage import Wreck, settled
from energy_hw.sinks.schema import NewerSchema, StoreState
from energy_hw.sinks.store import Damaged, Store

logger = logging.getLogger(__name__)

CHUNK = 1000


def open_store(place: Place, ledger: Ledger) -> Store:
    """Raises OSError or sqlite3.Error if the disk does not do, now."""
    try:
        if place.beside(".new").exists():
            raise Damaged("a repair was cut short")
        return _with_stray_rows(place, ledger)
    except NewerSchema as error:
        aside = place.put_aside(None, f".schema-{error.version}")
        logger.error("%s has %s: it is kept as %s, and a new one begins", place.path, error, aside)
    except Damaged as error:
        try:
            _repair(place, ledger, str(error))
        finally:
            error.release()
    return Store(place.path)


def _with_stray_rows(place: Place, ledger: Ledger) -> Store:
    """SQLite reads its log up to the first broken frame; sound rows behind that are put back."""
    frames = Wreck(place.path, place.beside("-wal"), whole=False).frames
    store = Store(place.path)
    try:
        if frames:
            read = store.log_frames()
            if frames > read:
                _put_back(store, Wreck(place.path, place.beside("-wal"), read, whole=False), ledger)
            store.empty_log()
    except BaseException:
        store.close()
        raise
    return store


def _put_back(store: Store, wreck: Wreck, ledger: Ledger) -> None:
    """What the store does not have; its own state, if it is the later one, knows what is done."""
    rows = {row.seq: row for row in wreck.scan()}
    later = wreck.state if wreck.state and wreck.state.serial > store.state.serial else store.state
    done = settled(later, list(ledger.progress))
    missing = [row for seq, row in sorted(rows.items()) if seq not in done and not store.count([(seq, seq)])]
    if missing or later is not store.state:
        store.commit(missing, done.pairs, _covering(later, missing[-1].seq if missing else 0))
        _note(ledger, len(missing))
        logger.warning("%s: the log broke off, %d rows behind the break were put back", store.path, len(missing))


def _repair(place: Place, ledger: Ledger, why: str) -> None:
    """A new file with every sound row of the old one, which is put aside."""
    new = place.beside(".new")
    try:
        store = Store(new)
    except (Damaged, NewerSchema):
        new.unlink()
        place.beside(".new-wal").unlink(missing_ok=True)
        store = Store(new)
    try:
        wreck = Wreck(place.path, place.beside("-wal"))
        _fill(store, wreck, ledger)
        saved = store.rows
    finally:
        store.close()
    aside = place.put_aside(new)
    with ledger.lock:
        ledger.put_aside += 1
    _note(ledger, saved)
    logger.error("%s was damaged (%s): %d rows were saved, the file is kept as %s", place.path, why, saved, aside)


def _fill(store: Store, wreck: Wreck, ledger: Ledger) -> None:
    """All rows first: the last readable state, which says what is done, is known only then."""
    for chunk in _chunks(wreck.scan()):
        store.commit(chunk, (), _covering(store.state, max(row.seq for row in chunk)))
    state = _later(store.state, wreck.state) or replace(
        store.state, outbox=ledger.outbox if ledger.adopted else uuid4()
    )
    store.commit((), settled(state, list(ledger.progress)).pairs, _covering(state, store.last_seq()))
    store.recount()


def _later(own: StoreState, found: StoreState | None) -> StoreState | None:
    if found is not None:
        return found
    return None if own.done == {} else own  # of a repair that was cut short


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    several = iter(rows)
    while chunk := list(islice(several, CHUNK)):
        yield chunk


def _covering(state: StoreState, last: int) -> StoreState:
    """No number is given again, even if the state is an old one."""
    return replace(state, reserved=max(state.reserved, last) + RESERVE)


def _note(ledger: Ledger, rows: int) -> None:
    with ledger.lock:
        ledger.salvaged += rows


def reserve(store: Store, ledger: Ledger) -> int:
    """Commit that numbers are taken, before any is used; what to adopt the store by. Raises sqlite3.Error."""
    state = store.state
    if state.serial == 0:  # new: it becomes the file of the outbox that memory began
        state = replace(state, outbox=ledger.outbox)
    known = store.state.serial == 0 or (ledger.adopted and state.outbox == ledger.outbox)
    offset = 0 if known else max(state.reserved, store.last_seq())
    reserved = max(state.reserved, offset + ledger.next_seq - 1) + RESERVE
    store.commit((), (), replace(state, reserved=reserved))
    return offset
