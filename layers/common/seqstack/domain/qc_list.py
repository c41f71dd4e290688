"""The list of what a cohort's MultiQC report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.results import (
    ANNOTATION_STATISTICS,
    COVERAGE,
    INSERT_SIZES,
    STATS,
    VARIANTS,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile, read_lines
from seqstack.tools.fastp import TRIM_REPORT

NEEDED: Final = (STATS, ANNOTATION_STATISTICS, VARIANTS)
"""What every sample has, by its path in the sample's results."""
LISTED: Final = (*NEEDED, COVERAGE, INSERT_SIZES, TRIM_REPORT)
"""With what some have."""

_KEYS: Final = ("sampleId", "resultsS3Path", "files")


@dataclass(frozen=True, slots=True)
class ListedQc:
    """A sample, the folder of its results, and the files in it by their paths: some of `LISTED`."""

    sample_id: str
    results: S3Uri
    files: Mapping[str, ListedFile]

    @property
    def identity(self) -> S3Uri:
        """The place of its results."""
        return self.results

    @property
    def missing(self) -> list[str]:
        """The paths of what it needs and lacks."""
        return [path for path in NEEDED if path not in self.files]

    def as_json(self) -> dict[str, Any]:
        """Its line."""
        return {
            "sampleId": self.sample_id,
            "resultsS3Path": str(self.results),
            "files": {path: self.files[path].as_json() for path in LISTED if path in self.files},
        }


def read_qc_list(text: str) -> tuple[tuple[ListedQc, ...], list[str]]:
    """The samples in the order of their names, and every problem."""
    return read_lines(
        text,
        _KEYS,
        _read_row,
        nothing="it lists no sample",
        same="{} and {} have the same results",
    )


def _read_row(sample: str, row: Mapping[str, Any]) -> ListedQc | str:
    files = _read_files(row["files"])
    if isinstance(files, str):
        return files
    try:
        results = S3Uri.parse(str(row["resultsS3Path"])).as_folder()
    except ValueError as error:
        return f"resultsS3Path: {error}"
    listed = ListedQc(sample, results, files)
    return f"{sample} has no {listed.missing[0]}" if listed.missing else listed


def _read_files(files: object) -> dict[str, ListedFile] | str:
    if not isinstance(files, Mapping):
        return "files is to have the size and ETag of each file"
    if unknown := sorted(files.keys() - {*LISTED}):
        return f"{unknown[0]} is none of {', '.join(LISTED)}"
    read = {path: ListedFile.parse(value) for path, value in files.items()}
    if wrong := [path for path, value in read.items() if value is None]:
        return f"bytes is to be the size of {wrong[0]}, and etag its ETag"
    return {path: value for path, value in read.items() if value}
