"""The radio core, in C or in Python; see interface.py for what both promise.

ENERGY_HW_CORE chooses: `c` (an error if it is not built), `python`, or `auto`,
the default: C, and Python with one warning where C is missing.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from energy_hw.errors import ConfigError

if TYPE_CHECKING:
    from energy_hw.core.interface import Core

__all__ = ["CoreFallbackWarning", "get", "native"]

NAMES = ("c", "python")
REMEDY = "install a C compiler and python3-dev, then this package again"


class CoreFallbackWarning(UserWarning):
    """The C core is not built; the Python core does the same work, slower."""


def get(name: str | None = None) -> Core:
    """The core called `c`, `python` or `auto`; by default what ENERGY_HW_CORE says, else `auto`.

    Raises ConfigError for another name, and if `c` is wanted and not built.
    Thread safety: call from any thread.
    """
    wanted = (name or os.environ.get("ENERGY_HW_CORE") or "auto").lower()
    if wanted not in (*NAMES, "auto"):
        raise ConfigError(f"expected ENERGY_HW_CORE=c, python or auto, got {wanted!r}")
    return _load(wanted)


def native(name: str | None = None) -> Any | None:
    """The compiled core, with `lib` and `ffi`, for sources whose scanners have a twin in C; None: use the Python one.

    name, errors and thread safety as get().
    """
    if get(name).name == "python":
        return None
    from energy_hw import _core

    return _core


@cache
def _load(wanted: str) -> Core:
    if wanted != "python":
        try:
            from energy_hw.core.c import CCore

            return CCore()
        except ImportError as error:
            if wanted == "c":
                raise ConfigError(f"ENERGY_HW_CORE=c, and the C core is not built ({error}): {REMEDY}") from error
            text = f"the C core is not built ({error}); using the Python core. To have it, {REMEDY}"
            warnings.warn(text, CoreFallbackWarning, stacklevel=3)
    from energy_hw.core.python import PythonCore

    return PythonCore()
