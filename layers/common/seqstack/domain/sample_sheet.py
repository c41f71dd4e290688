"""A sheet of samples, as nf-core/sarek has it, in CSV or JSON lines: one row for each lane.

Columns: `patient`, `sex`, `status`, `sample`, `lane`; `fastq_1` and `fastq_2`, or `bam`, or `cram`.
Further columns are tags of the sample. Source: https://nf-co.re/sarek/usage
"""

import csv
import io
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from seqstack.domain.cohorts import NAME
from seqstack.domain.json_text import read_json
from seqstack.domain.plain_text import one_line, refusal
from seqstack.domain.sample import SEXES, Sex

_FILES = ("fastq_1", "fastq_2", "bam", "cram")
_INDEXES = ("bai", "crai")  # of BAM and CRAM, which are read as a stream
_NOT_READ = ("spring_1", "spring_2", "table", "vcf")
_OWN = ("patient", "sex", "status", "sample", "lane", *_FILES)
_KNOWN = (*_OWN, *_INDEXES, *_NOT_READ)
_RELATIVES = ("family", "father", "mother")  # tags that a cohort's report reads
_OTHER_NAMES = {"gender": "sex", "paternal_id": "father", "maternal_id": "mother"}
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/=+@ -]{0,127}")
_MOST_OF_A_TAG = 256


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A lane of a sample: two FASTQ files, or a BAM or CRAM file. Places are as the sheet has them.

    `line` is the row's first line in the sheet.
    """

    line: int
    lane: str
    fastq1: str = ""
    fastq2: str = ""
    alignment: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the row."""
        return tuple(filter(None, (self.fastq1, self.fastq2, self.alignment)))


@dataclass(frozen=True, slots=True)
class SheetSample:
    """One sample, with its rows in the sheet's order.

    `patient` is the sample's own id if the sheet has none; `sex` is None if unknown.
    """

    sample_id: str
    patient: str
    sex: Sex | None
    rows: tuple[SheetRow, ...]
    tags: Mapping[str, str]

    @property
    def line(self) -> int:
        """The line of its first row."""
        return self.rows[0].line


@dataclass(frozen=True, slots=True, order=True)
class SheetProblem:
    """What is wrong, and in which line of the sheet; line 0 is the sheet as a whole."""

    line: int
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return one_line(f"{where}{self.message}")


