"""Why a device node could not be opened, and what to do about it.

Both ways to the kernel, the C core's and the spidev package's, end up here, so
that the same trouble has the same words. Sources: open(2), proc(5) for
/proc/locks and /proc/PID/fd, and the Raspberry Pi documentation for the groups.
"""

from __future__ import annotations

import errno
import grp
import os
from contextlib import suppress
from pathlib import Path

from energy_hw.errors import LinkBusy, LinkError, NodeMissing, PermissionDenied, SpiDisabled

PROC = Path("/proc")
_MISSING = (errno.ENOENT, errno.ENXIO, errno.ENODEV)
_REFUSED = (errno.EACCES, errno.EPERM)
_BUSY = (errno.EBUSY, errno.EWOULDBLOCK)
_FOREIGN = (errno.ENOTTY, errno.EINVAL, errno.EISDIR)
SPI_NODE = "spidev"


def explain_open(path: str, error: OSError) -> LinkError:
    """The exception for a failed open of path: what was expected, what came, what to do.

    Its errno is that of the system call. Returned, not raised.
    """
    explained = _explain(path, error)
    explained.errno = error.errno
    return explained


def _explain(path: str, error: OSError) -> LinkError:
    if error.errno in _MISSING:
        return _missing(path)
    if error.errno in _REFUSED:
        return _refused(path)
    if error.errno in _BUSY:
        return _busy(path)
    if error.errno in _FOREIGN:
        return LinkError(f"expected an SPI node like /dev/spidev0.1, got {path}, which is something else")
    return LinkError(f"{path} cannot be opened: {os.strerror(error.errno) if error.errno else error}")


def _missing(path: str) -> NodeMissing:
    node = Path(path)
    if not node.name.startswith(SPI_NODE):
        return NodeMissing(f"{path} does not exist: check the name, and that the device is plugged in")
    others = sorted(str(other) for other in node.parent.glob(SPI_NODE + "*"))
    if others:
        return NodeMissing(f"{path} does not exist, there is {', '.join(others)}: name one of these")
    return SpiDisabled(f"{path} does not exist: enable SPI with raspi-config, Interface Options, and reboot")


def _refused(path: str) -> PermissionDenied:
    group = _group_of(path)
    if group in (None, "root"):
        remedy = f"run as root, or let a udev rule give {path} to a group of yours"
    else:
        remedy = f"sudo usermod -aG {group} $USER, then log in again"
    return PermissionDenied(f"{path} belongs to group {group or 'unknown'} and may not be opened: {remedy}")


def _group_of(path: str) -> str | None:
    """Name of the node's group, or its number; None if the node cannot be seen."""
    try:
        number = os.stat(path).st_gid
    except OSError:
        return None
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _busy(path: str) -> LinkBusy:
    holder = holder_of(path)
    if holder is None:
        return LinkBusy(f"{path} is held by another process: stop it (`sudo fuser -v {path}` names it)")
    return busy_by(path, holder)


def busy_by(path: str, holder: int) -> LinkBusy:
    """The exception for a node that this process holds. Returned, not raised."""
    what = "this process" if holder == os.getpid() else f"process {holder} ({_name_of(holder)})"
    return LinkBusy(f"{path} is held by {what}: close it there first", holder)


def _name_of(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "ended"


def holder_of(path: str) -> int | None:
    """Process id of whoever locks the node, or else has it open; None if nobody does or it cannot be seen."""
    try:
        node = os.stat(path)
    except OSError:
        return None
    return _locker(node) or _opener(node)


def opener_of(path: str) -> int | None:
    """Process id of somebody else who has the node open, locked or not; None as in holder_of()."""
    try:
        return _opener(os.stat(path))
    except OSError:
        return None


def _locker(node: os.stat_result) -> int | None:
    """From lines like `1: FLOCK  ADVISORY  WRITE 612 00:05:133 0 EOF`: device in hexadecimal, inode."""
    wanted = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
    with suppress(OSError):
        for line in (PROC / "locks").read_text().splitlines():
            fields = line.split()  # one who waits has -> before FLOCK
            if len(fields) == 8 and fields[1] == "FLOCK" and fields[5] == wanted:
                return int(fields[4])
    return None


def _opener(node: os.stat_result) -> int | None:
    """The first process, other than ours, with the same inode open; needs its owner's rights, or root."""
    for process in PROC.glob("[0-9]*"):
        if int(process.name) != os.getpid() and _has_open(process, node):
            return int(process.name)
    return None


def _has_open(process: Path, node: os.stat_result) -> bool:
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                seen = link.stat()
                if (seen.st_dev, seen.st_ino) == (node.st_dev, node.st_ino):
                    return True
    return False
