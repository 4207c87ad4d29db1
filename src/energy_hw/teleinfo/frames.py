"""From groups and marks to frames.

    START (group | REJECTED)* END            complete, if nothing was rejected
    START group* INTERRUPTED                 the meter broke off: what came is kept
    group* END                               the end of a frame that began before we listened
    START group* TRUNCATED                   the end was lost
    START group* group' ...                  end and start were lost: no label comes twice in a frame

Three-phase meters in historique mode send short frames while a phase is overloaded: ADIR1..3 (those over), ADCO,
IINST1..3. A short frame says nothing of what only long ones hold. Source: manual of the Landis+Gyr ZMD126.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from energy_hw.errors import RecordError
from energy_hw.teleinfo.address import MeterAddress, parse_address
from energy_hw.teleinfo.dataset import Dataset, parse_dataset
from energy_hw.teleinfo.frame import EOT, ETX, STX, Mark, Mode
from energy_hw.teleinfo.horodate import FRANCE, Zone
from energy_hw.teleinfo.labels import ALIASES
from energy_hw.teleinfo.status import parse_status

ADDRESSES = ("ADSC", "ADCO", "ADS")
"""Labels that carry the address; ADS is that of a PME-PMI, which no table checks."""
SHORT = frozenset(("ADIR1", "ADIR2", "ADIR3", "ADCO", "IINST1", "IINST2", "IINST3"))
MOST_DATASETS = 512
"""More than any frame has (71 of a Linky); a stream without any mark is cut here."""
WANDERING = "ADPS"
"""It comes first after whatever group is under way, so perhaps once more in its place. No other label comes twice."""
MEMORY = 10
"""How many frames ago a label that no table knows must have come to be believed now."""
MOST_SEEN = 256


class Kind(StrEnum):
    """What a frame is for. VEILLE: a meter that has Teleinfo switched off by the grid operator sends ADCO alone."""

    LONG = "long"
    SHORT = "short"
    VEILLE = "veille"


@dataclass(frozen=True, slots=True, eq=False)
class Frame(Mapping[str, Dataset]):
    """The datasets of one frame by label: the meter's own, or the standard's where a pilot meter has another.

    complete: STX and ETX came, and nothing was rejected in between: what is missing was not sent.
    interrupted: ended by EOT. rejected: damaged groups. phases: 1 or 3, as known by now, 0 for not yet.
    address: 12 digits; that of the frames before where this one has none; None if there never was one.
    datasets: all, in the order of the wire; by label the last one counts.
    """

    datasets: tuple[Dataset, ...]
    mode: Mode
    complete: bool = False
    interrupted: bool = False
    started: bool = False
    rejected: int = 0
    address: str | None = None
    phases: int = 0
    _by_code: dict[str, Dataset] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._by_code.update((dataset.row.code, dataset) for dataset in self.datasets)

    def __getitem__(self, label: str) -> Dataset:
        return self._by_code[label] if label in self._by_code else self._by_code[ALIASES[label]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    @property
    def kind(self) -> Kind:
        """LONG unless it holds nothing but what the other kinds hold."""
        if self.complete and self._by_code.keys() == {"ADCO"}:
            return Kind.VEILLE
        return Kind.SHORT if len(self) > 1 and self._by_code.keys() <= SHORT else Kind.LONG

    @property
    def meter(self) -> MeterAddress | None:
        """The address taken apart."""
        return parse_address(self.address) if self.address else None

    @property
    def time(self) -> datetime | None:
        """What the meter's clock says; None if it sent no date, or one of a degraded clock."""
        date = self._by_code.get("DATE")
        return None if date is None or date.clock_degraded else date.horodate

    @property
    def producer(self) -> bool | None:
        """Whether the meter is in producer mode, None where the frame does not tell."""
        status = self._by_code.get("STGE")
        return None if status is None or not status.known else parse_status(status.data).producer

    @property
    def raw(self) -> bytes:
        """The accepted groups and the marks around them, as on the wire."""
        start = bytes((STX,)) if self.started else b""
        end = bytes((EOT if self.interrupted else ETX,))
        return start + b"".join(b"\n%b\r" % dataset.raw for dataset in self.datasets) + end


