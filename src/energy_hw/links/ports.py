"""Serial ports by name: what there is, which name stays, why one could not be opened.

A USB adapter is ttyUSB0 today and ttyUSB1 after it was pulled and put back; the name that
udev gives it under /dev/serial/by-id stays. Source: systemd, rules.d/60-serial.rules.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from energy_hw.errors import LinkError, NodeMissing
from energy_hw.links.diagnose import explain_open

BY_ID = Path("/dev/serial/by-id")
DEV = Path("/dev")
CMDLINE = Path("/proc/cmdline")
_LIKELY = ("ttyUSB*", "ttyACM*", "ttyAMA*", "serial[01]")
_NOT_THERE = (2, 6, 19)  # ENOENT, ENXIO, ENODEV


def stable_name(path: str, by_id: Path = BY_ID) -> str | None:
    """The name under by_id of the node that path leads to now, or None where it has none."""
    if Path(path).parent == by_id:
        return path
    target = os.path.realpath(path)
    return next((str(link) for link in _links(by_id) if os.path.realpath(link) == target), None)


def _links(by_id: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(by_id.iterdir())
    return []


def present(by_id: Path = BY_ID, dev: Path = DEV) -> list[str]:
    """Serial ports that are there and look like a meter's: names that stay first, then plain nodes without one."""
    named = [link for link in _links(by_id) if link.exists()]
    reached = {os.path.realpath(link) for link in named}
    plain = sorted(node for pattern in _LIKELY for node in dev.glob(pattern) if os.path.realpath(node) not in reached)
    return [str(port) for port in (*named, *plain)]


def is_recording(path: str) -> bool:
    """Whether this is a file or a FIFO with what a port once received."""
    with suppress(OSError, ValueError):  # a null byte
        mode = os.stat(path).st_mode
        return stat.S_ISREG(mode) or stat.S_ISFIFO(mode)
    return False


def is_console(path: str, cmdline: Path = CMDLINE) -> bool:
    """Whether the kernel has its console on the port, as a Raspberry Pi may: it talks into the line, and listens.

    Source: Documentation/admin-guide/serial-console.rst.
    """
    with suppress(OSError):
        words = cmdline.read_text().split()
        consoles = {word.removeprefix("console=").partition(",")[0] for word in words if word.startswith("console=")}
        return not consoles.isdisjoint((Path(path).name, os.path.basename(os.path.realpath(path))))
    return False


def explain_port(path: str, error: OSError, by_id: Path = BY_ID) -> LinkError:
    """The exception for a serial port that could not be opened: what came, what to do. Returned, not raised."""
    if error.errno in _NOT_THERE:
        explained: LinkError = _missing(path, by_id)
    elif error.errno is None or _foreign(path):
        explained = LinkError(f"expected a serial port like /dev/ttyUSB0, got {path}, which is none: {error}")
    else:
        return explain_open(path, error)
    explained.errno = error.errno
    return explained


def _foreign(path: str) -> bool:
    """Whether something is there that cannot be a tty."""
    with suppress(OSError):
        return not stat.S_ISCHR(os.stat(path).st_mode)
    return False


def _missing(path: str, by_id: Path) -> NodeMissing:
    others = present(by_id)
    if others:
        return NodeMissing(f"{path} does not exist, there is {', '.join(others)}: name one of these")
    return NodeMissing(
        f"{path} does not exist, nor any other serial port: plug the adapter in; the Raspberry Pi's own is "
        "switched on by raspi-config, Interface Options, Serial Port"
    )
