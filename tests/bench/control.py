"""How a test, or a program under test, has the machine behind a server do something."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

from bench import wire
from bench.wire import LARGEST, Ask


def command(path: Path, /, **arguments: object) -> Any:
    """Have the server at a socket do something: command(path, do="unplug")."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connected:
        connected.connect(str(path))
        connected.send(wire.ASK.pack(Ask.CONTROL, 0) + json.dumps(arguments).encode())
        answer = connected.recv(LARGEST)
    (status,) = wire.STATUS.unpack_from(answer)
    if status < 0:
        raise OSError(-status, os.strerror(-status))
    return json.loads(answer[wire.STATUS.size :])
