"""Which object a message is for, and what happens to a message for none.

Callbacks and devices are called in the thread of loop(). What one of them raises is logged; the others, and loop(),
go on.
"""

from __future__ import annotations

import logging
from typing import Any

from energy_hw.compat.energenie._calls import Callback, Calls
from energy_hw.compat.energenie._message import as_pydict
from energy_hw.energenie.parameters import parameter_id

logger = logging.getLogger(__name__)

JOIN = parameter_id("JOIN")


class Router:
    """Objects by address: (manufacturer, product, sensor id) for FSK, (house code, index) for OOK.

    routes: address -> object with incoming_message(message). unknown: messages that no object was for.

    Thread safety: one thread calls everything.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: dict[Any, Any] = {}
        self.unknown = 0
        self._incoming = Calls(f"{name} messages")
        self._unknown = Calls(f"unknown {name} messages")
        self._agent: Callback | None = None

    def add(self, address: Any, instance: Any) -> None:
        """Messages from this address are for this object."""
        self.routes[address] = instance

    def remove(self, instance: Any) -> None:
        """Messages are for this object no more."""
        self.routes = {address: other for address, other in self.routes.items() if other is not instance}

    def list(self) -> None:
        """Print address and object of each."""
        print("\n".join(["ROUTES:", *(f"  {address}->{instance}" for address, instance in self.routes.items())]))

    def when_incoming(self, callback: Callback | None) -> None:
        """Call back with address and message of each that comes. Several may be; None ends all of them."""
        self._incoming.add(callback)

    def when_unknown(self, callback: Callback | None) -> None:
        """Call back with address and message of each that no object is for. Several may be; None ends all of them.

        It takes the place of discovery, if there is one.
        """
        self.discover_with(None)
        self._unknown.add(callback)

    def discover_with(self, agent: Callback | None) -> None:
        """Let discovery have what no object is for, and nobody else; the one before has it no more."""
        if self._agent is not None:
            self._unknown.remove(self._agent)
        self._agent = agent
        if agent is not None:
            self._unknown.add(None)
            self._unknown.add(agent)

    def tell_incoming(self, address: Any, message: Any) -> None:
        """A message came that is not believed yet: those of when_incoming() alone hear of it."""
        self._incoming(address, message)

    def incoming_message(self, address: Any, message: Any) -> None:
        """A message came."""
        self.tell_incoming(address, message)
        instance = self.routes.get(address)
        if instance is None:
            self.handle_unknown(address, message)
            return
        try:
            instance.incoming_message(message)
        except Exception:
            logger.exception("%r failed on %s", instance, message)

    handle_message = incoming_message

    def handle_unknown(self, address: Any, message: Any) -> None:
        """A message came that no object is for."""
        self.unknown += 1
        logger.debug("nobody is %s; %s", address, "told" if self._unknown else "dropped")
        self._unknown(address, message)


def asks_to_join(message: Any) -> bool:
    """Whether a device says that its button is held; the answer of another gateway looks alike, but for one bit."""
    return any(rec.get("paramid") == JOIN and rec.get("wr") for rec in as_pydict(message).get("recs", []))
