"""Whether what a run has written is still there."""

from dataclasses import dataclass
from enum import StrEnum

from seqstack.domain.manifest import StoredObject


class ObjectState(StrEnum):
    """What has become of an object that a run has written."""

    CURRENT = "current"
    REPLACED = "replaced"  # something else lies there, or nothing; the run's own version is kept
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """An object that a run has written, and what has become of it.

    `stored` has the version that holds the content. `problem` says what is wrong with one that is
    not current.
    """

    stored: StoredObject
    state: ObjectState
    problem: str = ""

    @property
    def is_there(self) -> bool:
        """True if what the run has written can still be fetched."""
        return self.state is not ObjectState.GONE
