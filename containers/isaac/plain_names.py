"""Rewrite FASTQ headers whose names isaac-align would not recognize as pairs.

It keeps the text after a name, so that both mates get the second one's suffix. It reads the third
field of a header, between blanks and colons, as the flow cell, and rejects mates that differ there.
Such files are rewritten with only the fragment's name in their headers.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.fastq import first_header, is_gzipped, read_chunks
from jobkit.job import Job
from jobkit.pair_names import NameTrimmer
from jobkit.processes import ProcessGroup
from seqstack.domain.progress import Phase
from seqstack.domain.reads.names import SAME, read_name, style_of

type Pair = tuple[Path, Path]

_SEPARATORS = re.compile(r"[: ]")
_FLOWCELL_FIELD = 2
_LEVEL = 1  # of gzip: fast, because the files are read only once


def with_plain_names(job: Job, lanes: list[Pair]) -> list[Pair]:
    """The lanes, with rewritten files where isaac-align would misread the headers.

    Raises:
        InvalidInputError: a file is empty, damaged or not FASTQ.
    """
    works = {}
    for pair in lanes:
        for path, mark in zip(pair, marks_of(pair) or (), strict=False):
            works[path] = [sys.executable, "-m", "isaac.plain_names", str(path), mark]
    with job.timed(Phase.CHECK_INPUT), ProcessGroup() as group:
        printed: list[str] = []
        for _ in group.run_pool(
            ([work] for work in works.values()),
            workers=job.options.threads,
            on_line=printed.append,
        ):
            continue
        for line in printed:
            problem = json.loads(line)
            raise InvalidInputError(problem["problem"], hint=problem["hint"])
    return [(_new(first, works), _new(second, works)) for first, second in lanes]


def marks_of(pair: Pair) -> tuple[str, str] | None:
    """The suffixes of the mates' names in a lane; None if isaac-align reads the headers correctly.

    Names that do not pair are detected elsewhere.
    """
    headers = [first_header(path) for path in pair]
    style = style_of(*(read_name(header.encode()) for header in headers))
    fields = [_SEPARATORS.split(header)[_FLOWCELL_FIELD:][:1] for header in headers]
    if style is None or (style == SAME and fields[0] == fields[1]):
        return None
    return style.first.decode(), style.second.decode()


def plain_text(path: Path, mark: str) -> Iterator[bytes]:
    """The text of a FASTQ file with only names in its headers, without the suffix `mark`."""
    trimmer = NameTrimmer(mark.encode(), keeps_comments=False)
    for chunk in read_chunks(path):
        yield trimmer.feed(chunk)
    yield trimmer.end()


def new_path(path: Path) -> Path:
    """The path of the rewritten file: a new name in the file's folder."""
    return path.with_name(f"plain-{path.name}")


def _new(path: Path, works: dict[Path, list[str]]) -> Path:
    if path not in works:
        return path
    path.unlink()  # scratch has room for only one copy of the sample
    return new_path(path).rename(path)


def main() -> int:
    """Rewrite the file given as the first argument; print an error as JSON."""
    path, mark = Path(sys.argv[1]), sys.argv[2]
    target = new_path(path)
    try:
        with gzip.open(target, "wb", _LEVEL) if is_gzipped(path) else target.open("wb") as file:
            for piece in plain_text(path, mark):
                file.write(piece)
    except InvalidInputError as error:
        sys.stdout.write(json.dumps({"problem": str(error), "hint": error.hint}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
