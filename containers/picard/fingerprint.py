"""A sample's fingerprint: how many reads have each base at sites of common variants: pure.

Genotypes follow from the counts alone, so that two samples are compared by what their reads say,
whatever called their variants. somalier does the same (https://doi.org/10.1186/s13073-020-00761-2).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.sites import Site, contig_lines

LEAST_CALLED: Final = 20
"""Sites: with fewer genotypes, two samples may be alike by chance."""
_LEAST_GQ: Final = 20  # seven reads of one base
_ERROR: Final = 0.01  # of a base
_MOST_OTHERS: Final = 0.1  # of the reads, with neither of the two bases
_QUALITY: Final = "20"  # of reads and of bases
_MOST_GQ: Final = 99
# samtools mpileup: `^` and a quality begin a read, `$` ends it, +2AC and -2NN are indels after it
_BEGIN_OR_END = re.compile(r"\^.|\$")
_INDEL = re.compile(r"[+-]([0-9]+)")


class Counts(NamedTuple):
    """Reads with the reference's base, with the alternative, and with another."""

    ref: int = 0
    alt: int = 0
    others: int = 0


def build_pileup_commands(bam: Path, fasta: Path, bed: Path) -> list[list[str]]:
    """The bases of reads at the sites, to stdout; by the BAM's index, without reading it all."""
    return [
        ["samtools", "view", "--uncompressed", "--use-index", "--target-file", str(bed), str(bam)],
        [
            *("samtools", "mpileup", "--no-BAQ", "--fasta-ref", str(fasta)),
            *("--positions", str(bed), "--min-MQ", _QUALITY, "--min-BQ", _QUALITY, "-"),
        ],
    ]


def count_sites(
    lines: Iterable[str], sites: Iterable[Site], contigs: Sequence[Contig]
) -> dict[Site, Counts]:
    """The counts of each site, from samtools mpileup's lines; without reads, all are 0."""
    by_place = {(contigs[site.contig].name, site.place + 1): site for site in sites}
    counts = dict.fromkeys(by_place.values(), Counts())
    for line in lines:
        chrom, position, _, _, bases, *_ = line.split("\t")
        if site := by_place.get((chrom, int(position))):
            counts[site] = _counts(bases, site)
    return counts


def genotype(counts: Counts) -> tuple[str, int]:
    """The most likely genotype and its quality, in Phred; `./.` below 20, or with other bases."""
    ref, alt, others = counts
    reads = ref + alt
    if others > _MOST_OTHERS * (reads + others):
        return "./.", 0
    wrong, right = math.log10(_ERROR), math.log10(1 - _ERROR)
    likely = {
        "0/0": alt * wrong + ref * right,
        "0/1": reads * math.log10(0.5),
        "1/1": ref * wrong + alt * right,
    }
    best, second = sorted(likely, key=likely.__getitem__, reverse=True)[:2]
    quality = min(_MOST_GQ, int(10 * (likely[best] - likely[second])))
    return (best if quality >= _LEAST_GQ else "./."), quality


def fingerprint_lines(
    counts: Mapping[Site, Counts], contigs: Sequence[Contig], sample_id: str
) -> Iterator[str]:
    """The lines of a VCF with every site."""
    yield "##fileformat=VCFv4.2\n"
    yield from contig_lines(contigs)
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    yield '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality of the genotype, Phred">\n'
    yield '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads with any base">\n'
    yield '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads with each of the bases">\n'
    yield f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample_id}\n"
    for site, found in counts.items():
        name = contigs[site.contig].name
        called, quality = genotype(found)
        yield (
            f"{name}\t{site.place + 1}\t{site.name}\t{site.ref}\t{site.alt}\t.\t.\t.\tGT:GQ:DP:AD\t"
            f"{called}:{quality}:{sum(found)}:{found.ref},{found.alt}\n"
        )


def _counts(bases: str, site: Site) -> Counts:
    counted = Counter(_without_indels(_BEGIN_OR_END.sub("", bases)).upper())
    ref, alt = counted["."] + counted[","], counted[site.alt]
    return Counts(ref, alt, sum(counted[base] for base in "ACGT") - alt)


def _without_indels(bases: str) -> str:
    kept, begin = "", 0
    while found := _INDEL.search(bases, begin):
        kept += bases[begin : found.start()]
        begin = found.end() + int(found[1])
    return kept + bases[begin:]