class SheetError(ValueError):
    """A sheet can't be used; `problems` are all that are wrong, by line."""

    def __init__(self, problems: Iterable[SheetProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def read_sheet(content: bytes) -> tuple[SheetSample, ...]:
    """The samples, in the order of their first rows.

    Raises:
        SheetError: with every problem of the sheet.
    """
    samples, problems = parse_sheet(content)
    if problems:
        raise SheetError(problems)
    return samples


def parse_sheet(content: bytes) -> tuple[tuple[SheetSample, ...], tuple[SheetProblem, ...]]:
    """The samples without a problem, in the order of their first rows, and every problem."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (), (SheetProblem(0, f"the sheet is not text in UTF-8 ({error})"),)
    problems: list[SheetProblem] = []
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    by_sample: dict[str, list[_Row]] = {}
    for row in rows:
        if isinstance(row, SheetProblem):
            problems.append(row)
            continue
        problems += row.problems()
        by_sample.setdefault(row["sample"], []).append(row)
    every = [row for of_sample in by_sample.values() for row in of_sample]
    problems += _given_twice(every)
    for of_sample in by_sample.values():
        problems += _differences(of_sample)
    if not every and not problems:
        problems.append(SheetProblem(0, "the sheet has no sample"))
    wrong = {problem.line for problem in problems}
    sound = [rows for rows in by_sample.values() if not wrong & {row.line for row in rows}]
    return tuple(map(_sample, sound)), tuple(sorted(set(problems)))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's values by column, without blanks around them."""

    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def tags(self) -> dict[str, str]:
        return {key: value for key, value in self.values.items() if value and key not in _KNOWN}

    def problems(self) -> Iterator[SheetProblem]:
        """Yield what is wrong with this row alone."""
        for message in (*self._text(), *self._names(), *self._choices(), *self._files()):
            yield SheetProblem(self.line, message)

    def _text(self) -> Iterator[str]:
        for column, value in self.values.items():
            if why := refusal(value):
                yield f"{column} {why}"
        for tag, value in self.tags.items():
            if not _TAG.fullmatch(tag):
                yield f"{tag!r} is no name of a tag: letters, digits and '_.:/=+@ -', at most 128"
            if len(value) > _MOST_OF_A_TAG:
                yield f"{tag} has more than {_MOST_OF_A_TAG} characters"

    def _names(self) -> Iterator[str]:
        if not self["sample"]:
            yield "sample is empty"
        for column in ("sample", "patient"):
            if self[column] and not re.fullmatch(NAME, self[column]):
                yield (
                    f"{column} {self[column]!r} is not allowed: letters, digits, '_', '.' and '-', "
                    "at most 64, the first a letter or digit"
                )

    def _choices(self) -> Iterator[str]:
        if self["sex"].upper() not in SEXES:
            yield f"sex {self['sex']!r} is none of XX, XY and NA (nor 2, 1 and 0)"
        if self["status"] == "1":
            yield (
                "status 1 is a tumour, and the callers here are for germline variants; set 0 to "
                "call it like one"
            )
        elif self["status"] not in ("", "0"):
            yield f"status {self['status']!r} is neither 0 (normal) nor 1 (tumour)"

    def _files(self) -> Iterator[str]:
        given = [column for column in _FILES if self[column]]
        if given not in (["fastq_1", "fastq_2"], ["bam"], ["cram"]):
            has = f"has {' and '.join(given)}" if given else "has no reads"
            yield f"the row {has}: give fastq_1 and fastq_2, or bam, or cram"
        if self["fastq_1"] and self["fastq_1"] == self["fastq_2"]:
            yield f"fastq_1 and fastq_2 are the same file: {self['fastq_1']}"
        for column in _NOT_READ:
            if self[column]:
                yield f"{column} is not read here: give fastq_1 and fastq_2, bam, or cram"


def _csv_rows(text: str) -> Iterator[_Row | SheetProblem]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if any(values) and not header:
                header = values
                yield from _wrong_header(header, line)
                if "sample" not in header:  # nothing can be said of the rows
                    return
            elif any(values) and len(values) != len(header):
                yield SheetProblem(
                    line, f"has {len(values)} cells, and the first line has {len(header)}"
                )
            elif any(values):
                yield _Row(line, dict(zip(header, values, strict=True)))
            line = reader.line_num + 1
    except csv.Error as error:
        yield SheetProblem(line, f"is not CSV: {error}")


def _wrong_header(header: list[str], line: int) -> Iterator[SheetProblem]:
    if len(header) == 1 and re.search(r"[\t;]", header[0]):
        yield SheetProblem(line, "the columns are not separated by commas")
        return
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield SheetProblem(line, f"there are {header.count(name)} columns {name!r}")
    if "sample" not in header:
        close = [name for name in header if name.lower().startswith("sample")]
        hint = f"; is it {close[0]!r}?" if close else ""
        yield SheetProblem(line, f"there is no column 'sample'{hint}")
    if not {*_FILES} & {*header}:
        yield SheetProblem(line, "there is no column of files: fastq_1 and fastq_2, bam, or cram")
    for message in _mistaken(header):
        yield SheetProblem(line, f"the column {message}")


def _mistaken(names: Collection[str]) -> Iterator[str]:
    """Yield the names that would be tags, and are nearly those of columns that have a meaning."""
    read = (*_OWN, *_RELATIVES)
    for name in names:
        lower = name.lower()
        close = get_close_matches(_OTHER_NAMES.get(lower, lower), read, 1, cutoff=0.8)
        if close and name not in {*_KNOWN, *_RELATIVES} and close[0] not in names:
            yield f"{name!r} would be a tag; is it {close[0]!r}?"


def _json_rows(text: str) -> Iterator[_Row | SheetProblem]:
    for line, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        try:
            document = read_json(row)
        except ValueError as error:
            yield SheetProblem(line, f"is not JSON: {error}")
            continue
        if not isinstance(document, dict):
            yield SheetProblem(line, "is not a JSON object")
            continue
        wrong = [
            key
            for key, value in document.items()
            if not isinstance(value, str | int | None) or isinstance(value, bool)
        ]
        if wrong:
            yield SheetProblem(line, f"{', '.join(map(repr, wrong))}: give text")
            continue
        for message in _mistaken(document):
            yield SheetProblem(line, message)
        values = {key: "" if value is None else str(value) for key, value in document.items()}
        yield _Row(line, {"sample": "", **{key: value.strip() for key, value in values.items()}})


def _given_twice(rows: Iterable[_Row]) -> Iterator[SheetProblem]:
    files: dict[str, int] = {}
    lanes: dict[tuple[str, str], int] = {}
    for row in rows:
        lane = (row["sample"], row["lane"])
        first = lanes.setdefault(lane, row.line)
        if row["lane"] and row["sample"] and first != row.line:
            yield SheetProblem(
                row.line, f"lane {lane[1]!r} of sample {lane[0]!r} is in line {first} already"
            )
        for file in filter(None, (row[column] for column in _FILES)):
            place = file if file.startswith("s3://") else posixpath.normpath(file)
            first = files.setdefault(place, row.line)
            if first != row.line:
                yield SheetProblem(row.line, f"{file} is in line {first} already")


def _differences(rows: list[_Row]) -> Iterator[SheetProblem]:
    """Yield in what the rows of one sample differ though they may not."""
    first = rows[0]
    columns = ("patient", "sex", "status", *{tag for row in rows for tag in row.tags})
    for row in rows[1:]:
        for column in columns:
            if row[column] != first[column]:
                yield SheetProblem(
                    row.line,
                    f"{column} is {row[column]!r}, and in line {first.line}, of the same sample "
                    f"{first['sample']!r}, it is {first[column]!r}",
                )
        if bool(row["fastq_1"]) != bool(first["fastq_1"]):
            yield SheetProblem(
                row.line,
                f"sample {first['sample']!r} has FASTQ files and BAM or CRAM files; give one kind",
            )


def _sample(rows: list[_Row]) -> SheetSample:
    first = rows[0]
    return SheetSample(
        sample_id=first["sample"],
        patient=first["patient"] or first["sample"],
        sex=SEXES[first["sex"].upper()],
        rows=tuple(
            SheetRow(
                row.line, row["lane"], row["fastq_1"], row["fastq_2"], row["bam"] or row["cram"]
            )
            for row in rows
        ),
        tags=first.tags,
    )
