"""Join short gVCF records without a call to blocks whose bases all have reads, or none.

One base without reads makes MIN_DP of a block of freebayes' own 0, and the genotypes of all its
bases unknown. So freebayes writes records of `FEW_BASES`. These would reach from one target to the
next, over bases that it never looked at, and take the depth of both. So with targets it writes a
record for each base. It loses the last base, or divides its depth by the length of the gap, and
therefore it gets regions that are a base longer.

    python3 -m freebayes.blocks REGIONS.bed GENOME.fa < short.vcf > blocks.vcf
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

MOST_BASES = 1000
"""The most bases without a variant in one gVCF record, which has their lowest depth."""

FEW_BASES = 10
"""Of a record that freebayes writes where there are no targets, more or less."""

_NO_CALL = "<*>"
_END = re.compile(r"(?:^|;)END=([0-9]+)")
_PASSED_OVER = 10
"""The most bases between two records that freebayes has looked at and says nothing of: one read of
many has another base there."""
_REF, _ALT, _INFO, _FORMAT, _SAMPLE = 3, 4, 7, 8, 9
_MEANS = ("DP", "RO", "AO")  # as freebayes has them in its own blocks, rounded down
_SUMS = ("GQ", "QR", "QA")
_LOWEST = "MIN_DP"
_JOINED = (*_MEANS, *_SUMS, _LOWEST)


class _Block:
    """Consecutive records without a call: the fields of the first, and the values of all."""

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields
        self.start = int(fields[1])
        end = _END.search(fields[_INFO])
        self.end = int(end[1]) if end else self.start
        self.told = self.end - self.start + 1  # of which freebayes tells
        keys, texts = fields[_FORMAT].split(":"), fields[_SAMPLE].split(":")
        self.texts = dict(zip(keys, texts, strict=True))
        # freebayes writes -0, too
        self.values = {
            key: (float(self.texts[key]) + 0) * (self.told if key in _MEANS else 1)
            for key in keys
            if key in _JOINED
        }

    def take(self, following: "_Block") -> bool:
        """Take the next record; False if it does not belong to this block."""
        lowest = (self.values[_LOWEST], following.values[_LOWEST])
        if (
            not 0 < following.start - self.end <= (1 + _PASSED_OVER if all(lowest) else 1)
            or following.end - self.start >= MOST_BASES
            or any(lowest) != all(lowest)
        ):
            return False
        self.end = following.end
        self.told += following.told
        for key, value in following.values.items():
            if key == _LOWEST:
                self.values[key] = min(self.values[key], value)
            else:
                self.values[key] += value
        return True

    def begin_at(self, start: int, base: str) -> None:
        """Leave out what is before `start`, counted from 1, whose reference is `base`."""
        told = self.end - start + 1
        for key in self.values.keys() - {_LOWEST}:
            self.values[key] = self.values[key] * told // self.told
        self.fields[1], self.fields[_REF] = str(start), base
        self.start, self.told = start, told

    def line(self) -> str:
        """The record."""
        values = {
            key: value // self.told if key in _MEANS else value
            for key, value in self.values.items()
        }
        joined = {key: f"{value:.10g}" for key, value in values.items()}
        info = f"DP={joined['DP']};END={self.end};{_LOWEST}={joined[_LOWEST]}"
        sample = ":".join((self.texts | joined).values())
        return "\t".join([*self.fields[:_INFO], info, self.fields[_FORMAT], sample]) + "\n"


def join_records(
    lines: Iterable[str], regions: Sequence[tuple[int, int]], base_at: Callable[[str, int], str]
) -> Iterator[str]:
    """The VCF with blocks, of calls that begin in `regions` of its only contig.

    `regions` are sorted and do not touch; they count from 0, the end excluded. A record without
    a call that reaches into one from before begins where that begins: `base_at` gives the
    reference there, by contig and place, counted from 1.
    """
    waiting = iter(regions)
    region = next(waiting, None)
    block: _Block | None = None
    for line in lines:
        if line.startswith("#"):
            yield line
            continue
        fields = line.rstrip("\n").split("\t")
        start = int(fields[1]) - 1
        while region and start >= region[1]:
            region = next(waiting, None)
            if block:
                yield block.line()
                block = None
        if region is None:
            continue
        found = _Block(fields) if fields[_ALT] == _NO_CALL else None
        if start < region[0]:
            if found is None or found.end <= region[0]:
                continue
            found.begin_at(region[0] + 1, base_at(fields[0], region[0] + 1))
        if block and found and block.take(found):
            continue
        if block:
            yield block.line()
        block = found
        if found is None:
            yield line
    if block:
        yield block.line()


def _base_at(fasta: str, contig: str, position: int) -> str:
    # a name in braces may have a colon
    command = ["samtools", "faidx", fasta, f"{{{contig}}}:{position}-{position}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split("\n")[1].upper()


def main() -> int:
    """Join what stdin has."""
    bed, fasta = sys.argv[1:]
    rows = (line.split("\t") for line in Path(bed).read_text().splitlines())
    regions = [(int(row[1]), int(row[2])) for row in rows]
    sys.stdout.writelines(join_records(sys.stdin, regions, partial(_base_at, fasta)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
