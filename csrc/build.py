"""Builds energy_hw._core from the C core: setup.py names `ffi` as a cffi module.

Out-of-line API mode, limited API: one extension for every CPython from 3.11 on.
"""

from __future__ import annotations

import re
from pathlib import Path

from cffi import FFI

CSRC = Path(__file__).resolve().parent
SOURCES = (
    *("bands.c", "rfm69.c", "radio.c", "transmit.c", "ook_receive.c"),
    *("openhems.c", "ook.c", "tic.c", "spidev.c", "gpiochip.c", "lines.c", "status.c"),
    *("p1.c", "p1_crc.c", "p1_shape.c", "p1_lines.c", "p1_many.c"),
)

# The driver's way to a bus that is a Python object; core/c_radio.py defines them.
CALLBACKS = """
extern "Python" int ehw_py_transfer(void *ctx, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths, size_t count);
extern "Python" void ehw_py_sleep_us(void *ctx, uint32_t us);
extern "Python" int ehw_py_set_reset(void *ctx, int high);
"""


def declarations() -> str:
    """ehw.h without what is for C++, and without its # lines."""
    header = (CSRC / "ehw.h").read_text()
    header = re.sub(r"^#ifdef __cplusplus$.*?^#endif$", "", header, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^#.*$", "", header, flags=re.MULTILINE)


def version() -> str:
    """The package's version, read without importing the package."""
    text = (CSRC.parent / "src/energy_hw/_version.py").read_text()
    match = re.search(r'__version__ = "([^"]+)"', text)
    if match is None:
        raise RuntimeError("expected __version__ in src/energy_hw/_version.py")
    return match[1]


ffi = FFI()
ffi.cdef(declarations() + CALLBACKS)
ffi.set_source(
    "energy_hw._core",
    '#include "ehw.h"',
    sources=[f"csrc/{name}" for name in SOURCES],
    include_dirs=["csrc"],
    depends=["csrc/ehw.h", "csrc/rfm69.h", "csrc/rfm69_regs.h", "csrc/gpiochip.h", "csrc/p1.h"],
    define_macros=[("EHW_VERSION", f'"{version()}"')],
    extra_compile_args=["-std=c11", "-fvisibility=hidden"],
)
