"""The prepared references of the stack, for the form that starts a run."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cli.session import Session

_KEPT_SECONDS = 60


@dataclass(slots=True)
class KnownReferences:
    """The names of prepared references, asked for once a minute.

    `sending` is held while files are sent, one form's after the other's.
    """

    session: Session
    clock: Callable[[], float] = time.monotonic
    sending: threading.Lock = field(default_factory=threading.Lock)
    _kept: tuple[float, tuple[str, ...]] | None = None

    def names(self) -> tuple[str, ...]:
        """The names of references with a version that can be used."""
        if self._kept is None or self.clock() - self._kept[0] > _KEPT_SECONDS:
            listed = self.session.api.list_references()["references"]
            names = tuple(
                each["name"] for each in listed if any(not v["problem"] for v in each["versions"])
            )
            self._kept = (self.clock(), names)
        return self._kept[1]
