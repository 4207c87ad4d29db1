"""What a meter is opened with, checked: each error says what was expected and what came."""

from __future__ import annotations

import os

from energy_hw.errors import ConfigError
from energy_hw.p1.cipher import Decipher, Policy
from energy_hw.p1.detect import SPEEDS
from energy_hw.p1.profiles import PROFILES
from energy_hw.p1.telegram import CrcPolicy

AUTO = "auto"


def port_of(url: str | None, simulate: bool) -> str:
    """The port that was named, or the environment's, or a simulated one. Raises ConfigError."""
    if simulate and url and not url.startswith("sim:"):
        raise ConfigError(f"expected a port or simulate=True, got both: {url}")
    url = url or ("sim:p1" if simulate else os.environ.get("ENERGY_HW_P1"))
    if not url:
        raise ConfigError("expected a port like /dev/ttyUSB0, got none: name one, or set ENERGY_HW_P1")
    return url


def checked_profile(profile: str) -> str:
    """The name of a profile, or `auto`. Raises ConfigError that lists them."""
    if profile != AUTO and profile not in PROFILES:
        raise ConfigError(f"expected a profile of {AUTO}, {', '.join(PROFILES)}, got {profile!r}")
    return profile


def speeds_of(profile: str, baudrate: int | None) -> tuple[int, ...]:
    """The speeds to try: the one that was named, those of the profile, or all. Raises ConfigError."""
    if baudrate is not None and baudrate <= 0:
        raise ConfigError(f"expected a baudrate above 0, got {baudrate}")
    if baudrate is not None:
        return (baudrate,)
    return SPEEDS if profile == AUTO else tuple(dict.fromkeys(setting.baud for setting in PROFILES[profile].serial))


def crc_policy_of(policy: CrcPolicy | str) -> CrcPolicy:
    """The policy of this name. Raises ConfigError."""
    try:
        return CrcPolicy(policy)
    except ValueError:
        raise ConfigError(f"expected a CRC policy of {', '.join(CrcPolicy)}, got {policy!r}") from None


def decipher_of(key: str | bytes | None, auth_key: str | bytes | None, policy: Policy | str) -> Decipher | None:
    """What decrypts; None where there is no key, here or in the environment. Raises ConfigError."""
    key = key or os.environ.get("ENERGY_HW_P1_KEY")
    auth_key = auth_key or os.environ.get("ENERGY_HW_P1_AUTH_KEY")
    if policy not in set(Policy):
        raise ConfigError(f"expected a key policy of {', '.join(Policy)}, got {policy!r}")
    if auth_key and not key:
        raise ConfigError("an authentication key without a key decrypts nothing: expected key= as well")
    return Decipher(key, auth_key or None, Policy(policy)) if key else None
