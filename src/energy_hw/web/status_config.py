"""Where the Teleinfo server reads, where it listens, who may ask: from an ini file or the environment.

What serial_teleinfo could read means the same here. What it could not is taken as it stands: `%` in a password,
capitals in a name, an IPv6 address to listen on.
"""

from __future__ import annotations

import configparser
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from energy_hw.errors import ConfigError, PermissionDenied
from energy_hw.web.serve import is_loopback, resolve, split_listen

MODES = ("auto", "historique", "standard")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
OLD_PASSWORD = "apipassword"  # noqa: S105 - what serial_teleinfo's image came with, and everybody knows
USER = "apiuser"
SECTIONS = ("teleinfo", "http", "users")


@dataclass(frozen=True)
class Config:
    """users: None lets everybody in, on loopback alone. cure: what to do about a missing password."""

    device: str
    listen: str
    users: Mapping[str, str] | None
    mode: str = "auto"
    loglevel: str = "INFO"
    hosts: tuple[str, ...] = ()
    cure: str = "add a user"

    def checked(self) -> Config:
        """The same in its normal form. Raises ConfigError for a mode, level or listen that means nothing."""
        split_listen(self.listen)
        if self.mode not in MODES:
            raise ConfigError(f"expected mode {', '.join(MODES)}, got {self.mode!r}")
        level = self.loglevel.upper()
        if level not in LEVELS:
            raise ConfigError(f"expected loglevel {', '.join(LEVELS)}, got {self.loglevel!r}")
        return replace(self, loglevel=level)

    @property
    def level(self) -> int:
        """The logging level as a number."""
        return logging.getLevelNamesMapping()[self.loglevel]


def refuse_open_door(config: Config) -> None:
    """Raise ConfigError if others could reach the server with no password, or with the one that everybody knows."""
    if all(map(is_loopback, resolve(*split_listen(config.listen)))):
        return
    if bad := _bad_password(config.users):
        raise ConfigError(
            f"expected a password of your own for a server that others can reach at {config.listen}, got {bad}: "
            f"{config.cure}, or listen on 127.0.0.1"
        )


def _bad_password(users: Mapping[str, str] | None) -> str:
    """What is wrong with one of the passwords, or nothing."""
    passwords = {""} if users is None else set(users.values())
    return "none" if "" in passwords else "the old default" if OLD_PASSWORD in passwords else ""


def from_environment(environment: Mapping[str, str], listen: str = "127.0.0.1:8000") -> Config:
    """The variables of serial_teleinfo's container. Raises ConfigError, PermissionDenied."""
    password = environment.get("USERS_PASSWORD") or _secret(environment.get("USERS_PASSWORD_FILE"))
    return Config(
        device=environment.get("TELEINFO_DEVICE") or "/dev/ttyUSB0",
        listen=environment.get("HTTP_LISTEN") or listen,
        users={environment.get("USERS_USER") or USER: password} if password else None,
        mode=environment.get("TELEINFO_MODE") or "auto",
        loglevel=environment.get("TELEINFO_LOGLEVEL") or "INFO",
        hosts=tuple((environment.get("HTTP_HOSTS") or "").replace(",", " ").split()),
        cure="set USERS_PASSWORD, or USERS_PASSWORD_FILE",
    ).checked()


def _secret(path: str | None) -> str:
    return _text(path).rstrip("\r\n") if path else ""


def from_ini(path: str) -> Config:
    """The file of serial_teleinfo. Raises ConfigError with the path, PermissionDenied."""
    try:
        sections = _sections(_text(path))
        return _config(sections, path).checked()
    except configparser.Error as error:
        raise ConfigError(f"{path}{_place(error)}", path) from None  # its text shows the line, perhaps a password
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}", path) from error


def _place(error: configparser.Error) -> str:
    """The line and what is wrong with it."""
    if isinstance(error, configparser.DuplicateSectionError):
        return f", line {error.lineno}: [{error.section}] stands there already"
    if isinstance(error, configparser.DuplicateOptionError):
        return f", line {error.lineno}: {error.option!r} under [{error.section}] stands there already"
    line = getattr(error, "lineno", None) or next((number for number, _ in getattr(error, "errors", ())), "?")
    return f", line {line}: expected [section] or key = value"


def _text(path: str) -> str:
    """Text of a file; Windows editors put a byte order mark before it."""
    try:
        return Path(path).read_text("utf-8-sig")
    except PermissionError as error:
        raise PermissionDenied(f"{path} may not be read: it belongs to another user") from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"expected a file that can be read, got {path}: {why}") from error


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Section -> key -> value; keys in lower case but for names of users."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    found = {name: {key: _unescaped(value) for key, value in parser.items(name)} for name in parser.sections()}
    for name, items in found.items():
        if name != "users":
            found[name] = {key.lower(): value for key, value in items.items()}
    return found


def _unescaped(value: str) -> str:
    """`%%` was `%` where serial_teleinfo could read the value at all; else it is what it is."""
    return value.replace("%%", "%") if "%" not in value.replace("%%", "") else value


def _config(sections: dict[str, dict[str, str]], path: str) -> Config:
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        raise ConfigError(f"expected the sections [teleinfo], [http] and [users], got no [{missing[0]}]")
    meter, http = sections["teleinfo"], sections["http"]
    return Config(
        device=_required(meter, "teleinfo", "device", "/dev/ttyUSB0"),
        listen=_required(http, "http", "listen", "127.0.0.1:8000"),
        users=sections["users"],
        mode=meter.get("mode", "auto"),
        loglevel=meter.get("loglevel", "INFO"),
        hosts=tuple(http.get("hosts", "").replace(",", " ").split()),
        cure=f"change it under [users] in {path}",
    )


def _required(items: Mapping[str, str], section: str, key: str, example: str) -> str:
    value = items.get(key)
    if not value:
        raise ConfigError(f"expected {key} under [{section}], such as {key} = {example}")
    return value
