"""Fill the genotypes of samples without a variant record into a window's merged records.

`bcftools merge` leaves them open (`./.`). They are 0/0 where the sample's gVCF covers the base,
with the block's lowest depth. `bcftools merge --gvcf` would do so itself, but it loses genotypes
beside indels, and records that overlap a block (decision 54).

    python3 -m bcftools_merge.fill SAMPLES.json BED COUNTS.json < merged.vcf > filled.vcf

SAMPLES.json lists the gVCFs in the order of the columns, with their caller. BED is rewritten for
each batch of records. COUNTS.json gets the number of alternative genotypes of each sample.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from bcftools_merge.callers import CALLERS, Caller
from bcftools_merge.commands import build_query_command
from bcftools_merge.coverage import Coverage, read_coverage

_FIXED = 9
_INFO, _FORMAT = 7, 8
_CELLS = 2_000_000  # of a batch: some 200 MB
_MISSING = frozenset({"./.", ".", ".|."})
_OURS = ("AC", "AN", "AF", "NS")
_HEADER = (
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="Alleles of each ALT in the genotypes">\n'
    '##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles in the genotypes">\n'
    '##INFO=<ID=AF,Number=A,Type=Float,Description="AC divided by AN">\n'
    '##INFO=<ID=NS,Number=1,Type=Integer,Description="Samples with a genotype">\n'
)


class Filler:
    """The samples of a window.

    Attributes:
        gvcfs: in the order of the columns.
        caller: of all of them.
        bed: a file of this window's own.
        alternatives: the number of genotypes with an alternative allele of each sample.
    """

    def __init__(self, gvcfs: Sequence[Path], caller: Caller, bed: Path) -> None:
        self.gvcfs, self.caller, self.bed = gvcfs, caller, bed
        self.alternatives = [0] * len(gvcfs)

    def fill(self, lines: Iterable[str]) -> Iterator[str]:
        """The VCF with every genotype that is known."""
        records = self._header(lines)
        for _, rows in groupby(map(_split, records), key=lambda row: row[0]):
            yield from self._header_once()
            batch: list[list[str]] = []
            for row in rows:
                batch.append(row)
                if len(batch) * len(self.gvcfs) >= _CELLS:
                    yield from self._filled(batch)
                    batch = []
            yield from self._filled(batch)
        yield from self._header_once()

    def _header(self, lines: Iterable[str]) -> Iterator[str]:
        self._lines: list[str] = []
        for line in lines:
            if not line.startswith("#"):
                yield line
            elif line.startswith("#CHROM"):
                self._lines += [_HEADER, line]
            elif not any(line.startswith(f"##INFO=<ID={name},") for name in _OURS):
                self._lines.append(line)

    def _header_once(self) -> Iterator[str]:
        yield from self._lines
        self._lines = []

    def _filled(self, rows: Sequence[list[str]]) -> Iterator[str]:
        if not rows:
            return
        positions = sorted({int(row[1]) for row in rows})
        places = {position: place for place, position in enumerate(positions)}
        known = [self._coverage(gvcf, rows[0][0], positions) for gvcf in self.gvcfs]
        for row in rows:
            yield self._record(row, places[int(row[1])], known)

    def _coverage(self, gvcf: Path, contig: str, positions: Sequence[int]) -> Coverage:
        self.bed.write_text(f"{contig}\t{positions[0] - 1}\t{positions[-1]}\n")
        command = build_query_command(gvcf, self.bed, self.caller)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as query:
            assert query.stdout is not None  # noqa: S101 - a pipe
            found = read_coverage(query.stdout, positions, calls_blocks=self.caller.calls_blocks)
        if query.returncode:
            raise subprocess.CalledProcessError(query.returncode, command)
        return found

    def _record(self, row: list[str], place: int, known: Sequence[Coverage]) -> str:
        columns = row[_FORMAT].split(":")
        at = columns.index("DP") if "DP" in columns else 0
        middle, rest = ":." * (at - 1) + ":", ":." * (len(columns) - at - 1)
        genotypes: Counter[str] = Counter()
        for number, cell in enumerate(row[_FIXED:]):
            genotype = cell.partition(":")[0]
            if genotype in _MISSING:
                covered = known[number].genotype(place)
                if covered:
                    genotype, depth = covered
                    depths = f"{middle}{depth}{rest}" if at else ":." * (len(columns) - 1)
                    row[_FIXED + number] = f"{genotype}{depths}"
            elif genotype.strip("0/|."):
                self.alternatives[number] += 1
            genotypes[genotype] += 1
        row[_INFO] = _info(genotypes, row[4].count(",") + 1)
        return "\t".join(row) + "\n"


def _split(line: str) -> list[str]:
    return line.rstrip("\n").split("\t")


def _info(genotypes: Counter[str], alternatives: int) -> str:
    alleles: Counter[str] = Counter()
    for genotype, samples in genotypes.items():
        for allele in genotype.replace("|", "/").split("/"):
            alleles[allele] += samples
    samples = sum(n for genotype, n in genotypes.items() if genotype.strip("./|"))
    del alleles["."]
    total = alleles.total()
    counts = [alleles[str(number)] for number in range(1, alternatives + 1)]
    shares = ",".join(f"{count / total:.6g}" if total else "." for count in counts)
    return f"AC={','.join(map(str, counts))};AN={total};AF={shares};NS={samples}"


def main() -> int:
    """Fill what stdin has."""
    document = json.loads(Path(sys.argv[1]).read_text())
    caller = next(each for each in CALLERS if each.name == document["caller"])
    filler = Filler([Path(each) for each in document["gvcfs"]], caller, Path(sys.argv[2]))
    sys.stdout.writelines(filler.fill(sys.stdin))
    Path(sys.argv[3]).write_text(json.dumps(filler.alternatives))
    return 0


if __name__ == "__main__":
    sys.exit(main())
