"""Detect contigs whose variants snpEff has annotated as if they had no genes: pure."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from seqstack.domain.step_warnings import StepWarning

type Intervals = Sequence[tuple[int, int]]
"""Genes of a contig, merged and in order; 1-based, both ends included, as in GFF3 and VCF."""

_GENE_TYPES = frozenset({"gene", "pseudogene", "mRNA", "transcript", "CDS", "exon"})
_NUMBER = re.compile("[0-9]+")
_INTERGENIC = "intergenic_region"
_MANY = 20  # without known genes, so many can't be chance
_SHOWN = 5


def gene_intervals(gff: Iterable[str]) -> dict[str, Intervals]:
    """The genes of a GFF3 or GTF by contig; a FASTA section is skipped."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line in takewhile(lambda line: not line.startswith("##FASTA"), gff):
        fields = line.split("\t", 5)
        if len(fields) > 5 and fields[2] in _GENE_TYPES and _NUMBER.fullmatch(fields[3]):
            found.setdefault(fields[0], []).append((int(fields[3]), int(fields[4])))
    return {contig: list(_merged(sorted(spans))) for contig, spans in found.items()}


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = 0, -1
    for first, last in spans:
        if first > end + 1:
            if end > 0:
                yield start, end
            start = first
        end = max(end, last)
    if end > 0:
        yield start, end


def suspicions(
    records: Iterable[str], genes: Mapping[str, Intervals] | None
) -> Iterator[StepWarning]:
    """Yield a warning if all variants of a contig are intergenic, and some lie in its genes.

    Args:
        records: lines of the annotated VCF, header or not.
        genes: of the database's annotation; None if the database was fetched. Then there is a
            warning only if there are many variants, all intergenic.
    """
    has_genes: set[str] = set()
    inside, outside = Counter[str](), Counter[str]()
    for line in records:
        contig, _, rest = line.partition("\t")
        if line.startswith("#") or contig in has_genes:
            continue
        fields = rest.split("\t", 7)
        if not _is_intergenic(fields[6]):
            has_genes.add(contig)
        elif genes and _is_within(int(fields[0]), genes.get(contig, ())):
            inside[contig] += 1
        else:
            outside[contig] += 1
    wrong = {contig: number for contig, number in inside.items() if contig not in has_genes}
    if wrong:
        most = [each for each in inside.most_common() if each[0] in wrong][:_SHOWN]
        shown = ", ".join(f"{contig} ({number:,})" for contig, number in most)
        yield StepWarning(
            "genesNotSeen",
            f"on {len(wrong)} contigs with genes all variants are annotated as intergenic, also "
            f"those in genes: {shown}; check the annotation's format and contig names",
        )
    elif genes is None and not has_genes and outside.total() >= _MANY:
        yield StepWarning(
            "allIntergenic",
            f"all {outside.total():,} variants are annotated as intergenic: does the database "
            f"belong to this reference?",
        )


def _is_intergenic(info: str) -> bool:
    annotations = next((each for each in info.split(";") if each.startswith("ANN=")), "")
    effects = {each.split("|", 2)[1] for each in annotations.split(",") if "|" in each}
    return effects == {_INTERGENIC}


def _is_within(position: int, genes: Intervals) -> bool:
    at = bisect_right(genes, position, key=lambda span: span[0])
    return at > 0 and position <= genes[at - 1][1]
