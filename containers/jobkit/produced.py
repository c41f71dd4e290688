"""What a step says that it has written: the outputs in its provenance."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jobkit.errors import InvalidInputError
from jobkit.provenance import SCHEMA_VERSION
from jobkit.s5cmd import S3Object
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step


@dataclass(frozen=True, slots=True)
class Produced:
    """A step's outputs; they are whole, because provenance is written after them.

    Attributes:
        provenance: where this was read.
        outputs: size and ETag by URI.
        checksums: `sha256:…` by URI.
    """

    provenance: S3Uri
    outputs: Mapping[S3Uri, S3Object]
    checksums: Mapping[S3Uri, str]

    @classmethod
    def read(cls, path: Path, step: Step, provenance: S3Uri) -> Self:
        """Read the provenance of `step`, which was fetched from `provenance` to `path`.

        Raises:
            InvalidInputError: it is another step's, or in no form that this version reads.
        """
        try:
            record = json.loads(path.read_bytes())
            version, found = record["schemaVersion"], record["step"]
            rows = [(S3Uri.parse(row["uri"]), row) for row in record["outputs"]]
            outputs = {uri: S3Object(uri, int(row["bytes"]), row["etag"]) for uri, row in rows}
            checksums = {uri: str(row["checksum"]) for uri, row in rows}
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInputError(
                f"{provenance} is no provenance that this version reads: {error!r}",
                hint=f"run the {step} step again",
            ) from error
        if (version, found) != (SCHEMA_VERSION, step):
            raise InvalidInputError(
                f"{provenance} is version {version} of {found}'s provenance, "
                f"not version {SCHEMA_VERSION} of {step}'s",
                hint=f"run the {step} step again",
            )
        return cls(provenance, outputs, checksums)

    def require(self, found: Iterable[S3Object]) -> None:
        """Check that objects, as S3 has them now, are what the step has written.

        Raises:
            InvalidInputError: names every object that is another.
        """
        problems = [self._difference(item) for item in found if self.outputs.get(item.uri) != item]
        if problems:
            raise InvalidInputError(
                f"{len(problems)} input(s) are not what {self.provenance} tells of",
                hint="something else has written there: run the step that makes them again",
                evidence=problems,
            )

    def _difference(self, item: S3Object) -> str:
        written = self.outputs.get(item.uri)
        if written is None:
            return f"{item.uri} is not among its outputs"
        return (
            f"{item.uri} has {item.size} bytes and ETag {item.etag}; "
            f"written were {written.size} bytes and ETag {written.etag}"
        )
