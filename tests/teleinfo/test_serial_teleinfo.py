"""The names of serial_teleinfo 1.0.1: all there, with its signatures, and its two README programs."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import threading

import pytest

from energy_hw import teleinfo
from energy_hw.teleinfo import serial_teleinfo
from teleinfo_rig import BASE, Meter, historique

NAMES = [
    "Client",
    "InvalidChecksumException",
    "ParserException",
    "TeleinfoException",
    "UnknownKeyException",
    "Value",
    "ValueUpdater",
    "parse_line",
    "type_parsers",
]
BESIDE = [
    ("parser", "SEPARATOR"),
    ("parser", "MATCHER"),
    ("types", "value_converter"),
    ("types", "parse_str_remove_ellipsis"),
    ("updater", "MAX_CONSECUTIVE_ERRORS"),
    ("updater", "logger"),
    ("server", "app_factory"),
    ("server", "start_value_updater"),
    ("server", "stop_value_updater"),
    ("server", "routes"),
    ("server", "status"),
]
SIGNATURES = [
    ("Client.__init__", ["self", "port"], {"port": "/dev/ttyUSB0"}),
    ("Client.__enter__", ["self"], {}),
    ("Client.__exit__", ["self", "type", "value", "traceback"], {}),
    ("Client._raw_line", ["self"], {}),
    ("Client.read_line", ["self"], {}),
    ("Client.read_value", ["self"], {}),
    ("Value.__init__", ["self", "key", "value", "unit", "end_of_frame"], {"unit": None, "end_of_frame": False}),
    ("ValueUpdater.__init__", ["self", "port"], {}),
    ("ValueUpdater.start", ["self"], {}),
    ("ValueUpdater.stop", ["self"], {}),
    ("ValueUpdater.update_value", ["self", "value"], {}),
    ("UnknownKeyException.__init__", ["self", "key"], {}),
    ("parse_line", ["line"], {}),
]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_here_and_in_the_module_of_the_old_name(name: str) -> None:
    assert getattr(teleinfo, name) is getattr(serial_teleinfo, name)
    assert name in dir(teleinfo)
    assert name in serial_teleinfo.__all__


@pytest.mark.parametrize(("module", "name"), BESIDE)
def test_names_beside_them_are_in_the_modules_where_they_were(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"energy_hw.teleinfo.{module}"), name)


@pytest.mark.parametrize(
    ("path", "names", "defaults"), SIGNATURES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_signature(path: str, names: list[str], defaults: dict[str, object]) -> None:
    """What was positional is so still, in its order; what was added has a name and a default."""
    target: object = serial_teleinfo
    for part in path.split("."):
        target = getattr(target, part)
    parameters = inspect.signature(target).parameters.values()  # type: ignore[arg-type]
    old = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert [p.name for p in old] == names
    assert {p.name: p.default for p in old if p.default is not p.empty} == defaults
    assert all(p.default is not p.empty for p in parameters if p.kind is p.KEYWORD_ONLY)


def test_exceptions_stand_where_they_stood() -> None:
    assert issubclass(teleinfo.TeleinfoException, Exception)
    assert issubclass(teleinfo.ParserException, teleinfo.TeleinfoException)
    assert issubclass(teleinfo.InvalidChecksumException, teleinfo.ParserException)
    assert issubclass(teleinfo.UnknownKeyException, teleinfo.ParserException)


def test_properties_of_the_updater() -> None:
    updater = teleinfo.ValueUpdater("/dev/none")
    assert (updater.values, updater.port, updater.connected, updater.ready) == ({}, "/dev/none", False, False)
    with pytest.raises(AttributeError):
        updater.port = "other"  # type: ignore[misc]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Clinet"):
        _ = teleinfo.Clinet


def test_importing_the_folder_loads_nothing_but_itself() -> None:
    code = "import sys, energy_hw.teleinfo; print('serial' in sys.modules, 'starlette' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_the_first_program_of_its_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """A loop that prints each value until something is wrong."""
    import serial

    from energy_hw.teleinfo import Client, TeleinfoException

    ended = ""
    with Meter(historique(*BASE)) as meter:
        try:
            with Client(meter.path) as client:
                for _ in range(25):
                    print(client.read_value())
                meter.says = b"\n not a line\r\n"
                while True:
                    client.read_value()
        except TeleinfoException as error:
            ended = str(error)
        except serial.SerialException as error:
            pytest.fail(str(error))
    printed = capsys.readouterr().out
    for line in ("<PAPP=340 VA>", '<PTEC="TH">', "<BASE=804220 Wh>", '<MOTDETAT="000000" (END OF FRAME)>'):
        assert line in printed
    assert "expected checksum" in ended


def test_the_second_program_of_its_readme() -> None:
    """An updater that notes what comes, and keeps it."""
    from energy_hw.teleinfo import Value, ValueUpdater

    enough = threading.Event()
    noted: list[str] = []

    class Noting(ValueUpdater):
        def update_value(self, value: Value) -> None:
            noted.append(value.key)
            super().update_value(value)
            if self.ready and len(self.values) == len(BASE):
                enough.set()

    with Meter(historique(*BASE)) as meter:
        updater = Noting(meter.path)
        updater.start()
        try:
            assert enough.wait(20)
            assert updater.connected
            assert {str(value) for value in updater.values.values()} >= {"<IMAX=90 A>", '<ADCO="012345678901">'}
        finally:
            updater.stop()
    assert set(noted) == {key for key, _ in BASE}
    assert not updater.connected


def test_a_missing_port_is_a_serial_exception_that_says_what_to_do() -> None:
    import serial

    with pytest.raises(serial.SerialException, match="does not exist"), teleinfo.Client("/dev/ttyNone7"):
        pass
