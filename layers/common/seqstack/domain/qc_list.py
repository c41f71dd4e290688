"""The list of what a cohort's MultiQC report is made of: JSON lines in an S3 object.

As in the list of gVCFs, size and ETag of each file are in the list, so its content says what is
reported.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from seqstack.domain.json_text import read_json
from seqstack.domain.results import (
    ANNOTATION_STATISTICS,
    COVERAGE,
    INSERT_SIZES,
    STATS,
    VARIANTS,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.fastp import TRIM_REPORT

NEEDED: Final = (STATS, ANNOTATION_STATISTICS, VARIANTS)
"""What every sample has, by its path in the sample's results."""
LISTED: Final = (*NEEDED, COVERAGE, INSERT_SIZES, TRIM_REPORT)
"""With what some have."""

# as in input.schema.json, whose validator is slow to load
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_KEYS: Final = ("sampleId", "resultsS3Path", "files")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """An object of a sample; `etag` is without quotes."""

    size: int
    etag: str

    @classmethod
    def parse(cls, value: object) -> Self | None:
        """Read its JSON; None if it is not right."""
        if not isinstance(value, Mapping):
            return None
        size, etag = value.get("bytes"), value.get("etag")
        if type(size) is not int or size <= 0 or not isinstance(etag, str) or not etag:
            return None
        return cls(size, etag.strip('"'))


@dataclass(frozen=True, slots=True)
class ListedQc:
    """A sample, the folder of its results, and the files in it by their paths: some of `LISTED`."""

    sample_id: str
    results: S3Uri
    files: Mapping[str, ListedFile]

    @property
    def missing(self) -> list[str]:
        """The paths of what it needs and lacks."""
        return [path for path in NEEDED if path not in self.files]

    def as_json(self) -> dict[str, Any]:
        """Its line."""
        return {
            "sampleId": self.sample_id,
            "resultsS3Path": str(self.results),
            "files": {
                path: {"bytes": self.files[path].size, "etag": self.files[path].etag}
                for path in LISTED
                if path in self.files
            },
        }


def qc_list_text(samples: Iterable[ListedQc]) -> str:
    """The list, in the order of the samples' names."""
    ordered = sorted(samples, key=lambda each: each.sample_id)
    return "".join(f"{json.dumps(each.as_json(), ensure_ascii=False)}\n" for each in ordered)


def read_qc_list(text: str) -> tuple[tuple[ListedQc, ...], list[str]]:
    """The samples in the order of their names, and every problem with its line's number."""
    found: list[ListedQc] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        listed = _read_line(line)
        if isinstance(listed, str):
            problems.append(f"line {number}: {listed}")
        else:
            found.append(listed)
    problems += _given_twice(found)
    if not found and not problems:
        problems.append("it lists no sample")
    return tuple(sorted(found, key=lambda each: each.sample_id)), problems


def _read_line(line: str) -> ListedQc | str:
    try:
        row = read_json(line)
    except ValueError as error:
        return f"is not JSON: {error}"
    if not isinstance(row, Mapping) or not all(key in row for key in _KEYS):
        return f"needs {', '.join(_KEYS)}"
    sample, files = row["sampleId"], _read_files(row["files"])
    if not isinstance(sample, str) or not _NAME.fullmatch(sample):
        return f"sampleId {sample!r} is not a sample's name"
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


def _given_twice(found: Iterable[ListedQc]) -> Iterator[str]:
    samples: set[str] = set()
    places: dict[S3Uri, str] = {}
    for each in found:
        if each.sample_id in samples:
            yield f"the sample {each.sample_id} is listed twice"
        samples.add(each.sample_id)
        other = places.setdefault(each.results, each.sample_id)
        if other != each.sample_id:
            yield f"{other} and {each.sample_id} have the same results"
