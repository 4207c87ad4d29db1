"""Builds the C core; everything else is in pyproject.toml.

Without a compiler the package installs and runs on its Python core.
ENERGY_HW_REQUIRE_C=1 makes a failed build an error: continuous integration
sets it, so that a green run cannot have tested the fallback alone.
"""

import os

from setuptools import setup
from setuptools.command.build_ext import build_ext


class BuildCore(build_ext):
    """The C core is optional unless ENERGY_HW_REQUIRE_C=1."""

    def finalize_options(self) -> None:
        super().finalize_options()
        for extension in self.extensions:
            extension.optional = os.environ.get("ENERGY_HW_REQUIRE_C") != "1"


setup(
    cffi_modules=["csrc/build.py:ffi"],
    cmdclass={"build_ext": BuildCore},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
