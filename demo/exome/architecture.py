"""Where the genes lie: exons, introns, untranslated ends and strands, before any sequence."""

from dataclasses import dataclass

import numpy as np

from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Span, Strand, Transcript


@dataclass(frozen=True, slots=True)
class _Lengths:
    """A log-normal distribution of lengths in bases, clipped."""

    median: float
    log_sd: float
    least: int
    most: int

    def draw(self, count: int, rng: np.random.Generator) -> list[int]:
        drawn = np.exp(rng.normal(np.log(self.median), self.log_sd, count)).astype(int)
        return [int(length) for length in np.clip(drawn, self.least, self.most)]


# Human-like in kind, shortened so that a hundred genes fit a megabase: human coding exons have
# 150 bases or so, human introns ten times more than these.
_EXON_COUNTS = np.array([2, 3, 4, 5, 6, 7])
_EXON_COUNT_ODDS = np.array([0.15, 0.25, 0.25, 0.18, 0.11, 0.06])
_EXON_LENGTH = _Lengths(median=150.0, log_sd=0.35, least=80, most=400)
_INTRON_LENGTH = _Lengths(median=350.0, log_sd=0.5, least=120, most=1200)
_UTR5, _UTR3 = (25, 90), (40, 180)
_CHROMOSOME_END = 2_000
_BETWEEN_GENES = 300


@dataclass(frozen=True, slots=True)
class _Structure:
    """Lengths in the order of reading; the untranslated ends belong to the outer exons."""

    exons: tuple[int, ...]
    introns: tuple[int, ...]
    utr5: int
    utr3: int

    @property
    def length(self) -> int:
        return sum(self.exons) + sum(self.introns)


def lay_out_genes(spec: ExomeSpec, rng: np.random.Generator) -> tuple[Transcript, ...]:
    """One coding transcript a gene, spread over the chromosomes, half on each strand."""
    strands = rng.permutation(np.arange(spec.genes) % 2)
    placed: list[Transcript] = []
    for (chrom, length), count in zip(spec.chromosomes.items(), _shares(spec), strict=True):
        slot = (length - 2 * _CHROMOSOME_END) // count
        for n in range(count):
            number = len(placed) + 1
            structure = _draw_structure(rng, slot - 2 * _BETWEEN_GENES)
            room = slot - structure.length - _BETWEEN_GENES
            start = _CHROMOSOME_END + n * slot + int(rng.integers(_BETWEEN_GENES, room + 1))
            strand: Strand = "+" if strands[number - 1] else "-"
            placed.append(_place(structure, chrom, start, strand, number))
    return tuple(placed)


def capture_targets(spec: ExomeSpec, transcripts: tuple[Transcript, ...]) -> dict[str, list[Span]]:
    """Every exon with `target_padding` bases on both sides; what overlaps is merged."""
    targets: dict[str, list[Span]] = {chrom: [] for chrom in spec.chromosomes}
    for transcript in transcripts:
        spans = targets[transcript.chrom]
        for start, end in transcript.exons:
            padded = (start - spec.target_padding, end + spec.target_padding)
            if spans and padded[0] <= spans[-1][1]:
                spans[-1] = (spans[-1][0], padded[1])
            else:
                spans.append(padded)
    return targets


def _shares(spec: ExomeSpec) -> list[int]:
    """Genes for each chromosome, by its length; the last takes the remainder."""
    total = sum(spec.chromosome_lengths)
    shares = [round(spec.genes * length / total) for length in spec.chromosome_lengths[:-1]]
    return [*shares, spec.genes - sum(shares)]


def _draw_structure(rng: np.random.Generator, longest: int) -> _Structure:
    """A gene no longer than `longest`; what does not fit is drawn again."""
    while True:
        count = int(rng.choice(_EXON_COUNTS, p=_EXON_COUNT_ODDS))
        coding = _EXON_LENGTH.draw(count, rng)
        utr5, utr3 = int(rng.integers(*_UTR5)), int(rng.integers(*_UTR3))
        # The last exon's coding part gives up what is not a whole codon.
        coding[-1] -= sum(coding) % 3
        coding[0] += utr5
        coding[-1] += utr3
        introns = _INTRON_LENGTH.draw(count - 1, rng)
        structure = _Structure(tuple(coding), tuple(introns), utr5, utr3)
        if structure.length <= longest:
            return structure


def _place(
    structure: _Structure, chrom: str, start: int, strand: Strand, number: int
) -> Transcript:
    forward = strand == "+"
    lengths = structure.exons if forward else structure.exons[::-1]
    gaps = (*(structure.introns if forward else structure.introns[::-1]), 0)
    exons, at = [], start
    for length, gap in zip(lengths, gaps, strict=True):
        exons.append((at, at + length))
        at += length + gap
    left, right = structure.utr5, structure.utr3
    if not forward:
        left, right = right, left
    return Transcript(
        chrom=chrom,
        gene=f"GENE{number:04d}",
        name=f"TX{number:04d}.1",
        strand=strand,
        exons=tuple(exons),
        coding=(exons[0][0] + left, exons[-1][1] - right),
    )
