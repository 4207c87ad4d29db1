"""Exit codes of every command, and which exception ends with which."""

from __future__ import annotations

from energy_hw.errors import (
    CommandError,
    ConfigError,
    EnergyHwError,
    ExtraMissing,
    PermissionDenied,
    ProtocolError,
    UnknownDevice,
    UnknownPoint,
)

OK, FAILED, USAGE, CONFIGURATION, DEVICE, PERMISSION, REFUSED, CORRUPT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130

_CODES = (
    (PermissionDenied, PERMISSION),
    (ExtraMissing, USAGE),
    (ConfigError, CONFIGURATION),
    (UnknownDevice, CONFIGURATION),  # a name that nobody has
    (UnknownPoint, CONFIGURATION),
    (CommandError, REFUSED),
    (ProtocolError, CORRUPT),
)


def exit_code(error: EnergyHwError) -> int:
    """The exit code for an exception; 4 (device absent or silent) for what is none of the others."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), DEVICE)
