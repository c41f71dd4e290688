"""Reads a whole FASTQ file for what isaac-align would silently get wrong.

Isaac fixes the read length by the first record: if that is a short one, all longer reads are cut
to it without a word. It also aborts on truncated and unpaired files without naming them.
"""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.fastq import LINES_PER_RECORD, read_chunks

_SEPARATORS = re.compile(r"[: ]")
_FLOWCELL_FIELD = 2


@dataclass(frozen=True, slots=True)
class FastqFacts:
    """A FASTQ file's records, and lengths in bases; names are counted up to their first blank."""

    records: int
    first_length: int
    shortest: int
    longest: int
    longest_name: int


def scan_fastq(chunks: Iterable[bytes], name: str) -> FastqFacts:
    """Go through the text of the file called `name`.

    Raises:
        InvalidInputError: it is empty, cut off or malformed, or Isaac would cut or refuse it.
    """
    records = first_length = longest = longest_name = 0
    shortest = sys.maxsize
    carry = b""
    lines: list[bytes] = []
    for chunk in chunks:
        *whole, carry = (carry + chunk).split(b"\n")
        lines += whole
        end = len(lines) // LINES_PER_RECORD * LINES_PER_RECORD
        if not end:
            continue
        headers, bases, qualities = lines[0:end:4], lines[1:end:4], lines[3:end:4]
        lengths = [len(line) for line in bases]
        if lengths != [len(line) for line in qualities]:
            raise InvalidInputError(f"{name}: a record's sequence and quality differ in length")
        if not all(line.startswith(b"@") for line in headers):
            raise InvalidInputError(f"{name}: a record does not begin with @")
        if not records:
            first_length = lengths[0]
            _check_header(headers[0].decode("ascii", "replace"), name)
        records += len(headers)
        shortest, longest = min(shortest, *lengths), max(longest, *lengths)
        longest_name = max(longest_name, *(len(line.split(maxsplit=1)[0]) - 1 for line in headers))
        lines = lines[end:]
    if carry:
        lines.append(carry)
    return _finish(FastqFacts(records, first_length, shortest, longest, longest_name), lines, name)


def _finish(facts: FastqFacts, rest: list[bytes], name: str) -> FastqFacts:
    if len(rest) == LINES_PER_RECORD:  # the last record, its last line not ended
        last = scan_fastq([b"\n".join(rest) + b"\n"], name)
        facts = FastqFacts(
            facts.records + 1,
            facts.first_length or last.first_length,
            min(facts.shortest, last.shortest),
            max(facts.longest, last.longest),
            max(facts.longest_name, last.longest_name),
        )
    elif rest:
        raise InvalidInputError(f"{name} ends inside a record", hint="upload the FASTQ again")
    if not facts.records:
        raise InvalidInputError(f"{name} holds no reads", hint="check the FASTQ that was given")
    if facts.first_length < facts.longest:
        raise InvalidInputError(
            f"{name}: the first read has {facts.first_length} bases, later ones up to "
            f"{facts.longest}; isaac-align would cut them all to {facts.first_length}",
            hint="give untrimmed reads, or align with bwa",
        )
    return facts


def _check_header(header: str, name: str) -> None:
    fields = _SEPARATORS.split(header)
    if len(fields) > _FLOWCELL_FIELD and "/" in fields[_FLOWCELL_FIELD]:
        raise InvalidInputError(
            f"{name}: isaac-align takes {fields[_FLOWCELL_FIELD]!r} for the flow cell, "
            "which then differs between the mates",
            hint="remove /1 and /2 from the read names, or align with bwa",
        )


def main() -> int:
    """Scan the file given as the only argument; print the facts as JSON, or why not."""
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
