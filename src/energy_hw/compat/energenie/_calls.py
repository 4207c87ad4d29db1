"""The user's functions, several for one event: a fault in one keeps nothing from the others, nor ends a loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

Callback = Callable[..., object]


class Calls:
    """Functions to call, each one once.

    errors: how many raised. Thread safety: as a list; they are called in the caller's thread.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._callbacks: list[Callback] = []
        self.errors = 0

    def add(self, callback: Callback | None) -> None:
        """Call this one too; None: call nobody any more."""
        if callback is None:
            self._callbacks.clear()
        elif callback not in self._callbacks:
            self._callbacks.append(callback)

    def remove(self, callback: Callback) -> None:
        """Call this one no more."""
        self._callbacks = [other for other in self._callbacks if other != callback]

    def __call__(self, *args: Any) -> None:
        """Call all of them; what they raise is logged, the first time with its traceback."""
        for callback in tuple(self._callbacks):
            try:
                callback(*args)
            except Exception as error:
                self.errors += 1
                first = self.errors == 1
                text = "a callback for %s failed (%d so far): %r"
                logger.log(
                    logging.ERROR if first else logging.DEBUG, text, self._what, self.errors, error, exc_info=first
                )

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def __iter__(self) -> Any:
        return iter(tuple(self._callbacks))
