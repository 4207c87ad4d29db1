"""Measurements. Run `make bench`; see __main__.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, and the limit it has to keep (None: for comparison)."""

    what: str
    figure: float
    unit: str
    limit: float | None = None

    @property
    def met(self) -> bool:
        """Whether the figure is within its limit."""
        return self.limit is None or self.figure <= self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"   limit {self.limit:g}{'' if self.met else '   MISSED'}"
        return f"  {self.what:<66} {self.figure:>10.3f} {self.unit}{limit}"
