"""What importing the package loads, and the names that it offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import energy_hw


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)


def test_importing_the_package_loads_the_standard_library_alone() -> None:
    done = run(
        "import sys; before = set(sys.modules); import energy_hw; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    assert done.stdout.split() == ["energy_hw"], done.stderr


def test_importing_the_package_loads_no_core_and_no_source() -> None:
    done = run("import sys, energy_hw; print(*sorted(name for name in sys.modules if name.startswith('energy_hw')))")
    assert done.stdout.split() == ["energy_hw", "energy_hw._version"], done.stderr


def test_importing_mate3_loads_no_client_no_writer_and_no_asyncio() -> None:
    done = run("import sys; from energy_hw import Mate3; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert "energy_hw.outback.mate3" in loaded, done.stderr
    assert not loaded & {"pymodbus", "asyncio", "energy_hw.links.modbus", "energy_hw.outback.writing"}


def test_importing_outback_loads_nothing_of_it() -> None:
    done = run("import sys, energy_hw.outback; print(*(n for n in sys.modules if n.startswith('energy_hw.outback')))")
    assert done.stdout.split() == ["energy_hw.outback"], done.stderr


def test_each_name_of_outback_is_there() -> None:
    from energy_hw import outback

    assert set(dir(outback)) == set(outback.__all__)
    assert all(getattr(outback, name) is not None for name in outback.__all__)
    with pytest.raises(AttributeError, match="Mate4"):
        _ = outback.Mate4


@pytest.mark.parametrize("name", energy_hw.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(energy_hw, name) is not None
    assert name in dir(energy_hw)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Hubb"):
        _ = energy_hw.Hubb


@pytest.mark.parametrize("choice", ["c", "python"])
def test_the_environment_chooses_the_core(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from energy_hw import core

    monkeypatch.setenv("ENERGY_HW_CORE", choice)
    assert core.get().name == choice


def test_an_unknown_core_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from energy_hw import core
    from energy_hw.errors import ConfigError

    monkeypatch.setenv("ENERGY_HW_CORE", "rust")
    with pytest.raises(ConfigError, match="c, python or auto, got 'rust'"):
        core.get()


def test_without_the_c_core_the_python_core_is_used_and_says_so_once() -> None:
    done = run(
        "import sys; sys.modules['energy_hw._core'] = None\n"
        "from energy_hw import core\n"
        "print(core.get().name, core.get().name)"
    )
    assert done.stdout.split() == ["python", "python"]
    assert done.stderr.count("CoreFallbackWarning") == 1


def test_asking_for_c_without_the_c_core_fails_loudly() -> None:
    done = run("import sys; sys.modules['energy_hw._core'] = None; from energy_hw import core; core.get('c')")
    assert done.returncode == 1
    assert "ConfigError: ENERGY_HW_CORE=c, and the C core is not built" in done.stderr
