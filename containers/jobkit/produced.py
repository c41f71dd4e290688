"""The outputs of a step, from its provenance."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jobkit.digests import checksum_of
from jobkit.errors import InvalidInputError, ResultsReplacedError
from jobkit.provenance import SCHEMA_VERSION
from jobkit.s5cmd import S3Object
from seqstack.domain.s3uri import S3Uri

_RUN_AGAIN = "another program or run has written there: run the sample again, with its own folder"
_RUN_STEP_AGAIN = "another program or run has written there: run the step again"


@dataclass(frozen=True, slots=True)
class Produced:
    """A step's outputs; they are complete, because provenance is written after them.

    Attributes:
        provenance: the URI that this was read from.
        outputs: size and ETag by URI.
        checksums: `sha256:…` by URI.
        is_own: they are verified to be this run's.
    """

    provenance: S3Uri
    outputs: Mapping[S3Uri, S3Object]
    checksums: Mapping[S3Uri, str]
    is_own: bool = False

    @classmethod
    def read(cls, path: Path, step: str, provenance: S3Uri, checksum: str | None = None) -> Self:
        """Read the provenance of `step`, which was fetched from `provenance` to `path`.

        `checksum` is the SHA-256, in hexadecimal, of the provenance of this run's step.

        Raises:
            ResultsReplacedError: it does not match `checksum`.
            InvalidInputError: it belongs to another step, or this version can't read it.
        """
        if checksum is not None and _sha256_of(path) != f"sha256:{checksum}":
            raise ResultsReplacedError(
                f"{provenance} is not the provenance that the {step} step of this run has written",
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
                f"{provenance} is not a provenance that this version can read: {error!r}",
                hint=f"run the {step} step again",
            ) from error
        if (version, found) != (SCHEMA_VERSION, step):
            raise InvalidInputError(
                f"{provenance} is version {version} of {found}'s provenance, "
                f"not version {SCHEMA_VERSION} of {step}'s",
                hint=f"run the {step} step again",
            )
        return cls(provenance, outputs, checksums, is_own=checksum is not None)

    def require_files(self, files: Mapping[S3Uri, Path]) -> None:
        """Check the SHA-256 of files against the step's outputs.

        Raises:
            ResultsReplacedError: names every file that differs.
        """
        problems = [
            f"{uri} has another SHA-256 than when it was written"
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
        """Check that objects in S3 are still the step's outputs.

        Raises:
            ResultsReplacedError: names every object that was overwritten.
            InvalidInputError: the same, for a job without checksums of its run's outputs.
        """
        problems = [self._difference(item) for item in found if self.outputs.get(item.uri) != item]
        if problems:
            error = ResultsReplacedError if self.is_own else InvalidInputError
            raise error(
                f"{len(problems)} input(s) differ from {self.provenance}",
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
        return checksum_of(file)
