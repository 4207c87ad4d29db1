"""The files around the store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from energy_hw.errors import LinkBusy
from energy_hw.sinks.place import Place


def test_the_reserve_has_real_blocks_and_is_given_up_once(tmp_path: Path) -> None:
    place = Place(tmp_path / "o", 100_000)
    assert not place.has_ballast
    place.fill_ballast()
    assert place.has_ballast
    assert os.stat(tmp_path / "o.ballast").st_blocks * 512 >= 100_000
    assert place.release_ballast()
    assert not place.release_ballast()


def test_a_reserve_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path / "o", 1 << 60)
    with pytest.raises(OSError, match="no room"):
        place.fill_ballast()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_makes_its_folder_and_says_who_has_it(tmp_path: Path) -> None:
    first, second = Place(tmp_path / "new" / "o", 0), Place(tmp_path / "new" / "o", 0)
    first.lock()
    first.lock()
    with pytest.raises(LinkBusy, match=str(os.getpid())):
        second.lock()
    first.unlock()
    second.lock()
    second.unlock()


def test_file_and_log_are_put_aside_before_another_takes_the_name(tmp_path: Path) -> None:
    place = Place(tmp_path / "o", 0)
    for name, text in (("o", b"bad"), ("o-wal", b"its log"), ("o.new", b"good")):
        (tmp_path / name).write_bytes(text)
    assert place.put_aside(tmp_path / "o.new") == tmp_path / "o.bad-1"
    content = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert content == {"o": b"good", "o.bad-1": b"bad", "o.bad-1-wal": b"its log"}
