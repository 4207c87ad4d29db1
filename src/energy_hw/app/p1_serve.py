"""`p1 serve`: the newest telegram over HTTP, as dsmrRESTServer gives it and in other forms. Nothing is written."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace

from energy_hw.app.exits import OK
from energy_hw.app.p1 import Options, open_meter
from energy_hw.app.session import Session

LISTEN = "127.0.0.1:8080"
PORT = "/dev/ttyUSB0"
"""Both as in dsmrRESTServer.py, which had them in its source; it listened on every address, without a password."""


def serve(
    session: Session, options: Options, listen: str | None, hosts: tuple[str, ...] = (), strict_seed: bool = False
) -> int:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigError for a door that is open, LinkError for a port that is taken.

    Credentials come from USERS_USER and USERS_PASSWORD, or USERS_PASSWORD_FILE; HTTP_LISTEN and HTTP_HOSTS count, too.
    """
    from energy_hw.web import p1_rest
    from energy_hw.web.status_config import from_environment, refuse_open_door

    config = from_environment(os.environ, LISTEN)
    config = replace(config, listen=listen or config.listen, hosts=(*config.hosts, *hosts)).checked()
    refuse_open_door(config)
    named = options.port or _default_port(os.environ, session.options.simulate)
    if not session.options.quiet:
        logging.getLogger("energy_hw.web.serve").setLevel(logging.INFO)  # it says where
    with open_meter(session, replace(options, port=named), patient=True) as meter:
        p1_rest.serve(meter, config, strict_seed)
    return OK


def _default_port(environment: Mapping[str, str], simulate: bool) -> str | None:
    return None if simulate else environment.get("ENERGY_HW_P1") or PORT
