"""Check the form of FASTQ records, for programs that wait forever where one is malformed."""

from collections.abc import Sequence

from seqstack.domain.reads.records import LINES_PER_RECORD

_SHOWN = 80


class RecordForm:
    """The form of the records of a text in chunks: four lines, of which two are equally long."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._records = 0

    def feed(self, chunk: bytes) -> str:
        """Read the next chunk; return what is wrong with the first malformed record in it."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        lines = self._lines + lines
        whole = len(lines) - len(lines) % LINES_PER_RECORD
        self._lines = lines[whole:]
        return self._check(lines[:whole])

    def end(self) -> str:
        """The same of a last record without a line end."""
        return self._check([*self._lines, self._rest]) if self._rest else ""

    def _check(self, lines: Sequence[bytes]) -> str:
        headers, bases, marks, qualities = (lines[at::LINES_PER_RECORD] for at in range(4))
        is_sound = (
            {header[:1] for header in headers} <= {b"@"}
            and {mark[:1] for mark in marks} <= {b"+"}
            and list(map(len, bases)) == list(map(len, qualities))
        )
        before, self._records = self._records, self._records + len(headers)
        if is_sound:
            return ""
        for number, record in enumerate(
            zip(headers, bases, marks, qualities, strict=False), start=before + 1
        ):
            if problem := _problem(*record):
                shown = repr(record[0][:_SHOWN].decode("ascii", "replace"))
                return f"record {number:,}, {shown}: {problem}"
        return f"record {self._records + 1:,} is not four lines"


def _problem(header: bytes, bases: bytes, mark: bytes, qualities: bytes) -> str:
    if not header.startswith(b"@"):
        return "its first line does not begin with @"
    if not mark.startswith(b"+"):
        return "its third line does not begin with +"
    if len(bases) != len(qualities):
        return f"{len(bases)} bases, and {len(qualities)} qualities"
    return ""
