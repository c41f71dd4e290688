"""A sample's sex from the depth of X and Y and the heterozygosity of X: pure.

Where the measures agree it is a word, where they disagree it is ambiguous, and where they are too
thin it is not told. The ranges and their sources are in docs/qc.md.
"""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from seqstack.domain.numbers import whole_number
from seqstack.domain.qc.metrics import AMBIGUOUS, SEX, Value, Values
from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.sample import Sex

COLUMNS: Final = ("chrom", "targets", "bases", "relative_depth")
"""Of `qc/chromosome_depth.tsv`; see `ChromosomeDepth`."""

LEAST_QUALITY: Final = 20
"""Of a variant (QUAL) whose genotype counts."""
_LEAST_DEPTH: Final = 5.0
_LEAST_AUTOSOMAL, _LEAST_X, _LEAST_Y = 100, 20, 10  # targets
_LEAST_VARIANTS: Final = 20
# A genome's autosomes are alike, those of a capture are not: chr19 has four times chr13's genes.
_NEAR, _LEAST_NEAR = 0.25, 0.8
_DIGITS: Final = 4
_MEASURES: Final = ("xDepthRatio", "yDepthRatio", "xHeterozygosity", SEX)
_NOT_HUMAN: Final = "the lengths of X and Y are neither those of GRCh37 nor of GRCh38"


class ChromosomeDepth(NamedTuple):
    """A chromosome's depth, outside its pseudoautosomal regions.

    Attributes:
        chrom: its contig.
        targets: how many were measured; 0 if the whole genome was.
        bases: of these targets, or of the chromosome without N.
        relative: its depth divided by that of the autosomes.
    """

    chrom: str
    targets: int
    bases: int
    relative: float


@dataclass(frozen=True, slots=True)
class _Range:
    x: tuple[float, float]
    y: tuple[float, float]
    heterozygosity: tuple[float, float]


_RANGES: Final = {
    Sex.FEMALE: _Range(x=(0.75, 1.25), y=(0, 0.06), heterozygosity=(0.25, 1)),
    Sex.MALE: _Range(x=(0.25, 0.65), y=(0.2, 0.9), heterozygosity=(0, 0.15)),
}


@dataclass(frozen=True, slots=True)
class SexEvidence:
    """What a sample's data says of its sex chromosomes.

    Attributes:
        chromosomes: of the reference.
        depths: of its chromosomes; none if they could not be measured.
        mean_depth: of the targets or the genome, None if unknown.
        heterozygous: how many variants of X are.
        variants: of X that count.
    """

    chromosomes: Chromosomes
    depths: Sequence[ChromosomeDepth]
    mean_depth: float | None
    heterozygous: int
    variants: int

    @property
    def metrics(self) -> dict[str, Value]:
        """The metrics that could be measured; `sex` is one of them unless `thin` says why not."""
        found: dict[str, Value] = {}
        if (x := self._relative(self.chromosomes.x.name)) is not None:
            found["xDepthRatio"] = x
        if (y := self._relative(self.chromosomes.y.name)) is not None:
            found["yDepthRatio"] = y
        if self.variants:
            found["xHeterozygosity"] = round(self.heterozygous / self.variants, _DIGITS)
        if not self.thin:
            found[SEX] = self._word(found)
        return found

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {value:.3g}"
            for name, value in self.metrics.items()
            if not isinstance(value, str)
        )

    @property
    def thin(self) -> str:
        """Why nothing can be said of the sex; empty if something can."""
        return next(self._thin(), "")

    def _thin(self) -> Iterator[str]:
        if not self.chromosomes.assembly.name:
            yield _NOT_HUMAN
            return
        rows = {row.chrom: row for row in self.depths}
        x, y = rows.get(self.chromosomes.x.name), rows.get(self.chromosomes.y.name)
        autosomes = [rows[each.name] for each in self.chromosomes.autosomes if each.name in rows]
        if x is None or y is None or not autosomes:
            yield "the depth of X, Y or the autosomes was not measured"
            return
        if self.mean_depth is None or self.mean_depth < _LEAST_DEPTH:
            yield f"the mean depth is below {_LEAST_DEPTH:g}x"
        if any(row.targets for row in autosomes):
            for has, least, where in (
                (sum(row.targets for row in autosomes), _LEAST_AUTOSOMAL, "the autosomes"),
                (x.targets, _LEAST_X, "X"),
                (y.targets, _LEAST_Y, "Y"),
            ):
                if has < least:
                    yield f"{has} targets are on {where} outside of PAR, and {least} are needed"
        elif not _is_even(autosomes):
            yield "the autosomes differ in depth as those of a capture: give its targets"
        if self.variants < _LEAST_VARIANTS:
            yield f"{self.variants} variants of X count, and {_LEAST_VARIANTS} are needed"

    def _relative(self, chrom: str) -> float | None:
        return next((row.relative for row in self.depths if row.chrom == chrom), None)

    @staticmethod
    def _word(found: Values) -> str:
        for sex, ranges in _RANGES.items():
            measures = {
                "xDepthRatio": ranges.x,
                "yDepthRatio": ranges.y,
                "xHeterozygosity": ranges.heterozygosity,
            }
            if all(low <= float(found[name]) <= high for name, (low, high) in measures.items()):
                return sex
        return AMBIGUOUS


