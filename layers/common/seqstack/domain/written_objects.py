"""The state of a run's outputs in S3."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri


class ObjectState(StrEnum):
    """The state of an object that a run has written."""

    CURRENT = "current"
    REPLACED = "replaced"  # overwritten or deleted; the run's own version is kept
    GONE = "gone"
    UNKNOWN = "unknown"  # the run's version was not recorded, and the present object is not it


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """An object that a run has written, and its state.

    `stored` has the version with the content; for an `UNKNOWN` object it has only the URI.
    `problem` is set if the object is not current.
    """

    stored: StoredObject
    state: ObjectState
    problem: str = ""

    @property
    def is_there(self) -> bool:
        """True if the run's output can still be fetched."""
        return self.state in {ObjectState.CURRENT, ObjectState.REPLACED}

    @classmethod
    def unknown(cls, uri: S3Uri, problem: str) -> Self:
        """An object whose version was not recorded."""
        return cls(StoredObject(uri, 0, ""), ObjectState.UNKNOWN, problem)
