"""Names in a TOML file: read, changed safely, and never lost."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.energenie.pending import default_folder
from energy_hw.energenie.registry import Registry, default_path
from energy_hw.energenie.registry_toml import Entry, OokAddress
from energy_hw.errors import ConfigError

KETTLE, FRIDGE = "energenie:2:0x000373", "energenie:2:0x0004D2"
LAMP = "energenie:ook:0x6C6C6/1"

BY_HAND = """\
# What we have. Do not touch the fridge!
[devices.kettle]     # the new one
device = "energenie:2:0x000373"

[ devices . "hall lamp" ]
# learned from the remote
device = "energenie:ook:0x6C6C6/1"
model = "ENER002"

[other]
kept = "as it is"
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "config" / "devices.toml")


@pytest.fixture
def by_hand(tmp_path: Path) -> Registry:
    path = tmp_path / "devices.toml"
    path.write_text(BY_HAND)
    return Registry(path)


def test_a_file_that_is_not_there_is_empty(registry: Registry) -> None:
    assert registry.entries() == []
    assert not registry.path.exists()


def test_what_is_added_is_read_by_another(registry: Registry) -> None:
    registry.add("kettle", KETTLE)
    registry.add("hall lamp", LAMP, "ENER002")
    assert Registry(registry.path).entries() == [
        Entry("kettle", KETTLE, "MIHO005"),
        Entry("hall lamp", LAMP, "ENER002"),
    ]
    assert tomllib.loads(registry.path.read_text())["devices"]["kettle"]["model"] == "MIHO005"


def test_an_entry_knows_its_address(registry: Registry) -> None:
    plug, lamp = registry.add("kettle", KETTLE), registry.add("lamp", LAMP, "ENER002")
    assert (plug.product, plug.sensor, plug.ook) == (2, 0x373, None)
    assert (lamp.product, lamp.sensor, lamp.ook) == (None, None, OokAddress(0x6C6C6, 1))


def test_a_plain_ener314_has_a_house_of_its_own(registry: Registry) -> None:
    assert registry.add("lamp", "energenie:ook:ener314/2", "ENER002").ook == OokAddress(None, 2)


def test_a_product_nobody_has_described_has_no_model(registry: Registry) -> None:
    assert registry.add("gadget", "energenie:77:0x00ABCD").model == ""


def test_names_are_found_in_any_case(by_hand: Registry) -> None:
    assert by_hand.get("Kettle").device == KETTLE
    assert by_hand.name_of(LAMP) == "hall lamp"
    assert by_hand.name_of(FRIDGE) == ""


def test_an_unknown_name_gets_a_suggestion(by_hand: Registry) -> None:
    with pytest.raises(ConfigError, match="no device is named 'ketle': did you mean 'kettle'"):
        by_hand.get("ketle")
    with pytest.raises(ConfigError, match="there is hall lamp, kettle"):
        by_hand.get("zzz")


def test_an_empty_registry_says_so(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="no device has a name yet"):
        registry.get("kettle")


def test_adding_keeps_what_people_wrote(by_hand: Registry) -> None:
    by_hand.add("fridge", FRIDGE)
    assert by_hand.path.read_text().startswith(BY_HAND)
    assert [entry.name for entry in by_hand.entries()] == ["kettle", "hall lamp", "fridge"]


def test_renaming_changes_one_line(by_hand: Registry) -> None:
    by_hand.rename("HALL LAMP", "Lampe à pétrole")
    assert by_hand.path.read_text() == BY_HAND.replace('[ devices . "hall lamp" ]', '[devices."Lampe à pétrole"]')


def test_a_name_may_change_its_case(by_hand: Registry) -> None:
    assert by_hand.rename("kettle", "Kettle").name == "Kettle"


def test_forgetting_takes_the_section_out_and_nothing_else(by_hand: Registry) -> None:
    by_hand.forget("kettle")
    text = by_hand.path.read_text()
    assert "kettle" not in text
    assert "# learned from the remote" in text
    assert tomllib.loads(text)["other"] == {"kept": "as it is"}
    assert [entry.name for entry in by_hand.entries()] == ["hall lamp"]


def test_renaming_keeps_the_comment_behind_the_header(by_hand: Registry) -> None:
    by_hand.rename("kettle", "a]b # c")
    assert '[devices."a]b # c"]     # the new one\n' in by_hand.path.read_text()
    by_hand.rename("a]b # c", "pot")
    assert by_hand.path.read_text() == BY_HAND.replace("devices.kettle", "devices.pot")


