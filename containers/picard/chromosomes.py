"""The depth of each chromosome relative to the autosomes: of the targets, or of the genome."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from seqstack.domain.qc.sex import ChromosomeDepth, outside
from seqstack.domain.reference.chromosomes import Chromosomes, Span
from seqstack.domain.reference.fasta import FastaContig

_BLOCK = 1 << 20
# Half of Y's genes are copies of each other, on which no read is placed with a mapping quality
# above 0. The upper quartile is a depth of the others.
_QUARTILES, _UPPER = 4, 2


def build_count_command(bam: Path, regions: Iterable[str], threads: int) -> list[str]:
    """The reads in the regions, to stdout: primary, no duplicates, placed with certainty."""
    return [
        *("samtools", "view", "--count", "--threads", str(threads - 1)),
        *("--min-MQ", "20", "--exclude-flags", "UNMAP,SECONDARY,QCFAIL,DUP,SUPPLEMENTARY"),
        *(str(bam), *regions),
    ]


def regions_outside_pars(chromosomes: Chromosomes, contig: str, length: int) -> Iterator[str]:
    """A contig's regions as samtools reads them, from 1, the end included."""
    for start, end in outside(chromosomes.pars(contig), length):
        yield f"{contig}:{start + 1}-{end}"


def depth_of_targets(
    rows: Iterable[Mapping[str, str]], chromosomes: Chromosomes
) -> list[ChromosomeDepth]:
    """From Picard's depth of each target; those that reach into a PAR are left out."""
    found: dict[str, list[tuple[int, float]]] = {each.name: [] for each in chromosomes.contigs}
    for row in rows:
        chrom, start, end = row["chrom"], int(row["start"]) - 1, int(row["end"])
        if chrom in found and not any(a < end and start < b for a, b in chromosomes.pars(chrom)):
            found[chrom].append((end - start, float(row["mean_coverage"])))
    autosomal = [depth for each in chromosomes.autosomes for _, depth in found[each.name]]
    whole = statistics.median(autosomal) if autosomal else 0
    if not whole:
        return []
    return [
        ChromosomeDepth(
            chrom,
            len(targets),
            sum(bases for bases, _ in targets),
            _middle([depth for _, depth in targets], is_y=chrom == chromosomes.y.name) / whole,
        )
        for chrom, targets in found.items()
        if targets
    ]


def depth_of_genome(
    counts: Mapping[str, int], bases: Mapping[str, int], chromosomes: Chromosomes
) -> list[ChromosomeDepth]:
    """From the reads of each chromosome, and its bases that are not N, both outside its PARs."""
    known = {chrom: counts[chrom] / bases[chrom] for chrom in counts if bases[chrom]}
    autosomal = [known[each.name] for each in chromosomes.autosomes if each.name in known]
    whole = statistics.median(autosomal) if autosomal else 0
    if not whole:
        return []
    return [ChromosomeDepth(each, 0, bases[each], depth / whole) for each, depth in known.items()]


def bases_without_n(fasta: Path, contig: FastaContig, spans: Iterable[Span]) -> int:
    """How many bases of the spans of a contig are not N."""
    with fasta.open("rb") as file:
        return sum(_bases(file.seek, file.read, contig, *span) for span in spans)


def _bases(
    seek: Callable[[int], int],
    read: Callable[[int], bytes],
    contig: FastaContig,
    start: int,
    end: int,
) -> int:
    first, last = _offset(contig, start), _offset(contig, end - 1) + 1
    seek(first)
    unknown = 0
    for begin in range(first, last, _BLOCK):
        block = read(min(_BLOCK, last - begin))
        unknown += block.count(b"N") + block.count(b"n")
    return end - start - unknown


def _offset(contig: FastaContig, place: int) -> int:
    line, column = divmod(place, contig.line_bases)
    return contig.offset + line * contig.line_bytes + column


def _middle(depths: list[float], *, is_y: bool) -> float:
    if is_y and len(depths) > 1:
        return statistics.quantiles(depths, n=_QUARTILES, method="inclusive")[_UPPER]
    return statistics.median(depths)
