"""The ini file of serial_teleinfo, and the variables of its container."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import ConfigError, EnergyHwError
from energy_hw.web.status_config import Config, from_environment, from_ini, refuse_open_door

GOOD = """[teleinfo]
device=/dev/ttyUSB0
loglevel=INFO

[http]
listen=127.0.0.1:8000

[users]
apiuser=apipassword
"""


def ini(tmp_path: Path, text: str) -> str:
    path = tmp_path / "teleinfo.ini"
    path.write_text(text)
    return str(path)


def test_the_file_of_the_readme(tmp_path: Path) -> None:
    config = from_ini(ini(tmp_path, GOOD))
    assert (config.device, config.listen, config.users) == (
        "/dev/ttyUSB0",
        "127.0.0.1:8000",
        {"apiuser": "apipassword"},
    )
    assert (config.mode, config.level, config.hosts) == ("auto", logging.INFO, ())


@pytest.mark.parametrize(
    ("line", "name", "password"),
    [
        ("ApiUser=x", "ApiUser", "x"),
        ("ana = 100% sure", "ana", "100% sure"),
        ("ana=%(x)s", "ana", "%(x)s"),
        ("ana=50%%", "ana", "50%"),
        ("ana=a%%b%", "ana", "a%%b%"),
        ("hélène=clé", "hélène", "clé"),
    ],
)
def test_names_and_passwords_are_what_is_written(tmp_path: Path, line: str, name: str, password: str) -> None:
    assert from_ini(ini(tmp_path, GOOD.replace("apiuser=apipassword", line))).users == {name: password}


def test_keys_are_the_same_in_capitals_and_new_ones_are_read(tmp_path: Path) -> None:
    text = GOOD.replace("device", "Device").replace("INFO", "debug\nMODE=standard").replace("8000", "80\nhosts=a, b.c")
    config = from_ini(ini(tmp_path, text))
    assert (config.level, config.mode, config.hosts) == (logging.DEBUG, "standard", ("a", "b.c"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[users]", "[usres]", r"no \[users\]"),
        ("device=/dev/ttyUSB0", "", r"expected device under \[teleinfo\]"),
        ("listen=127.0.0.1:8000", "", r"expected listen under \[http\]"),
        ("127.0.0.1:8000", "8000", "expected host:port"),
        ("INFO", "getLogger", "expected loglevel DEBUG, INFO"),
        ("INFO", "INFO\nmode=linky", "expected mode auto"),
        ("[http]", "[http", r"teleinfo.ini, line 5: expected \[section\] or key = value"),
        ("[teleinfo]", "", r"line 2: expected \[section\]"),
        ("[http]", "device=/dev/ttyUSB1", r"line 5: 'device' under \[teleinfo\] stands there already"),
        ("[users]", "[http]", r"line 8: \[http\] stands there already"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        from_ini(ini(tmp_path, GOOD.replace(old, new)))
    assert caught.value.path.endswith("teleinfo.ini")


def test_a_password_without_a_name_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 9") as caught:
        from_ini(ini(tmp_path, GOOD.replace("apiuser=", "")))
    assert "apipassword" not in str(caught.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    assert from_ini(ini(tmp_path, "\ufeff" + GOOD)).device == "/dev/ttyUSB0"
    environment = {"USERS_PASSWORD_FILE": ini(tmp_path, "\ufeffpass")}
    assert from_environment(environment).users == {"apiuser": "pass"}


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        from_ini(str(tmp_path / "none.ini"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        from_ini(str(tmp_path / "binary"))


@given(at=st.integers(0, len(GOOD) - 1))
def test_with_any_character_deleted_it_is_still_a_file_or_says_what_is_wrong(
    at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = ini(tmp_path_factory.mktemp("ini"), GOOD[:at] + GOOD[at + 1 :])
    said = path
    try:
        from_ini(path)
    except EnergyHwError as error:
        said = str(error)
    assert path in said


def test_the_environment_of_the_container() -> None:
    config = from_environment(
        {
            "TELEINFO_DEVICE": "/dev/ttyACM0",
            "TELEINFO_LOGLEVEL": "debug",
            "HTTP_LISTEN": "0.0.0.0:7777",
            "USERS_USER": "Ana",
            "USERS_PASSWORD": "Str0ng%",
            "HTTP_HOSTS": "teleinfo,meter.example",
        }
    )
    assert config == Config(
        "/dev/ttyACM0", "0.0.0.0:7777", {"Ana": "Str0ng%"}, "auto", "DEBUG", ("teleinfo", "meter.example"), config.cure
    )


def test_an_empty_environment_listens_here_alone_and_has_no_password() -> None:
    config = from_environment({"USERS_PASSWORD": ""})
    assert (config.device, config.listen, config.users) == ("/dev/ttyUSB0", "127.0.0.1:8000", None)
    refuse_open_door(config)


def test_a_password_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pass word\n")
    environment = {"USERS_PASSWORD_FILE": str(tmp_path / "secret")}
    assert from_environment(environment).users == {"apiuser": "pass word"}
    with pytest.raises(ConfigError, match="No such file"):
        from_environment({"USERS_PASSWORD_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("password", [None, "apipassword"])
@pytest.mark.parametrize("listen", [":8000", "[::]:8000", "*:8000"])
def test_nobody_listens_beyond_loopback_with_no_password_or_the_old_one(listen: str, password: str | None) -> None:
    environment = {"HTTP_LISTEN": listen, **({"USERS_PASSWORD": password} if password else {})}
    with pytest.raises(ConfigError, match="set USERS_PASSWORD"):
        refuse_open_door(from_environment(environment))
    refuse_open_door(from_environment({**environment, "USERS_PASSWORD": "my own"}))


def test_the_old_password_in_a_file_is_named_with_its_place(tmp_path: Path) -> None:
    config = from_ini(ini(tmp_path, GOOD.replace("127.0.0.1", "")))
    with pytest.raises(ConfigError, match=r"change it under \[users\] in .*teleinfo.ini"):
        refuse_open_door(config)


def test_one_empty_password_in_a_file_is_none(tmp_path: Path) -> None:
    text = GOOD.replace("apiuser=apipassword", "ana=my own\napiuser=")
    refuse_open_door(from_ini(ini(tmp_path, text)))
    with pytest.raises(ConfigError, match="got none: change it under"):
        refuse_open_door(from_ini(ini(tmp_path, text.replace("127.0.0.1", ""))))
