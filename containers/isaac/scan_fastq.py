"""Scan a FASTQ file for data that isaac-align would process wrongly, or reject only late.

Isaac takes the read length from the first record: if that is short, longer reads are silently cut
to it. For invalid records it aborts without naming file or record. The limits were measured with
Isaac 04.18.11.09.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.fastq import read_chunks
from seqstack.domain.reads.records import LINES_PER_RECORD

LONGEST_READ = 601  # worked; with reads of 650, isaac-align crashes (SIGSEGV)
_CODES = b"ACGTNacgtn"
_QUALITY_OFFSET, _MOST_QUALITY = 33, 63
_QUALITIES = bytes(range(_QUALITY_OFFSET, _QUALITY_OFFSET + _MOST_QUALITY + 1))


@dataclass(frozen=True, slots=True)
class FastqFacts:
    """A FASTQ file's records, and lengths in bases; names end at their first blank.

    `names` is a digest of all names in their order, without /1 and /2: mates have the same digest.
    """

    records: int
    shortest: int
    longest: int
    longest_name: int
    names: str


class _Scan:
    def __init__(self, name: str) -> None:
        self._name = name
        self._records = self._first_length = self._longest = self._longest_name = 0
        self._shortest = sys.maxsize
        self._names = hashlib.blake2b(digest_size=16)

    def take(self, lines: list[bytes]) -> None:
        """Check whole records."""
        headers, bases, qualities = lines[0::4], lines[1::4], lines[3::4]
        lengths = [len(line) for line in bases]
        if lengths != [len(line) for line in qualities]:
            raise InvalidInputError(
                f"{self._name}: a record's sequence and quality differ in length"
            )
        if not all(line.startswith(b"@") for line in headers):
            raise InvalidInputError(f"{self._name}: a record does not begin with @")
        if not self._records:
            self._first_length = lengths[0]
        self._check_letters(bases, qualities)
        names = [read_name(line) for line in headers]
        self._records += len(headers)
        self._shortest = min(self._shortest, *lengths)
        self._longest = max(self._longest, *lengths)
        self._longest_name = max(self._longest_name, *map(len, names))
        self._names.update(b"".join(fragment_name(name) + b"\n" for name in names))

    def _check_letters(self, bases: Sequence[bytes], qualities: Sequence[bytes]) -> None:
        if found := b"".join(bases).translate(None, delete=_CODES):
            record = self._records + _first_with(found[0], bases)
            raise InvalidInputError(
                f"{self._name}: record {record:,} holds {_shown(found[0])} among its bases, and "
                f"isaac-align accepts A, C, G, T and N",
                hint="align with bwa or minimap2, or replace other characters by N",
            )
        if found := b"".join(qualities).translate(None, delete=_QUALITIES):
            record = self._records + _first_with(found[0], qualities)
            raise InvalidInputError(
                f"{self._name}: record {record:,} has the quality {found[0] - _QUALITY_OFFSET} "
                f"({_shown(found[0])}), and isaac-align accepts 0 to {_MOST_QUALITY}",
                hint="qualities must be Phred + 33; Phred + 64 is converted by `seqtk seq -Q64 -V`",
            )

    def finish(self) -> FastqFacts:
        """The facts at the end of the text."""
        if not self._records:
            raise InvalidInputError(
                f"{self._name} has no reads", hint="check the FASTQ that was given"
            )
        if self._first_length < self._longest:
            raise InvalidInputError(
                f"{self._name}: the first read has {self._first_length} bases, later ones up to "
                f"{self._longest}; isaac-align would cut them all to {self._first_length}",
                hint="give untrimmed reads, or align with bwa",
            )
        if self._longest > LONGEST_READ:
            raise InvalidInputError(
                f"{self._name}: reads have up to {self._longest} bases, and isaac-align accepts "
                f"at most {LONGEST_READ}",
                hint="align with bwa or minimap2",
            )
        return FastqFacts(
            self._records,
            self._shortest,
            self._longest,
            self._longest_name,
            self._names.hexdigest(),
        )


def scan_fastq(chunks: Iterable[bytes], name: str) -> FastqFacts:
    """Scan the text of the file called `name`.

    Raises:
        InvalidInputError: it is empty, cut off or malformed, or Isaac would cut or refuse it.
    """
    scan = _Scan(name)
    carry = b""
    lines: list[bytes] = []
    for chunk in chunks:
        *whole, carry = (carry + chunk).split(b"\n")
        lines += whole
        if end := len(lines) // LINES_PER_RECORD * LINES_PER_RECORD:
            scan.take(lines[:end])
            lines = lines[end:]
    if carry:  # the last line may lack its newline
        lines.append(carry)
    if len(lines) == LINES_PER_RECORD:
        scan.take(lines)
    elif lines:
        raise InvalidInputError(f"{name} ends inside a record", hint="upload the FASTQ again")
    return scan.finish()


def read_name(header: bytes) -> bytes:
    """The name in a header line: without `@`, up to the first blank."""
    return header.split(maxsplit=1)[0][1:]


def fragment_name(name: bytes) -> bytes:
    """A read's name without its mate's number, as bwa compares names."""
    return name[:-2] if name.endswith((b"/1", b"/2")) else name


def _first_with(letter: int, lines: Sequence[bytes]) -> int:
    """The number, from 1, of the first of `lines` that contains `letter`."""
    return next(number for number, line in enumerate(lines, start=1) if letter in line)


def _shown(letter: int) -> str:
    return ascii(chr(letter))


def main() -> int:
    """Scan the file given as the only argument; print the facts or an error as JSON."""
    path = Path(sys.argv[1])
    try:
        facts = scan_fastq(read_chunks(path), path.name)
    except InvalidInputError as error:
        result: dict[str, object] = {"problem": str(error), "hint": error.hint}
    else:
        result = asdict(facts)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
