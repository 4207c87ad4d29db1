"""`python -m energy_hw.teleinfo.server teleinfo.ini`: serial_teleinfo.server under its new name."""

from __future__ import annotations

from importlib import import_module


def main() -> int:
    """Run web.status_json, which no source may import by name; returns the exit code."""
    return int(import_module("energy_hw.web.status_json").main())


if __name__ == "__main__":
    raise SystemExit(main())
