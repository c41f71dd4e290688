"""The list of gVCFs that a joint VCF is made of: JSON lines in an S3 object.

A cohort can have more gVCFs than an execution's input has room for. Size and ETag of each are in
the list, so the list's content says what is merged.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.json_text import read_json
from seqstack.domain.s3uri import S3Uri

MAX_LIST_BYTES: Final = 16 << 20
# as in input.schema.json, whose validator is slow to load
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
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


def list_text(gvcfs: Iterable[ListedGvcf]) -> str:
    """The list, in the order of the samples' names."""
    ordered = sorted(gvcfs, key=lambda each: each.sample_id)
    return "".join(f"{json.dumps(each.as_json(), ensure_ascii=False)}\n" for each in ordered)


def read_list(text: str) -> tuple[tuple[ListedGvcf, ...], list[str]]:
    """The gVCFs in the order of the samples' names, and every problem with its line's number."""
    found: list[ListedGvcf] = []
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
        problems.append("it lists no gVCF")
    return tuple(sorted(found, key=lambda each: each.sample_id)), problems


def _read_line(line: str) -> ListedGvcf | str:
    try:
        row = read_json(line)
    except ValueError as error:
        return f"is not JSON: {error}"
    if not isinstance(row, Mapping) or not all(key in row for key in _KEYS):
        return f"needs {', '.join(_KEYS)}"
    sample, size, etag = row["sampleId"], row["bytes"], row["etag"]
    if not isinstance(sample, str) or not _NAME.fullmatch(sample):
        return f"sampleId {sample!r} is not a sample's name"
    if type(size) is not int or size <= 0 or not isinstance(etag, str) or not etag:
        return "bytes is to be the object's size, and etag its ETag"
    try:
        return ListedGvcf(sample, S3Uri.parse(str(row["gvcfS3Path"])), size, etag.strip('"'))
    except ValueError as error:
        return f"gvcfS3Path: {error}"


def _given_twice(found: Iterable[ListedGvcf]) -> Iterator[str]:
    samples: dict[str, S3Uri] = {}
    contents: dict[str, str] = {}
    for each in found:
        if each.sample_id in samples:
            yield f"the sample {each.sample_id} is listed twice"
        samples[each.sample_id] = each.uri
        other = contents.setdefault(each.identity, each.sample_id)
        if other != each.sample_id:
            yield f"the gVCFs of {other} and {each.sample_id} have the same content"
