"""`python -m energy_hw.teleinfo.server teleinfo.ini`: serial_teleinfo.server under its new name.

The server is energy_hw.web.status_json, which no source may import by name; its names are found here, too.
"""

from __future__ import annotations

import sys
from importlib import import_module

from energy_hw.errors import ExtraMissing


def __getattr__(name: str) -> object:
    if name.startswith("__"):  # what Python asks every module
        raise AttributeError(name)
    return getattr(import_module("energy_hw.web.status_json"), name)


def _main() -> int:
    try:
        return int(import_module("energy_hw.web.status_json").main())
    except ModuleNotFoundError as error:
        print(ExtraMissing("this server", "web"), f"({error})", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(_main())
