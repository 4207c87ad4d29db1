"""pyenergenie's face: `from energy_hw.compat import energenie` where a program has `import energenie`.

    energenie.init()                                   # or init(simulate=True), a house without hardware
    energenie.registry.load_into(sys.modules[__name__])
    fan.turn_on()
    while True: energenie.loop()                       # callbacks and readings come here
    energenie.finished()

Underneath is a Hub: it listens all the time in a thread of its own, repeats commands until they are answered, and
keeps within the legal airtime. hub() gives it, for all that pyenergenie has not. Nothing is printed that has not
"list", "dump" or "show" in its name; the rest goes to logging. See docs/moving-from-pyenergenie.md.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from energy_hw.compat.energenie import (
    KVS,
    Devices,
    Logger,
    Messages,
    OnAir,
    OpenThings,
    Registry,
    TwoBit,
    _session,
    radio,
)
from energy_hw.compat.energenie._session import Session
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.receiver import Heard

__all__ = [
    "KVS",
    "Devices",
    "Logger",
    "Messages",
    "OnAir",
    "OpenThings",
    "Registry",
    "TwoBit",
    "ask",
    "cleanup",
    "discovery_ask",
    "discovery_askjoin",
    "discovery_auto",
    "discovery_autojoin",
    "discovery_none",
    "finished",
    "fsk_router",
    "hub",
    "init",
    "loop",
    "ook_router",
    "radio",
    "registry",
]

logger = logging.getLogger(__name__)

AT_ONCE = 1000
"""One loop() handles no more than the hub keeps."""

registry: Any = None
"""A Registry.DeviceRegistry; None before init()."""
fsk_router: Any = None
"""A Registry.Router for what MiHome devices say; None before init()."""
ook_router: Any = None
"""A Registry.Router for what hand controllers say, in loop(ook=True); None before init()."""


def init(simulate: bool = False, registry: str | os.PathLike[str] | None = None, **options: Any) -> Session:
    """Open the radio, load the registry, and take in devices that ask to join (discovery_autojoin).

    simulate: a house without hardware, as ENERGY_HW_DEVICE=sim:house gives. registry: the file; None is the one that
    Registry.default_path() says. In a simulated house changes are kept in memory, unless a file is named. options:
    Hub's, such as device="/dev/spidev0.1". While the radio is open, it stays as it is.

    What is returned may be used in `with`, which calls finished(). Raises as Hub does, and ConfigError for a file.
    """
    session = _session.start(**({"simulate": True} if simulate else {}), **options)
    try:
        _settle_in(session, registry)
    except BaseException:
        finished()
        raise
    return session


def _settle_in(session: Session, file: str | os.PathLike[str] | None) -> None:
    global registry, fsk_router, ook_router
    fsk_router, ook_router = Registry.Router("fsk"), Registry.Router("ook")
    registry = Registry.DeviceRegistry()
    registry.set_fsk_router(fsk_router)
    registry.set_ook_router(ook_router)
    _load(Path(Registry.default_path() if file is None else file))
    named = file is not None or "ENERGY_HW_KVS" in os.environ
    if session.hub.board.simulated and not named:
        registry.store.filename = None
    session.names.registry = registry
    session.hub.naming.make_all()
    discovery_autojoin()


def _load(path: Path) -> None:
    """A file that is not there yet is written with the first device."""
    if path.is_file():
        registry.load_from(path)
        logger.info("%d devices from %s", registry.size(), path)
    registry.store.filename = path


def finished() -> None:
    """Close the radio. May be called twice."""
    _session.stop()


cleanup = finished


def hub() -> Hub:
    """The Hub underneath. Raises LinkClosed before init()."""
    return _session.current().hub


def loop(receive_time: float = 1, ook: bool = False) -> bool:
    """Take what was heard, for receive_time seconds, to routers, devices and callbacks; whether there was anything.

    What came since the last loop() is taken first; loop(0) takes that alone. It waits without using the processor.
    What a callback raises is logged. ook: hear hand controllers instead, for the ook_router; MiHome devices are not
    heard meanwhile. Raises LinkClosed before init() and after finished().
    """
    session, end, handled = _session.current(), time.monotonic() + receive_time, False
    if ook:
        return _hear_ook(session, receive_time)
    for _ in range(AT_ONCE):
        heard = session.receive(max(0.0, end - time.monotonic()))
        if heard is None:
            break
        _route(heard)
        handled = True
    return handled


def _route(heard: Heard) -> None:
    message = OpenThings.from_decoded(heard.message, heard.report.received.timestamp())
    address = heard.message.manufacturer, heard.message.product, heard.message.sensor
    if heard.standing is Standing.DEVICE:
        fsk_router.incoming_message(address, message)
    else:  # an unknown product, heard for the first time: it may be a bit error
        fsk_router.tell_incoming(address, message)


def _hear_ook(session: Session, seconds: float) -> bool:
    handled = False
    with session.hub.listen_ook(seconds) as buttons:
        for heard in buttons:
            if heard.code is not None:
                house, index, on = heard.code
                payload = {"house_address": house, "device_index": index, "on": on}
                ook_router.incoming_message((house, index), payload)
                handled = True
    return handled


# -- discovery ---------------------------------------------------------------------


def discovery_none() -> None:
    """Take nobody in."""
    fsk_router.when_unknown(None)


def discovery_auto() -> None:
    """Take in everybody who is heard."""
    Registry.AutoDiscovery(registry, fsk_router)


def discovery_ask(ask_fn: Callable[[Any, Any], bool]) -> None:
    """Take in whom ask_fn(address, message) says; after a no it is not asked again."""
    Registry.ConfirmedDiscovery(registry, fsk_router, ask_fn)


def discovery_autojoin() -> None:
    """Take in who asks to join, and answer; the default."""
    Registry.JoinAutoDiscovery(registry, fsk_router)


def discovery_askjoin(ask_fn: Callable[[Any, Any], bool]) -> None:
    """Take in who asks to join, if ask_fn(address, message) says so, and answer."""
    Registry.JoinConfirmedDiscovery(registry, fsk_router, ask_fn)


def ask(address: Any, message: Any) -> bool:
    """Ask on the console whether to take a device in: enter, y or yes."""
    shown = "" if message is None else f"{message}\n"
    return input(f"{shown}Take in {address} [Y/n]? ").strip().upper() in ("", "Y", "YES")