class FrameBuilder:
    """Puts a parser's events together to frames.

    >>> for event in parser.feed(data):
    ...     if frame := builder.feed(event):
    ...         report = to_report(frame, datetime.now(UTC), "/dev/ttyUSB0")

    A frame with another address than the ones before is left out until a second in a row says the same: an address
    that noise has changed must not become a device. on_dataset is called for each dataset at once.

    Likewise a label that no table knows, from a meter that sends known ones: it is given from its second frame on, and
    counts as damage before. Noise that passes the checksum makes a new label each time, a meter the same one.

    frames: how many were given. refused: groups whose content is not that of their label; last_refused: why.
    strangers: frames left out for their address. newcomers: groups left out for their label.
    Thread safety: one thread at a time.
    """

    def __init__(self, zone: Zone = FRANCE, on_dataset: Callable[[Dataset], None] | None = None) -> None:
        self._zone = zone
        self._on_dataset = on_dataset
        self.frames = self.refused = self.strangers = self.newcomers = 0
        self.last_refused: RecordError | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the frame under way and the meter: the link was opened anew."""
        self._address: str | None = None
        self._stranger: str | None = None
        self._phases = 0
        self._number = 1  # of the frame under way
        self._has_known = False
        self._seen: dict[str, int] = {}  # unknown label -> the frame that had it last
        self._begin(False)

    def _begin(self, started: bool) -> None:
        self._datasets: list[Dataset] = []
        self._labels: set[str] = set()
        self._rejected = 0
        self._started = started

    def feed(self, event: bytes | Mark) -> Frame | None:
        """Take the next event; returns the frame that it ends, if any."""
        if isinstance(event, bytes):
            return self._take(event)
        if event is Mark.REJECTED:
            self._rejected += 1
            return None
        frame = self._end(event)
        self._begin(event is Mark.START)
        return frame

    def _take(self, group: bytes) -> Frame | None:
        try:
            dataset = parse_dataset(group, self._zone)
        except RecordError as error:
            self.refused += 1
            self._rejected += 1
            self.last_refused = error
            return None
        self._has_known |= dataset.known
        if not dataset.known and not self._is_familiar(dataset.label):
            self.newcomers += 1
            self._rejected += 1
            return None
        return self._add(dataset)

    def _add(self, dataset: Dataset) -> Frame | None:
        """A label that is there already, or one too many, is of the next frame: what stood in between was lost."""
        merged = dataset.label in self._labels or len(self._datasets) >= MOST_DATASETS
        frame = self.feed(Mark.TRUNCATED) if merged else None
        self._datasets.append(dataset)
        if dataset.label != WANDERING:
            self._labels.add(dataset.label)
        if self._on_dataset:
            self._on_dataset(dataset)
        return frame

    def _is_familiar(self, label: str) -> bool:
        """Whether a label that no table knows is the meter's: all are of a meter that sends no other."""
        last = self._seen.pop(label, -MEMORY)
        self._seen[label] = self._number
        if len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return not self._has_known or 0 < self._number - last <= MEMORY

    def _end(self, mark: Mark) -> Frame | None:
        self._number += bool(self._datasets)
        if not self._datasets or not self._identify():
            return None
        self.frames += 1
        return Frame(
            tuple(self._datasets),
            self._datasets[-1].mode,
            complete=self._started and mark is Mark.END and not self._rejected,
            interrupted=mark is Mark.INTERRUPTED,
            started=self._started,
            rejected=self._rejected,
            address=self._address,
            phases=self._phases,
        )

    def _identify(self) -> bool:
        """Learn address and phases; False for a frame of a stranger."""
        address = next((d.data for d in self._datasets if _is_address(d)), self._address)
        if address != self._address and self._address is not None and address != self._stranger:
            self._stranger = address
            self.strangers += 1
            return False
        if address != self._address:
            self._address, self._phases = address, 0
        self._stranger = None
        self._phases = max(self._phases, self._count_phases(address))
        return True

    def _count_phases(self, address: str | None) -> int:
        """3 once a label of phase 2 or 3 was there, however few frames later have one, or where the type says so."""
        kind = parse_address(address).type if address else None
        phase = max(dataset.row.phase or 0 for dataset in self._datasets)
        return max(kind.phases if kind else 0, 3 if phase > 1 else phase)


def _is_address(dataset: Dataset) -> bool:
    data = dataset.data
    return dataset.row.code in ADDRESSES and len(data) == 12 and data.isascii() and data.isdecimal()
