"""Open the store whatever became of it: older, newer, or damaged."""

from __future__ import annotations

import logging
from dataclasses import replace

from energy_hw.sinks.ledger import RESERVE, Ledger
from energy_hw.sinks.place import Place
from energy_hw.sinks.schema import NewerSchema
from energy_hw.sinks.store import Damaged, Store

logger = logging.getLogger(__name__)


def open_store(place: Place, ledger: Ledger) -> Store:
    """Raises OSError or sqlite3.Error if the disk does not do, now."""
    try:
        return Store(place.path)
    except NewerSchema as error:
        aside = place.put_aside(None, f".schema-{error.version}")
        logger.error("%s has %s: it is kept as %s, and a new one begins", place.path, error, aside)
    except Damaged as error:
        aside = place.put_aside(None)
        with ledger.lock:
            ledger.put_aside += 1
        logger.error("%s is damaged (%s): it is kept as %s", place.path, error, aside)
    return Store(place.path)


def reserve(store: Store, ledger: Ledger) -> int:
    """Commit that numbers are taken, before any is used; what to adopt the store by. Raises sqlite3.Error."""
    state = store.state
    if state.serial == 0:  # new: it becomes the file of the outbox that memory began
        state = replace(state, outbox=ledger.outbox)
    same = state.outbox == ledger.outbox
    offset = 0 if same else max(state.reserved, store.last_seq())
    reserved = max(state.reserved, offset + ledger.next_seq - 1) + RESERVE
    store.commit((), (), replace(state, reserved=reserved))
    return offset
