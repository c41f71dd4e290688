"""Whether what a run has written is still there, as far as that is known."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri


class ObjectState(StrEnum):
    """What has become of an object that a run has written."""

    CURRENT = "current"
    REPLACED = "replaced"  # something else lies there, or nothing; the run's own version is kept
    GONE = "gone"
    UNKNOWN = (
        "unknown"  # nobody wrote down which version is the run's, and it is not what lies there
    )


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """An object that a run has written, and what has become of it.

    `stored` has the version that holds the content; of an object that is `UNKNOWN` it has the URI
    alone. `problem` says what is wrong with one that is not current.
    """

    stored: StoredObject
    state: ObjectState
    problem: str = ""

    @property
    def is_there(self) -> bool:
        """True if what the run has written can still be fetched."""
        return self.state in {ObjectState.CURRENT, ObjectState.REPLACED}

    @classmethod
    def unknown(cls, uri: S3Uri, problem: str) -> Self:
        """An object of which nobody knows what the run has written."""
        return cls(StoredObject(uri, 0, ""), ObjectState.UNKNOWN, problem)
