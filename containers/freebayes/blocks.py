"""Join the gVCF records of single bases without a call to blocks that stay within the regions.

freebayes' own blocks reach from one target to the next, over bases that it never looked at, and
take the depth of both. So with targets it writes a record for each base. It loses the last base, or
divides its depth by the length of the gap, and therefore it gets regions that are a base longer.

    python3 -m freebayes.blocks REGIONS.bed < bases.vcf > blocks.vcf
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

MOST_BASES = 1000
"""The most bases without a variant in one gVCF record, which has their lowest depth."""

_NO_CALL = "<*>"
_ALT, _INFO, _FORMAT, _SAMPLE = 4, 7, 8, 9
_MEANS = ("DP", "RO", "AO")  # as freebayes has them in its own blocks, rounded down
_SUMS = ("GQ", "QR", "QA")
_LOWEST = "MIN_DP"
_JOINED = (*_MEANS, *_SUMS, _LOWEST)


class _Block:
    """Consecutive bases without a call: the fields of the first, and the values of all."""

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields
        self.start = int(fields[1])
        self.bases = 1
        keys, texts = fields[_FORMAT].split(":"), fields[_SAMPLE].split(":")
        self.texts = dict(zip(keys, texts, strict=True))
        # freebayes writes -0, too
        self.values = {key: float(self.texts[key]) + 0 for key in keys if key in _JOINED}

    def take(self, base: "_Block") -> bool:
        """Take the next base; False if it does not belong to this block."""
        if (
            base.start != self.start + self.bases
            or self.bases == MOST_BASES
            or bool(base.values[_LOWEST]) != bool(self.values[_LOWEST])
        ):
            return False
        self.bases += 1
        for key, value in base.values.items():
            if key == _LOWEST:
                self.values[key] = min(self.values[key], value)
            else:
                self.values[key] += value
        return True

    def line(self) -> str:
        """The record."""
        values = {
            key: value // self.bases if key in _MEANS else value
            for key, value in self.values.items()
        }
        joined = {key: f"{value:.10g}" for key, value in values.items()}
        end = self.start + self.bases - 1
        info = f"DP={joined['DP']};END={end};{_LOWEST}={joined[_LOWEST]}"
        sample = ":".join((self.texts | joined).values())
        return "\t".join([*self.fields[:_INFO], info, self.fields[_FORMAT], sample]) + "\n"


def join_bases(lines: Iterable[str], regions: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The VCF with blocks, of records that begin in `regions` of its only contig.

    `regions` are sorted and do not touch; they count from 0, the end excluded.
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
        if region is None or start < region[0]:
            continue
        base = _Block(fields) if fields[_ALT] == _NO_CALL else None
        if block and base and block.take(base):
            continue
        if block:
            yield block.line()
        block = base
        if base is None:
            yield line
    if block:
        yield block.line()


def main() -> int:
    """Join what stdin has."""
    rows = (line.split("\t") for line in Path(sys.argv[1]).read_text().splitlines())
    sys.stdout.writelines(join_bases(sys.stdin, [(int(row[1]), int(row[2])) for row in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
