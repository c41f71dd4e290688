"""What a step says that it has written: the outputs in its provenance."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jobkit.errors import InvalidInputError, ResultsReplacedError
from jobkit.provenance import SCHEMA_VERSION
from jobkit.s5cmd import S3Object
from seqstack.domain.s3uri import S3Uri

_RUN_AGAIN = "something else has written there: run the sample again, into a folder of its own"
_RUN_STEP_AGAIN = "something else has written there: run the step that makes them again"


@dataclass(frozen=True, slots=True)
class Produced:
    """A step's outputs; they are whole, because provenance is written after them.

    Attributes:
        provenance: where this was read.
        outputs: size and ETag by URI.
        checksums: `sha256:…` by URI.
        is_own: they are known to be this run's.
    """

    provenance: S3Uri
    outputs: Mapping[S3Uri, S3Object]
    checksums: Mapping[S3Uri, str]
    is_own: bool = False

    @classmethod
    def read(cls, path: Path, step: str, provenance: S3Uri, told: str | None = None) -> Self:
        """Read the provenance of `step`, which was fetched from `provenance` to `path`.

        `told` is the SHA-256, in hexadecimal, of the one that this run's step has written.

        Raises:
            ResultsReplacedError: it is not the one that the job was told of.
            InvalidInputError: it is another step's, or in no form that this version reads.
        """
        if told is not None and _sha256_of(path) != f"sha256:{told}":
            raise ResultsReplacedError(
                f"{provenance} is not what the {step} step of this run has written",
                hint=_RUN_AGAIN,
            )
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
        return cls(provenance, outputs, checksums, is_own=told is not None)

    def require_files(self, files: Mapping[S3Uri, Path]) -> None:
        """Check that files hold the bytes that the step has written, by their SHA-256.

        Raises:
            ResultsReplacedError: names every file that does not.
        """
        problems = [
            f"{uri} came with other bytes than were written"
            for uri, path in files.items()
            if _sha256_of(path) != self.checksums[uri]
        ]
        if problems:
            raise ResultsReplacedError(
                "results of an earlier step changed while they were fetched",
                hint=_RUN_AGAIN,
                evidence=problems,
            )

    def require(self, found: Iterable[S3Object]) -> None:
        """Check that objects, as S3 has them now, are what the step has written.

        Raises:
            ResultsReplacedError: names every object that is another than this run has written.
            InvalidInputError: the same of a job that was not told what its run has written.
        """
        problems = [self._difference(item) for item in found if self.outputs.get(item.uri) != item]
        if problems:
            error = ResultsReplacedError if self.is_own else InvalidInputError
            raise error(
                f"{len(problems)} input(s) are not what {self.provenance} tells of",
                hint=_RUN_AGAIN if self.is_own else _RUN_STEP_AGAIN,
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


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
