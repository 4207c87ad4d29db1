"""Which speed to try, and what proves one."""

from __future__ import annotations

import math

from energy_hw.teleinfo.detect import ANY_IN_A_ROW, Detector


def test_standard_is_tried_first_then_historique_then_standard_again() -> None:
    detector = Detector((9600, 1200), 0.0)
    assert (detector.baudrate, detector.due_at) == (9600, 0.7)
    assert detector.next(0.7) == 1200
    assert detector.due_at == 0.7 + 1.2
    assert detector.next(1.9) == 9600


def test_two_known_groups_in_a_row_prove_a_speed() -> None:
    detector = Detector((9600, 1200), 0.0)
    assert not detector.group(True, 0.1)
    assert detector.group(True, 0.2)
    assert detector.due_at == math.inf


def test_damage_or_an_unknown_label_in_between_proves_nothing() -> None:
    detector = Detector((9600, 1200), 0.0)
    detector.group(True, 0.1)
    detector.damage()
    assert not detector.group(True, 0.2)
    assert not detector.group(False, 0.3)
    assert not detector.group(True, 0.4)
    assert detector.group(True, 0.5)


def test_a_meter_that_no_table_knows_takes_more_groups() -> None:
    detector = Detector((9600, 1200), 0.0)
    assert [detector.group(False, 0.1) for _ in range(ANY_IN_A_ROW)] == [False] * (ANY_IN_A_ROW - 1) + [True]


def test_a_good_group_prolongs_the_search_at_its_speed() -> None:
    detector = Detector((9600, 1200), 0.0)
    detector.group(False, 0.6)
    assert detector.due_at == 0.6 + 0.7


def test_with_one_speed_there_is_nothing_to_prove() -> None:
    detector = Detector((2400,), 0.0)
    assert detector.locked
    detector.doubt(1.0)
    assert detector.locked


def test_doubt_begins_with_the_speed_that_was_right() -> None:
    detector = Detector((9600, 1200), 0.0)
    detector.next(0.7)
    detector.group(True, 0.8)
    detector.group(True, 0.9)
    detector.doubt(20.0)
    assert (detector.locked, detector.baudrate, detector.due_at) == (False, 1200, 21.2)


def test_a_connection_without_a_speed_needs_no_proof() -> None:
    detector = Detector((9600, 1200), 0.0)
    detector.doubt(0.0, has_speed=False)
    assert detector.locked
