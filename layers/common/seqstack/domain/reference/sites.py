"""Sites of common variants (VCF), at which samples are told apart: biallelic SNVs."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from seqstack.domain.numbers import whole_number
from seqstack.domain.reference.contigs import Contig

MOST_SITES: Final = 100_000
"""More cost time and tell no more: somalier has 17,766 for a human genome."""
_MOST_PROBLEMS: Final = 5
_COLUMNS: Final = 5  # CHROM POS ID REF ALT
_BASES: Final = frozenset("ACGT")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SELECT: Final = "select them by `bcftools view --types snps --min-alleles 2 --max-alleles 2`"


class Site(NamedTuple):
    """An SNV: its contig's number in the FASTA, its place from 0, both bases and its ID, or `.`."""

    contig: int
    place: int
    ref: str
    alt: str
    name: str


@dataclass(slots=True)
class Sites:
    """What a VCF holds: `sites` sorted as the FASTA has its contigs."""

    sites: tuple[Site, ...] = ()
    problems: list[str] = field(default_factory=list)


def read_sites(
    lines: Iterable[bytes],
    contigs: Sequence[Contig],
    base_at: Callable[[int, int], str] | None = None,
) -> Sites:
    """Read a VCF of these contigs; its problems name lines.

    `base_at` gives the FASTA's base at a place of a contig; without it, REF is not compared.
    """
    numbers = {contig.name: number for number, contig in enumerate(contigs)}
    found: dict[tuple[int, int], Site] = {}
    read = Sites()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        try:
            site = _site(text, numbers, contigs, base_at)
            if (site.contig, site.place) in found:
                raise ValueError(f"there are two variants at this place: {_SELECT}")
            if len(found) == MOST_SITES:
                raise ValueError(f"there are more than {MOST_SITES:,} sites: give fewer")
            found[site.contig, site.place] = site
        except ValueError as error:
            read.problems.append(f"line {number}: {error}")
            if len(read.problems) == _MOST_PROBLEMS or len(found) == MOST_SITES:
                break
    if not found and not read.problems:
        read.problems.append("it has no variants: give a VCF of common biallelic SNVs")
    read.sites = tuple(sorted(found.values()))
    return read


def sites_as_vcf(sites: Iterable[Site], contigs: Sequence[Contig]) -> Iterator[str]:
    """The lines of a VCF without samples."""
    yield "##fileformat=VCFv4.2\n"
    yield from contig_lines(contigs)
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    for site in sites:
        name = contigs[site.contig].name
        yield f"{name}\t{site.place + 1}\t{site.name}\t{site.ref}\t{site.alt}\t.\t.\t.\n"


def sites_as_bed(sites: Iterable[Site], contigs: Sequence[Contig]) -> Iterator[str]:
    """The lines of a BED file."""
    for site in sites:
        yield f"{contigs[site.contig].name}\t{site.place}\t{site.place + 1}\n"


def contig_lines(contigs: Iterable[Contig]) -> Iterator[str]:
    """The contigs in the header of a VCF."""
    for contig in contigs:
        yield f"##contig=<ID={contig.name},length={contig.length}>\n"


def _site(
    line: bytes,
    numbers: dict[str, int],
    contigs: Sequence[Contig],
    base_at: Callable[[int, int], str] | None,
) -> Site:
    columns = line.decode("utf-8", "replace").split("\t", _COLUMNS)
    if len(columns) < _COLUMNS:
        raise ValueError("it has fewer than five columns: give a VCF")
    name, position, identity, ref, alt = columns[:_COLUMNS]
    if name not in numbers:
        raise ValueError(
            f"the FASTA has no contig {name[:100]!r}: give the sites of this assembly, with its "
            "names of contigs"
        )
    contig = numbers[name]
    try:
        place = whole_number(position) - 1
    except ValueError:
        place = -1
    if not 0 <= place < contigs[contig].length:
        raise ValueError(
            f"{position[:100]!r} is no place on {name}, which has {contigs[contig].length:,} bases"
        )
    ref, alt = ref.upper(), alt.upper()
    if not {ref, alt} <= _BASES or ref == alt:
        raise ValueError(f"{ref[:50]} to {alt[:50]!r} is not a biallelic SNV: {_SELECT}")
    if base_at and (base := base_at(contig, place)) != ref:
        raise ValueError(
            f"REF is {ref}, and the FASTA has {base} there: the sites belong to another assembly"
        )
    return Site(contig, place, ref, alt, identity if _ID.fullmatch(identity) else ".")
