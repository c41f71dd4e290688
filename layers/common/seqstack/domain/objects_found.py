"""What S3 says of the objects that a run is to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqstack.domain.s3uri import S3Uri


@dataclass(frozen=True, slots=True)
class ObjectsFound:
    """Bytes and ETags of the objects that can be read, and what is wrong with the others."""

    sizes: Mapping[S3Uri, int]
    wrong: Mapping[S3Uri, str]
    etags: Mapping[S3Uri, str] = field(default_factory=dict)

    @property
    def identities(self) -> dict[S3Uri, str]:
        """What names the content of each object that can be read."""
        return {uri: f"{size}:{self.etags.get(uri, '')}" for uri, size in self.sizes.items()}
