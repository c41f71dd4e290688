"""The list of gVCFs that a joint VCF is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile, read_lines

_KEYS: Final = ("sampleId", "gvcfS3Path", "bytes", "etag")


@dataclass(frozen=True, slots=True)
class ListedGvcf:
    """A sample's gVCF, with its `.tbi` beside it; `etag` is without quotes."""

    sample_id: str
    uri: S3Uri
    size: int
    etag: str

    @property
    def index(self) -> S3Uri:
        """Its tabix index."""
        return self.uri.with_suffix(".tbi")

    @property
    def identity(self) -> str:
        """The identity of its content."""
        return f"{self.size}:{self.etag}"

    def as_json(self) -> dict[str, Any]:
        """Its line."""
        return {
            "sampleId": self.sample_id,
            "gvcfS3Path": str(self.uri),
            "bytes": self.size,
            "etag": self.etag,
        }


def read_list(text: str) -> tuple[tuple[ListedGvcf, ...], list[str]]:
    """The gVCFs in the order of the samples' names, and every problem."""
    return read_lines(
        text,
        _KEYS,
        _read_row,
        nothing="it lists no gVCF",
        same="the gVCFs of {} and {} have the same content",
    )


def _read_row(sample: str, row: Mapping[str, Any]) -> ListedGvcf | str:
    file = ListedFile.parse(row)
    if file is None:
        return "bytes is to be the object's size, and etag its ETag"
    try:
        return ListedGvcf(sample, S3Uri.parse(str(row["gvcfS3Path"])), file.size, file.etag)
    except ValueError as error:
        return f"gvcfS3Path: {error}"
