"""Parse and check the records of FASTQ text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqstack.domain.reads.names import MAX_NAME_CHARACTERS, read_name

LINES_PER_RECORD = 4
_SHOWN = 60
_SEQUENCE = re.compile(rb"[ACGTNRYSWKMBDHVacgtnryswkmbdhv.]*")
_QUALITY = re.compile(rb"[!-~]*")
_COLOURS = re.compile(rb"[ACGTacgt]?[0-3.]+")


@dataclass(frozen=True, slots=True)
class Record:
    """A read: its header line with `@`, its bases, and their qualities as characters."""

    header: bytes
    sequence: bytes
    quality: bytes

    @property
    def name(self) -> bytes:
        """The name, up to the first blank."""
        return read_name(self.header)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a file, with a hint."""

    problem: str
    hint: str


def records_of(text: bytes, *, is_end: bool, most: int) -> list[Record] | Fault:
    """The records at the beginning of `text`, at most `most`, or a fault.

    An incomplete last record is left out, unless the file ends there (`is_end`). Blank lines after
    the last record are ignored.
    """
    lines = text.split(b"\n")
    last = lines.pop()
    if is_end:
        lines = _without_blank_end([*lines, last])
        is_whole = len(lines) % LINES_PER_RECORD == 0
        if lines and is_whole and len(lines[-3]) > len(lines[-1]):
            return Fault("ends inside a record", "upload it again: it was truncated")
    count = min(most, len(lines) // LINES_PER_RECORD)
    made = []
    for number in range(1, count + 1):
        four = lines[LINES_PER_RECORD * (number - 1) : LINES_PER_RECORD * number]
        if fault := _fault_of(four, f"record {number:,}"):
            return fault
        made.append(Record(four[0], four[1], four[3]))
    if is_end and len(lines) % LINES_PER_RECORD:
        return Fault(
            f"ends inside a record: {len(lines):,} lines are not a multiple of 4",
            "upload it again: it was truncated",
        )
    return made


def last_record_fault(tail: bytes) -> Fault | None:
    """The fault at the end of a FASTQ text whose last bytes are `tail`, if any."""
    lines = _without_blank_end(tail.split(b"\n"))[-LINES_PER_RECORD:]
    if len(lines) < LINES_PER_RECORD:
        return None  # reads too long to check here
    whole = lines[0].startswith(b"@") and lines[2].startswith(b"+")
    # the last read may be empty, with a blank quality line
    if whole and len(lines[1]) == len(lines[3]):
        return None
    if lines[1].startswith(b"@") and lines[2] == b"" and lines[3].startswith(b"+"):
        return None
    return Fault("ends inside a record", "upload it again: it was truncated")


def _without_blank_end(lines: list[bytes]) -> list[bytes]:
    """Lines up to the last that is not blank, or that is a read's empty quality."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if end % LINES_PER_RECORD == LINES_PER_RECORD - 1 and end < len(lines):
        is_empty_read = end > 1 and lines[end - 1].startswith(b"+") and not lines[end - 2]
        end += is_empty_read
    return lines[:end]


def _fault_of(four: Sequence[bytes], where: str) -> Fault | None:
    header, sequence, plus, quality = four
    if header.startswith(b"@"):  # otherwise it may be bases, which are patient data
        where = f"{where} ({header[:_SHOWN].decode('ascii', 'replace')!r})"
    if header.endswith(b"\r") or sequence.endswith(b"\r"):
        return Fault("has lines that end in \\r\\n, as on Windows", "`tr -d '\\r'` removes the \\r")
    if not header.startswith(b"@"):
        return Fault(f"is not FASTQ: {where} does not begin with @", "give FASTQ files")
    if not plus.startswith(b"+"):
        return Fault(
            f"is not FASTQ of four lines a record: {where} has no + in its third line",
            "`seqtk seq -l0 FILE` puts sequences that are wrapped into one line",
        )
    for fault in _line_faults(header, sequence, quality, where):
        return fault
    return None


def _line_faults(header: bytes, sequence: bytes, quality: bytes, where: str) -> Iterator[Fault]:
    name = read_name(header)
    if not name:
        yield Fault(f"has a record without a name: {where}", "give each read its name")
    if len(name) > MAX_NAME_CHARACTERS:
        yield Fault(
            f"has names of more than {MAX_NAME_CHARACTERS} characters, which BAM can't hold: "
            f"{where} has {len(name)}",
            "shorten the names in both files alike",
        )
    if not _SEQUENCE.fullmatch(sequence):
        if _COLOURS.fullmatch(sequence):
            yield Fault(f"has colours in place of bases: {where}", "give reads in bases")
        elif b"U" in sequence.upper():
            yield Fault(f"has RNA: {where} holds U", "`seqkit seq --rna2dna FILE` writes T")
        else:
            yield Fault(
                f"has characters that are not bases in {where}", "give the FASTQ file whole"
            )
    if len(sequence) != len(quality):
        yield Fault(
            f"is malformed: {where} has {len(sequence)} bases and {len(quality)} qualities",
            "upload it again, or correct the record",
        )
    if not _QUALITY.fullmatch(quality):
        yield Fault(f"has invalid qualities in {where}", "give the FASTQ file whole")