def unmeasurable(metric: str, contigs: Iterable[Contig]) -> str:
    """Why a run with a reference of these contigs can't measure a metric; empty if it can."""
    if metric not in _MEASURES:
        return ""
    chromosomes = Chromosomes.among(contigs)
    if chromosomes is None:
        return "the reference has no X, no Y or no autosomes by their names (chrX or X)"
    return _NOT_HUMAN if metric == SEX and not chromosomes.assembly.name else ""


def read_depths(text: str) -> list[ChromosomeDepth]:
    """The rows of `qc/chromosome_depth.tsv`.

    Raises:
        ValueError: it is not such a file.
    """
    header, *lines = text.splitlines() or [""]
    if tuple(header.split("\t")) != COLUMNS:
        raise ValueError(f"{header[:80]!r} is not the first line of the depth of chromosomes")
    return [_row(line.split("\t")) for line in lines]


def depths_as_text(depths: Iterable[ChromosomeDepth]) -> str:
    """The content of `qc/chromosome_depth.tsv`."""
    rows = (f"{d.chrom}\t{d.targets}\t{d.bases}\t{d.relative:.{_DIGITS}f}" for d in depths)
    return "".join(f"{line}\n" for line in ("\t".join(COLUMNS), *rows))


def count_genotypes(lines: Iterable[str], chromosomes: Chromosomes) -> tuple[int, int]:
    """Heterozygous variants and all, of X outside its pseudoautosomal regions.

    `lines` are position (from 1), tab, genotype (GT of VCF). A haploid variant is not heterozygous.
    """
    pars = chromosomes.pars(chromosomes.x.name)
    heterozygous = variants = 0
    for line in lines:
        position, _, genotype = line.rstrip("\n").partition("\t")
        place = int(position) - 1
        alleles = set(genotype.replace("|", "/").split("/"))
        if "." in alleles or alleles <= {"0"} or any(a <= place < b for a, b in pars):
            continue
        variants += 1
        heterozygous += len(alleles) > 1
    return heterozygous, variants


def outside(pars: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """The stretches of a contig that its pseudoautosomal regions leave, from 0, end excluded."""
    ends = [0, *(place for span in pars for place in span), length]
    for start, end in list(pairwise(ends))[::2]:
        if start < end:
            yield start, end


def _is_even(autosomes: Sequence[ChromosomeDepth]) -> bool:
    middle = statistics.median(row.relative for row in autosomes)
    near = sum(abs(row.relative - middle) <= _NEAR * middle for row in autosomes)
    return near >= _LEAST_NEAR * len(autosomes)


def _row(columns: Sequence[str]) -> ChromosomeDepth:
    chrom, targets, bases, relative = columns
    return ChromosomeDepth(chrom, whole_number(targets), whole_number(bases), float(relative))
