"""The run's input objects, as found in S3."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqstack.domain.s3uri import S3Uri

ABSENT = "does not exist"
"""What is wrong with an object that is not there."""


@dataclass(frozen=True, slots=True)
class ObjectsFound:
    """Sizes and ETags of readable objects, and the problems of the others.

    `regions` has the region of each bucket that is in another one than the stack. `modified` has
    the time at which each object was written, in the format of `utc_text`.
    """

    sizes: Mapping[S3Uri, int]
    wrong: Mapping[S3Uri, str]
    etags: Mapping[S3Uri, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    modified: Mapping[S3Uri, str] = field(default_factory=dict)

    @property
    def identities(self) -> dict[S3Uri, str]:
        """The identity of the content of each readable object."""
        return {uri: f"{size}:{self.etags.get(uri, '')}" for uri, size in self.sizes.items()}
