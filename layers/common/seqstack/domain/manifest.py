"""Objects in S3, and the outputs of a finished step."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import StepName, ToolName


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as S3 describes it.

    `size` is in bytes. `etag` is without quotes: the content's MD5; for a multipart upload the MD5
    of its parts' MD5s with `-` and their number; with SSE-KMS neither. In all cases it changes with
    the object. `checksum` is that of the whole content, as `SHA256:<base64>`, or empty if S3 has
    none. `version_id` is empty in a bucket without versioning.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """

    uri: S3Uri
    size: int
    etag: str
    checksum: str = ""
    version_id: str = ""

    @property
    def sha256(self) -> str:
        """The content's SHA-256 in hexadecimal, or empty if it is unknown."""
        algorithm, _, value = self.checksum.partition(":")
        return base64.b64decode(value).hex() if algorithm == "SHA256" else ""

    @property
    def identity(self) -> str:
        """The identity of the content: its checksum, or without one its ETag, which depends on the
        part size.
        """
        return f"{self.size}:{self.checksum or self.etag}"

    def is_same_as(self, other: "StoredObject") -> bool:
        """True if `other` certainly has the same content, by ETag or checksum."""
        return self.size == other.size and (
            self.etag == other.etag or self.checksum == other.checksum != ""
        )


def all_unchanged(known: Iterable[StoredObject], found: Mapping[S3Uri, StoredObject]) -> bool:
    """True if every known object is among those found, with the same content."""
    return all(item.uri in found and item.is_same_as(found[item.uri]) for item in known)


@dataclass(frozen=True, slots=True)
class StepResult:
    """The outputs of a step's job, its provenance last, and its warnings."""

    written: tuple[StoredObject, ...]
    warnings: tuple[StepWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The outputs of a step that succeeded, its provenance among them.

    `run_id` is the run whose job made them, `created_at` (ISO 8601, UTC) the end of that job,
    `tool_versions` those of the programs that it ran.
    """

    run_id: str
    step: StepName
    tool: ToolName
    created_at: str
    outputs: tuple[StoredObject, ...]
    tool_versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[StepWarning, ...] = ()