def test_forgetting_leaves_the_comment_above_the_next_section(registry: Registry) -> None:
    first, second = f'[devices.kettle]\ndevice = "{KETTLE}"\n', f'# cold\n[devices.fridge]\ndevice = "{FRIDGE}"\n'
    registry.path.parent.mkdir()
    registry.path.write_text(f"{first}\n{second}\n# the end\n")
    registry.forget("kettle")
    assert registry.path.read_text() == f"{second}\n# the end\n"
    registry.forget("fridge")
    assert registry.path.read_text() == "# cold\n\n# the end\n"


def test_marks_and_line_ends_of_other_editors_are_read_and_kept(registry: Registry) -> None:
    registry.path.parent.mkdir()
    registry.path.write_bytes(f'\ufeff# ours\r\n[devices.kettle]\r\ndevice = "{KETTLE}"\r\n'.encode())
    registry.add("fridge", FRIDGE)
    registry.rename("kettle", "pot")
    data = registry.path.read_bytes()
    assert (data.count(b"\r\n"), data.count(b"\n")) == (7, 7)
    assert data.startswith(b"# ours\r\n[devices.pot]\r\n")
    assert [entry.name for entry in registry.entries()] == ["pot", "fridge"]


def test_a_name_with_a_bare_dot_is_explained(registry: Registry) -> None:
    registry.path.parent.mkdir()
    registry.path.write_text(f'[devices.living.lamp]\ndevice = "{KETTLE}"\n')
    with pytest.raises(ConfigError, match=r'wants quotes: \[devices."living.lamp"\]'):
        registry.entries()


def test_a_file_that_cannot_be_read_now_stays_where_it_is(registry: Registry) -> None:
    registry.path.mkdir(parents=True)  # reading it fails for root, too
    with pytest.raises(ConfigError, match="cannot be read"):
        registry.add("kettle", KETTLE)
    assert registry.path.is_dir()


