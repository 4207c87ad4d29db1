"""What stands in for a serial port without being one: a recording, a simulated meter."""

from __future__ import annotations

import importlib
import os
import re
from urllib.parse import parse_qsl

from energy_hw.errors import ConfigError
from energy_hw.links.ports import explain_port
from energy_hw.links.stream import FdLink, SerialLink, SerialSettings


def open_recording(url: str) -> SerialLink:
    """A file, a FIFO or `-`, standard input. Raises NodeMissing, PermissionDenied or LinkError."""
    path = url.removeprefix("file://")
    try:
        fd = os.dup(0) if url == "-" else os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO may have no writer yet
    except OSError as error:
        raise explain_port(path, error) from None
    return FdLink("standard input" if url == "-" else path, fd, lambda: os.close(fd), finite=True)


def open_simulated(url: str, settings: SerialSettings) -> SerialLink:
    """What `sim:NAME?option=value` means is the business of energy_hw.sim.NAME, which no driver knows by import.

    Its open_link(settings, **options) takes the options as text. Raises ConfigError.
    """
    name, _, query = url.removeprefix("sim:").partition("?")
    try:
        simulator = importlib.import_module(f"energy_hw.sim.{name}")
        link: SerialLink = simulator.open_link(settings, **dict(parse_qsl(query, strict_parsing=bool(query))))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        shown = re.sub(r"(key=)[^&]*", r"\1...", url)
        forms = "sim:teleinfo?mode=standard or sim:p1?profile=nl5"
        raise ConfigError(f"expected something like {forms}, got {shown!r}: {error}") from None
    return link
