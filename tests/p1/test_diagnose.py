"""What is said of a line, and the next step in it."""

from __future__ import annotations

from typing import Any

import pytest

from energy_hw.links.keeper import PortState
from energy_hw.p1.diagnose import Health, diagnose
from energy_hw.p1.line import LineState

NOW = 1000.0
OPEN = {"opened_at": 900.0}

CASES: list[tuple[Health, dict[str, Any], dict[str, Any], str]] = [
    # health, port, line (heard a second ago if not said), words
    (Health.ENDED, {"ended": True}, {}, "over"),
    (Health.AWAY, {"trouble": "it does not exist"}, {"good_at": 999.0}, "not exist"),
    (Health.BUSY, {"trouble": "process 7", "busy": True}, {}, "process 7"),
    (Health.GOOD, OPEN, {"good_at": 999.0}, "115200 baud 8N1"),
    (Health.GOOD, OPEN, {"good_at": 999.0, "seven_bits": True}, "7E1"),
    (Health.SEARCHING, {"opened_at": 995.0}, {}, "listening"),
    (Health.SILENT, OPEN, {"byte_at": None}, "data request"),
    (Health.STALE, OPEN, {"byte_at": 950.0, "good_at": 950.0}, "gone quiet"),
    (Health.GARBLED, OPEN, {"bytes_since_good": 512}, "512 bytes at 1"),
    (Health.GARBLED, OPEN, {"bytes_since_good": 512}, "inverted"),
    (Health.DAMAGED, OPEN, {"refused_since_good": 3}, "3 telegrams at"),
    (Health.ENCRYPTED, OPEN, {"encrypted_at": 999.0}, "32 hex digits"),
    (Health.WRONG_KEY, OPEN, {"encrypted_at": 999.0, "has_key": True, "trouble": "not this key"}, "not this key"),
    (Health.DAMAGED, OPEN, {"encrypted_at": 999.0, "has_key": True, "refused_since_good": 1}, "refused"),
    (Health.STALE, OPEN, {"byte_at": 985.0, "good_at": 985.0, "encrypted_at": 985.0, "has_key": True}, "gone quiet"),
    (Health.HDLC, OPEN, {"hdlc_at": 999.0}, "Norway, Den"),
    (Health.SILENT, OPEN, {"byte_at": 900.0, "encrypted_at": 900.0}, "not a byte"),
]


@pytest.mark.parametrize(("health", "port", "line", "words"), CASES)
def test_each_state_has_a_name_and_a_next_step(
    health: Health, port: dict[str, Any], line: dict[str, Any], words: str
) -> None:
    state = LineState(**{"byte_at": 999.0, **line})
    diagnosis = diagnose(PortState(**port), state, 115200, "nl5", 3.0, NOW)
    assert diagnosis.health is health
    assert words in str(diagnosis)


def test_the_facts_come_along() -> None:
    state = LineState(byte_at=998.0, good_at=990.0, bytes_since_good=17, refused_since_good=1)
    diagnosis = diagnose(PortState(opened_at=900.0), state, 9600, None, 3.0, NOW)
    assert (diagnosis.byte_age_s, diagnosis.good_age_s) == (2.0, 10.0)
    assert (diagnosis.bytes_since_good, diagnosis.refused_since_good) == (17, 1)
    assert diagnosis.baudrate == 9600


def test_a_link_without_a_speed_names_none() -> None:
    diagnosis = diagnose(PortState(has_speed=False, opened_at=900.0), LineState(good_at=999.0), 9600, "be", 3.0, NOW)
    assert diagnosis.baudrate is None
    assert str(diagnosis) == "good: profile be"
