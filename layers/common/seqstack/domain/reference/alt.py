"""bwa's `.alt` file: which contigs of a FASTA are alternatives of others.

It is SAM; bwa reads the first word of each line that is no header (bwa's bntseq.c, bns_restore).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_MOST_PROBLEMS = 5


@dataclass(slots=True)
class AltContigs:
    """The names of the alternative contigs, and what is wrong with the file."""

    names: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)


def read_alt(lines: Iterable[bytes], contigs: Collection[str]) -> AltContigs:
    """Read an `.alt` of these contigs; its problems name lines."""
    found: set[str] = set()
    alt = AltContigs()
    for number, line in enumerate(lines, start=1):
        words = line.decode("utf-8", "replace").split()
        if not words or line.startswith(b"@"):
            continue
        if words[0] not in contigs:
            alt.problems.append(
                f"line {number}: the FASTA has no contig {words[0][:100]!r}: give the .alt of "
                "this FASTA, or a FASTA with these contigs"
            )
            if len(alt.problems) == _MOST_PROBLEMS:
                break
        found.add(words[0])
    if not found:
        alt.problems.append("it names no contig: leave it out")
    elif not alt.problems and found >= set(contigs):
        alt.problems.append("it names every contig: none would be a primary one")
    alt.names = frozenset(found)
    return alt
