"""Every kind of serial link, on real ptys, sockets and files; the errors, and that they are pyserial's as well."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from energy_hw import errors
from energy_hw.links import serial as links
from energy_hw.links.serial import SerialSettings, open_serial
from energy_hw.links.stream import FdLink, SerialLink
from serial_rig import BOUND_S, Pty, Rfc2217Server, until, with_parity

GROUP = b"\nPAPP 00540 *\r"
CANONICAL = SerialSettings(1200, line_ends=b"\x8d\x03")
HOLD = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def line() -> Iterator[Pty]:
    with Pty() as line:
        yield line


def read(link: SerialLink, count: int) -> bytes:
    """count bytes, however many reads that takes."""
    got = b""
    while len(got) < count:
        data = link.read(BOUND_S)
        assert data, f"expected {count} bytes, got {got!r}"
        got += data
    return got


# -- a tty -------------------------------------------------------------------


def test_a_tty_gives_what_it_receives(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200))
    line.send(GROUP)
    assert read(link, len(GROUP)) == GROUP
    link.close()
    link.close()


def test_the_speed_is_set_and_changed_on_the_fly(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200))
    assert line.baudrate == 1200
    link.configure(SerialSettings(9600))
    assert line.baudrate == 9600
    line.send(GROUP)
    assert read(link, len(GROUP)) == GROUP
    link.close()


def test_what_was_received_at_the_other_speed_is_thrown_away(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200))
    line.send(b"garbage")
    link.configure(SerialSettings(9600))
    assert link.read(0) == b""
    link.close()


def test_a_change_of_line_ends_alone_keeps_what_was_received(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200))
    line.send(GROUP[:5])
    link.configure(CANONICAL)
    line.send(with_parity(GROUP[5:]))
    assert read(link, len(GROUP)) == GROUP[:5] + with_parity(GROUP[5:])
    link.close()


def test_with_line_ends_a_read_is_a_whole_group(line: Pty) -> None:
    link = open_serial(line.path, CANONICAL)
    line.send(with_parity(GROUP[:-1]))
    assert link.read(BOUND_S) == b"\n"
    assert link.read(0.05) == b"", "half a group is not worth a wake-up"
    line.send(with_parity(b"\r"))
    assert link.read(BOUND_S) == with_parity(GROUP[1:])
    link.close()


def test_where_lf_ends_nothing_one_read_is_a_whole_group(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200, line_ends=b"\x8d\x03", lf_ends=False))
    line.send(with_parity(GROUP * 2 + b"\x03\x02\n"))
    got = [link.read(BOUND_S) for _ in range(3)]
    assert got == [with_parity(GROUP), with_parity(GROUP), b"\x03"]
    assert link.read(0.01) == b""
    link.configure(SerialSettings(1200))
    assert read(link, 2) == with_parity(b"\x02") + b"\r", (
        "what was under way has LF as CR: the group is damaged, not wrong"
    )
    link.close()


def test_no_byte_means_anything_to_the_line_discipline(line: Pty) -> None:
    link = open_serial(line.path, CANONICAL)
    for special in range(256):
        data = bytes((special, 0x41, special)) + b"\n"
        line.send(data)
        assert read(link, len(data)) == data
    with pytest.raises(BlockingIOError):  # nothing was echoed
        os.read(line.master, 1)
    link.close()


def test_a_wait_is_bounded(line: Pty) -> None:
    link = open_serial(line.path)
    assert link.read(0.01) == b""
    link.close()


def test_another_thread_ends_a_wait(line: Pty) -> None:
    link = open_serial(line.path)
    threading.Timer(0.05, link.wake).start()
    assert link.read(BOUND_S) == b""
    link.close()
    link.wake()


def test_an_unplugged_port_is_closed_and_says_so(line: Pty) -> None:
    link = open_serial(line.path, SerialSettings(1200))
    line.unplug()
    with pytest.raises(errors.LinkClosed, match=r"is gone .*unplugged") as caught:
        read(link, 1)
    assert isinstance(caught.value, serial.SerialException)
    with pytest.raises(errors.LinkError):
        link.configure(SerialSettings(9600))
    link.close()


def test_a_closed_link_says_so(line: Pty) -> None:
    link = open_serial(line.path)
    link.close()
    with pytest.raises(errors.LinkClosed, match="is closed"):
        link.read(1)


def test_no_descriptor_is_left_behind(line: Pty) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        open_serial(line.path, CANONICAL).close()
        with pytest.raises(errors.NodeMissing):
            open_serial("/dev/ttyNONE9")
    assert len(os.listdir("/proc/self/fd")) == before


# -- ports that cannot be opened ---------------------------------------------


def test_a_port_held_by_another_process_names_it(line: Pty) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, line.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(errors.LinkBusy, match=f"held by process {holder.pid} \\(python") as caught:
            open_serial(line.path)
        holder.communicate()
    assert caught.value.holder == holder.pid
    assert isinstance(caught.value, serial.SerialException)


def test_a_port_that_another_process_reads_without_a_lock_names_it(line: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links.tty, "is_pseudo_terminal", lambda fd: False)
    unlocked = HOLD.replace("exclusive=True", "exclusive=False")
    with subprocess.Popen(
        [sys.executable, "-c", unlocked, line.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(links.PortBusy, match=f"held by process {holder.pid} "):
            open_serial(line.path)
        holder.communicate()
    open_serial(line.path).close()


def test_a_port_with_the_kernels_console_on_it_is_told(
    line: Pty, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(links, "is_console", lambda path: True)
    open_serial(line.path).close()
    assert f"{line.path} is the kernel's console as well" in caplog.text


@pytest.mark.parametrize("settings", [SerialSettings(-1), SerialSettings(9600, bytesize=12)])
def test_settings_that_no_port_has_are_a_configuration_error(settings: SerialSettings, line: Pty) -> None:
    with pytest.raises(errors.ConfigError, match=f"cannot be set to {settings}"):
        open_serial(line.path, settings)


def test_a_speed_that_the_driver_refuses_is_told(line: Pty) -> None:
    link = open_serial(line.path)
    with pytest.raises(links.PortError, match="cannot be set"):
        link.configure(SerialSettings(-1))
    link.close()


def test_a_second_reader_in_this_process_is_refused_too(line: Pty) -> None:
    link = open_serial(line.path)
    with pytest.raises(errors.LinkBusy, match="held by this process"):
        open_serial(line.path)
    with pytest.raises(serial.SerialException):
        serial.Serial(line.path, exclusive=True)
    link.close()


def test_a_missing_port_names_those_there_are(tmp_path: Path, line: Pty) -> None:
    (tmp_path / "usb-FTDI_TIC").symlink_to(line.path)
    with pytest.raises(errors.NodeMissing, match=f"there is {tmp_path}/usb-FTDI_TIC: name one") as caught:
        open_serial("/dev/ttyUSB77", by_id=tmp_path)
    assert caught.value.errno == errno.ENOENT
    assert isinstance(caught.value, serial.SerialException | FileNotFoundError)


def test_a_directory_and_a_node_that_is_no_tty_are_told_apart_from_ports(tmp_path: Path) -> None:
    for path in (str(tmp_path), "/dev/null"):
        with pytest.raises(errors.LinkError, match=f"expected a serial port like /dev/ttyUSB0, got {path}"):
            open_serial(path)


def test_a_port_of_another_group_names_the_group(line: Pty) -> None:
    os.chmod(line.path, 0)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may open anything
    try:
        with pytest.raises(errors.PermissionDenied, match=r"belongs to group \w+ and may not be opened") as caught:
            open_serial(line.path)
    finally:
        os.seteuid(user)
    assert isinstance(caught.value, serial.SerialException)


def test_what_can_go_wrong_is_a_serial_exception_as_well() -> None:
    kinds = [links.PortError, links.PortMissing, links.PortRefused, links.PortBusy, links.PortTimeout, links.PortClosed]
    assert all(issubclass(kind, serial.SerialException) and issubclass(kind, errors.LinkError) for kind in kinds)


@pytest.mark.parametrize("url", ["gopher://meter", "socket://no-port", "rfc2217://host:1?colour=red", "sim:castle"])
def test_a_url_that_means_nothing_shows_some_that_do(url: str) -> None:
    with pytest.raises(errors.ConfigError, match=r"expected .*sim:teleinfo"):
        open_serial(url)


@pytest.mark.parametrize("place", ["host", "host:", ":2001", "host:99999", "host:port", "[::1", ""])
@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_a_place_in_the_network_needs_a_host_and_a_port(scheme: str, place: str) -> None:
    with pytest.raises(errors.ConfigError, match=r"expected .*//host:port.*: (it names no|Port|port|Invalid)"):
        open_serial(f"{scheme}://{place}")


def test_a_name_that_no_file_can_have_is_a_configuration_error() -> None:
    with pytest.raises(errors.ConfigError, match="null byte"):
        open_serial("/dev/tty\0USB0")


# -- recordings --------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_recording_is_read_to_its_end(scheme: str, tmp_path: Path) -> None:
    recording = tmp_path / "meter.bin"
    recording.write_bytes(GROUP * 1000)
    link = open_serial(scheme + str(recording))
    assert link.finite
    assert read(link, len(GROUP) * 1000) == GROUP * 1000
    with pytest.raises(errors.LinkClosed, match="at its end"):
        link.read(1)
    link.configure(SerialSettings(9600))
    link.close()


def test_a_fifo_is_a_recording_that_may_begin_late(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    link = open_serial(str(fifo))
    assert link.read(0.01) == b""
    with fifo.open("wb") as writer:
        writer.write(GROUP)
    assert read(link, len(GROUP)) == GROUP
    link.close()


def test_standard_input_is_a_recording_and_stays_open(tmp_path: Path) -> None:
    program = (
        "import os, sys; from energy_hw.links.serial import open_serial\n"
        "link = open_serial('-'); sys.stdout.buffer.write(link.read(20)); link.close(); os.fstat(0)"
    )
    command = [sys.executable, "-c", program]
    source = Path(links.__file__).parents[2]
    done = subprocess.run(
        command, input=GROUP, capture_output=True, timeout=BOUND_S, check=True, env={"PYTHONPATH": str(source)}
    )
    assert done.stdout == GROUP


def test_a_missing_recording_is_a_missing_port(tmp_path: Path) -> None:
    with pytest.raises(errors.NodeMissing, match="does not exist"):
        open_serial(f"file://{tmp_path}/none.bin")


# -- over the network --------------------------------------------------------


def test_a_socket_gives_bytes_until_it_is_hung_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = open_serial(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        with peer:
            assert link.read(0.01) == b""
            link.wake()
            assert link.read(BOUND_S) == b""
            peer.sendall(GROUP)
    assert read(link, len(GROUP)) == GROUP, "what came before the hang-up is not lost"
    with pytest.raises(errors.LinkClosed) as caught:
        read(link, 1)
    assert isinstance(caught.value, serial.SerialException)
    link.close()


def test_what_a_server_sends_at_once_is_not_thrown_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(3):
            sender = threading.Thread(target=_greet, args=(server,))
            sender.start()
            link = open_serial(f"socket://127.0.0.1:{server.getsockname()[1]}")
            assert read(link, len(GROUP)) == GROUP
            link.close()
            sender.join(BOUND_S)


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(GROUP)


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_a_server_that_is_not_there_is_told(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(links.PortError, match=r"does not answer: .*refused"):
        open_serial(f"{scheme}://127.0.0.1:{port}")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_rfc2217_carries_bytes_and_speed_until_its_server_is_gone() -> None:
    with Rfc2217Server() as server:
        link = open_serial(server.url, SerialSettings(1200))
        until(lambda: server.line.baudrate == 1200, "1200 baud")
        link.configure(SerialSettings(9600))
        until(lambda: server.line.baudrate == 9600, "9600 baud")
        server.line.send(GROUP)
        assert read(link, len(GROUP)) == GROUP
        assert link.read(0) == b""
        threading.Timer(0.05, link.wake).start()
        assert link.read(BOUND_S) == b""
    with pytest.raises(errors.LinkClosed) as caught:  # the server is gone
        read(link, 1000)
    assert isinstance(caught.value, serial.SerialException)
    link.close()
    link.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:serial")
def test_the_outputs_are_as_they_were_named_from_opening_on(line: Pty) -> None:
    with Rfc2217Server() as server:
        link = open_serial(server.url, SerialSettings(9600, dtr=True, rts=False))
        until(lambda: server.port.rts is False, "RTS to fall")
        assert server.port.dtr is True
        link.close()
    open_serial(line.path, SerialSettings(9600, dtr=False, rts=False)).close()  # a pty has none, and that is no error


def test_an_error_while_reading_is_told_with_its_errno(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)  # a directory is always ready, and never gives a byte
    link = FdLink("adapter", fd, lambda: os.close(fd), finite=False)
    with pytest.raises(errors.LinkClosed, match="adapter is gone") as caught:
        link.read(BOUND_S)
    assert caught.value.errno == errno.EISDIR
    link.close()
