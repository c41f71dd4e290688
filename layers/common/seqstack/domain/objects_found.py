"""What S3 says of the objects that a run is to read."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqstack.domain.s3uri import S3Uri


@dataclass(frozen=True, slots=True)
class ObjectsFound:
    """Bytes of the objects that can be read, and what is wrong with the others."""

    sizes: Mapping[S3Uri, int]
    wrong: Mapping[S3Uri, str]
