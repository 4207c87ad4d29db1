"""How the kernel's line discipline hands over what a UART received.

A meter's line is text in groups, and the kernel can wait for the end of one itself:
in canonical mode a read returns when a line is complete, which costs one wake-up a
group where byte-wise reading costs one a byte. VEOL and VEOL2 are two ends beside LF.
Everything else that canonical mode does for a person at a keyboard is off, VEOF before
all: EOT (0x04) is data. A line beyond 4095 bytes is cut by the kernel.
Sources: termios(3), ioctl_tty(2), drivers/tty/n_tty.c.
"""

from __future__ import annotations

import fcntl
import os
import termios

# fmt: off
_INPUT = (
    termios.IGNBRK | termios.BRKINT | termios.IGNPAR | termios.PARMRK | termios.INPCK | termios.ISTRIP
    | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON | termios.IXOFF | termios.IXANY
)
_LOCAL = (
    termios.ICANON | termios.IEXTEN | termios.ISIG | termios.ECHO | termios.ECHOE | termios.ECHOK
    | termios.ECHONL | termios.ECHOCTL | termios.ECHOPRT | termios.ECHOKE
)
# fmt: on
_DISABLED = b"\x00"
"""_POSIX_VDISABLE of Linux."""


def set_reading(fd: int, line_ends: bytes = b"", check_parity: bool = False, lf_ends: bool = True) -> None:
    """Choose when a read of the tty returns; what it has received stays.

    line_ends: none, and it returns with whatever is there; one or two bytes, and it returns after each of these and
    after LF. lf_ends: False, and LF arrives as CR (0D) and ends nothing: where CR is not 0D, because bit 7 is its
    parity, that saves half of the wake-ups of a meter whose groups begin with LF. check_parity: a byte with wrong
    parity arrives as FF 00 byte, a break as FF 00 00, and FF itself as FF FF. pyserial clears both of its flags
    whenever it sets anything, so call this last. Raises termios.error.
    """
    iflag, oflag, cflag, lflag, ispeed, ospeed, cc = termios.tcgetattr(fd)
    iflag &= ~_INPUT
    lflag &= ~_LOCAL
    if check_parity:
        iflag |= termios.INPCK | termios.PARMRK
    if line_ends:
        lflag |= termios.ICANON | termios.IEXTEN  # VEOL2 needs IEXTEN
        iflag |= 0 if lf_ends else termios.INLCR
    termios.tcsetattr(fd, termios.TCSANOW, [iflag, oflag, cflag, lflag, ispeed, ospeed, _characters(cc, line_ends)])


def _characters(cc: list[bytes | int], line_ends: bytes) -> list[bytes | int]:
    """The special characters: in canonical mode the ends alone, else at least one byte a read."""
    if not line_ends:
        cc[termios.VMIN], cc[termios.VTIME] = 1, 0  # so that an empty read means a hang-up, and nothing else
        return cc
    characters: list[bytes | int] = [_DISABLED] * len(cc)
    characters[termios.VEOL] = line_ends[:1]
    characters[termios.VEOL2] = line_ends[1:2] or _DISABLED
    return characters


def claim(fd: int) -> None:
    """Let nobody else open the tty while this one is, root apart (flock stops only those who ask for it)."""
    fcntl.ioctl(fd, termios.TIOCEXCL)


def is_pseudo_terminal(fd: int) -> bool:
    """Whether the tty is the slave of a pty: majors 136 to 143. Source: Documentation/admin-guide/devices.txt."""
    return 136 <= os.major(os.fstat(fd).st_rdev) <= 143