def test_another_program_that_hangs_in_a_change_is_not_awaited_for_ever(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy_hw.energenie.registry.LOCK_S", 0.05)
    registry.path.parent.mkdir()
    with open(f"{registry.path}.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="is being changed by another program"):
            registry.add("kettle", KETTLE)
    registry.add("kettle", KETTLE)


def test_what_root_makes_for_a_user_is_the_users(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    given: set[tuple[str, int, int]] = set()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda what, user, group: given.add((type(what).__name__, user, group)))
    registry.add("kettle", KETTLE)
    folder = registry.path.parent.stat()
    assert given == {(kind, folder.st_uid, folder.st_gid) for kind in ("int", "str")}


@pytest.mark.parametrize("name", ["kettle", "KETTLE"])
def test_a_taken_name_is_refused(by_hand: Registry, name: str) -> None:
    with pytest.raises(ConfigError, match="kettle is the name of energenie:2:0x000373"):
        by_hand.add(name, FRIDGE)
    assert by_hand.path.read_text() == BY_HAND


def test_a_device_has_one_name(by_hand: Registry) -> None:
    with pytest.raises(ConfigError, match="energenie:2:0x000373 is named kettle"):
        by_hand.add("pot", KETTLE)


def test_renaming_to_a_taken_name_is_refused(by_hand: Registry) -> None:
    with pytest.raises(ConfigError, match="kettle is the name of"):
        by_hand.rename("hall lamp", "kettle")


@pytest.mark.parametrize("name", ["", " ", " kettle", "a\nb", "\x1b[31m", "x" * 65])
def test_a_name_is_printable_and_short(registry: Registry, name: str) -> None:
    with pytest.raises(ConfigError, match="expected a name of 1 to 64 printable characters"):
        registry.add(name, KETTLE)
    assert registry.entries() == []


@pytest.mark.parametrize("device", ["", "kettle", "energenie:2:0x373", "energenie:ook:0x6C6C6", "p1:1234"])
def test_a_device_is_an_address(registry: Registry, device: str) -> None:
    with pytest.raises(ConfigError, match="expected a device such as"):
        registry.add("kettle", device)


def test_a_model_is_a_product(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="is not the SKU of a product"):
        registry.add("lamp", LAMP, "MIHO999")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[devices.kettle\n", 1, "line 1"),
        ('[devices.a]\ndevice = "energenie:2:0x000373"\n[devices.a]\n', 3, "line 3"),
        ("[devices.kettle]\nmodel = 'MIHO005'\n", 1, "expected"),
        ("\n\n[devices.kettle]\ndevice = 'nonsense'\n", 3, "line 3: kettle: expected a device"),
        ("devices = 3\n", None, "expected sections"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(registry: Registry, text: str, line: int | None, words: str) -> None:
    registry.path.parent.mkdir()
    registry.path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        registry.entries()
    assert caught.value.line == line
    assert caught.value.path == str(registry.path)


@pytest.mark.parametrize("broken", [b"\xff\xfe\x00", b"[devices.kettle\n", b"\x00" * 100])
def test_a_broken_file_is_kept_aside_and_never_overwritten(
    registry: Registry, broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    registry.path.parent.mkdir()
    registry.path.write_bytes(broken)
    registry.add("kettle", KETTLE)
    [aside] = registry.path.parent.glob("devices.toml.broken-*")
    assert aside.read_bytes() == broken
    assert str(aside) in caplog.text
    assert [entry.name for entry in registry.entries()] == ["kettle"]


def test_two_broken_files_in_one_second_are_both_kept(registry: Registry) -> None:
    registry.path.parent.mkdir()
    for broken in (b"one [", b"two ["):
        registry.path.write_bytes(broken)
        registry.add("kettle", KETTLE)
    kept = sorted(aside.read_bytes() for aside in registry.path.parent.glob("devices.toml.broken-*"))
    assert kept == [b"one [", b"two ["]


def test_reading_a_broken_file_leaves_it(registry: Registry) -> None:
    registry.path.parent.mkdir()
    registry.path.write_bytes(b"[")
    with pytest.raises(ConfigError):
        registry.entries()
    assert registry.path.read_bytes() == b"["


def test_a_shape_that_cannot_be_edited_is_left_alone(registry: Registry) -> None:
    text = f'devices = {{ kettle = {{ device = "{KETTLE}" }} }}\n'
    registry.path.parent.mkdir()
    registry.path.write_text(text)
    for change in (lambda: registry.forget("kettle"), lambda: registry.rename("kettle", "pot")):
        with pytest.raises(ConfigError, match="by hand"):
            change()
    with pytest.raises(ConfigError, match="by hand"):
        registry.add("fridge", FRIDGE)
    assert registry.path.read_text() == text


def test_a_header_inside_a_text_is_not_taken_for_one(registry: Registry) -> None:
    text = f'note = """\n[devices.kettle]\n"""\n[devices.kettle]\ndevice = "{KETTLE}"\n'
    registry.path.parent.mkdir()
    registry.path.write_text(text)
    with pytest.raises(ConfigError, match="cannot be edited safely"):
        registry.rename("kettle", "pot")
    assert registry.path.read_text() == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written: .*; ENERGY_HW_REGISTRY names another file"):
        Registry(tmp_path / "file" / "devices.toml").add("kettle", KETTLE)


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "devices.toml"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    Registry(link).add("kettle", KETTLE)
    assert link.is_symlink()
    assert "kettle" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_nothing_temporary_stays(registry: Registry) -> None:
    registry.add("kettle", KETTLE)
    registry.forget("kettle")
    assert {path.name for path in registry.path.parent.iterdir()} == {"devices.toml", "devices.toml.lock"}
    assert registry.path.read_text().strip() == ""


def _add(path: Path, start: int) -> None:
    for number in range(start, start + 10):
        Registry(path).add(f"plug {number}", f"energenie:2:0x{number:06X}")


def test_processes_that_write_at_once_lose_nothing(registry: Registry) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add, args=(registry.path, start)) for start in (100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
        assert writer.exitcode == 0
    assert len(registry.entries()) == 20


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), unique_by=lambda name: name.casefold(), max_size=5))
def test_any_printable_name_comes_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    registry, kept = Registry(tmp_path_factory.mktemp("names") / "devices.toml"), []
    for number, name in enumerate(names):
        device = f"energenie:2:0x{number:06X}"
        if name.strip() == name and name.isprintable():
            registry.add(name, device)
            kept.append(name)
        else:
            with pytest.raises(ConfigError):
                registry.add(name, device)
    assert [entry.name for entry in registry.entries()] == kept
    for name in kept:
        registry.rename(name, f"{name[:10]} new {kept.index(name)}")
    assert len(registry.entries()) == len(kept)


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENERGY_HW_REGISTRY", str(tmp_path / "mine.toml"))
    assert default_path() == tmp_path / "mine.toml"
    monkeypatch.delenv("ENERGY_HW_REGISTRY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "energy-hw").mkdir()
    (tmp_path / "energy-hw" / "devices.toml").write_text("")
    assert default_path() == tmp_path / "energy-hw" / "devices.toml"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_path() == Path("/etc/energy-hw/devices.toml")


def test_where_it_is_for_a_service_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("ENERGY_HW_REGISTRY", "XDG_CONFIG_HOME", "ENERGY_HW_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    monkeypatch.setattr(os, "geteuid", lambda: 61234)
    assert default_path() == Path("/etc/energy-hw/devices.toml")
    assert default_folder() == Path("/var/lib/energy-hw")
