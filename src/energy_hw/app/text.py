"""Text for a terminal: nothing that arrives by radio may move its cursor."""

from __future__ import annotations

import os
from io import TextIOWrapper
from typing import TextIO


def printable(text: str) -> str:
    """The text with control characters, those of the upper half too, as \\xNN."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def writable(stream: TextIO | None) -> TextIO:
    """A stream that takes any character: those its encoding lacks are escaped. A closed one is the null device."""
    if stream is None:
        return open(os.devnull, "w")
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
