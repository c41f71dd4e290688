"""Several small simulated people of one genome, called with real callers, as their jobs call."""

import gzip
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam

from bcftools.commands import build_call_chain as bcftools_chain
from freebayes.commands import build_call_chain as freebayes_chain
from jobkit.joining import (
    build_finish_chain,
    build_gvcf_command,
    build_index_command,
    build_variants_command,
)
from tests.integration.containers.simulated import Variant, haplotypes, make_genome

_READ, _DEPTH = 100, 40
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_BARE = ("chr1", 9_000, 12_000)
"""Where the last person has no reads."""

type Alleles = tuple[tuple[int, str, str], ...]
"""A genotype: each allele's position, and its bases in the reference and here, trimmed."""


@dataclass(frozen=True)
class Person:
    name: str
    gvcf: Path
    variants: Path


def make_reference(folder: Path) -> dict[str, str]:
    genome = make_genome(random.Random(4), {"chr1": 20_000, "chr2": 6_000})
    # a repeat, where one indel can be written in several ways
    genome["chr1"] = genome["chr1"][:7_000] + "CACACACACACA" + genome["chr1"][7_012:]
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    for command in (["samtools", "faidx"], ["bwa", "index"]):
        subprocess.run([*command, str(fasta)], check=True, capture_output=True)
    return genome


def variants_of(genome: Mapping[str, str], names: Iterable[str]) -> dict[str, list[Variant]]:
    """Each person's variants: common ones, own ones, and some that are beside one another."""
    rng = random.Random(8)
    people: dict[str, list[Variant]] = {name: [] for name in names}
    for contig, text in genome.items():
        for position in range(300, len(text) - 300, 300):
            if contig == "chr1" and any(abs(position - at) < 120 for at in _CROWDED):
                continue
            base, others = text[position - 1], "ACGT".replace(text[position - 1], "")
            length = rng.randint(1, 5)
            kinds = [
                (base, rng.choice(others)),
                (base, others[0]),
                (base, base + "".join(rng.choices("ACGT", k=length))),
                (text[position - 1 : position + length], base),
            ]
            for own in people.values():
                if rng.random() < 0.4:
                    own.append(Variant(contig, position, *rng.choice(kinds), rng.random() < 0.4))
    first, second, *rest = people.values()
    for position, one, other in _crowded(genome["chr1"]):
        first.append(Variant("chr1", position, *one, False))
        second.append(Variant("chr1", *other, True))
        for third in rest[:1]:
            third.append(Variant("chr1", *other, False))
    return people


_CROWDED = (2_500, 3_500, 4_500, 5_500, 7_000)


def _crowded(
    text: str,
) -> list[tuple[int, tuple[str, str], tuple[int, str, str]]]:
    """One person's variant, and another's at, in or beside it."""

    def at(position: int, length: int = 1) -> str:
        return text[position - 1 : position - 1 + length]

    def other(position: int) -> str:
        return "ACGT".replace(at(position), "")[0]

    return [
        # a deletion, and an SNV of a deleted base
        (2_500, (at(2_500, 5), at(2_500)), (2_502, at(2_502), other(2_502))),
        # three bases at once, and an SNV of the middle one
        (
            3_500,
            (at(3_500, 3), "".join(other(3_500 + n) for n in range(3))),
            (3_501, at(3_501), "ACGT".replace(at(3_501), "")[1]),
        ),
        # an insertion, and an SNV of the base before it
        (4_500, (at(4_500), at(4_500) + "GATTC"), (4_500, at(4_500), other(4_500))),
        # two deletions that begin at the same base
        (5_500, (at(5_500, 3), at(5_500)), (5_500, at(5_500, 6), at(5_500))),
        # one repeat more, and one less
        (7_000, (at(7_000), at(7_000) + "CA"), (7_000, at(7_000, 3), at(7_000))),
    ]


def make_reads(
    folder: Path, genome: Mapping[str, str], name: str, own: list[Variant], *, bare: bool = False
) -> list[Path]:
    """Pairs of reads as two gzipped files; with `bare`, there are none in `_BARE`."""
    rng = random.Random(name)
    sides = [folder / f"{name}_{side}.fastq.gz" for side in (1, 2)]
    number = 0
    with gzip.open(sides[0], "wt", 1) as one, gzip.open(sides[1], "wt", 1) as two:
        for contig, text in genome.items():
            copies = haplotypes(rng, text, [each for each in own if each.contig == contig])
            for _ in range(len(text) * _DEPTH // (2 * _READ)):
                copy = rng.choice(copies)
                size = max(_READ, round(rng.gauss(320, 35)))
                start = rng.randint(0, len(copy) - size)
                if bare and contig == _BARE[0] and start < _BARE[2] and start + size > _BARE[1]:
                    continue
                piece = copy[start : start + size]
                number += 1
                for stream, mate in ((one, piece), (two, piece[::-1].translate(_COMPLEMENT))):
                    stream.write(f"@r{number}\n{mate[:_READ]}\n+\n{'I' * _READ}\n")
    return sides


def make_bam(folder: Path, name: str, reads: list[Path]) -> Path:
    bam = folder / f"{name}.bam"
    align = ["bwa", "mem", "-R", f"@RG\\tID:{name}\\tSM:{name}", str(folder / "genome.fa")]
    run_chain([[*align, *map(str, reads)], ["samtools", "sort", "-o", str(bam), "-"]], folder)
    pysam.index(str(bam))
    return bam


def call(folder: Path, name: str, bam: Path, caller: str, genome: Mapping[str, str]) -> Person:
    """Call contig by contig, and finish as `windowed_calling` does."""
    out = folder / caller
    out.mkdir(exist_ok=True)
    fasta = folder / "genome.fa"
    gvcfs, variants = [], []
    for contig, text in genome.items():
        bed = out / f"{name}.{contig}.bed"
        bed.write_text(f"{contig}\t0\t{len(text)}\n")
        gvcf, selected = bed.with_suffix(".g.vcf.gz"), bed.with_suffix(".bcf")
        if caller == "bcftools":
            groups = out / f"{name}.groups"
            groups.write_text(f"*\t{bam}\t{name}\n")
            chain = bcftools_chain(
                bam=bam, fasta=fasta, read_groups=groups, bed=bed, seen_bed=bed, gvcf=gvcf
            )
        else:
            chain = freebayes_chain(bam=bam, fasta=fasta, bed=bed, seen_bed=bed, gvcf=gvcf)
        run_chain(chain, folder)
        run_chain([build_variants_command(gvcf, selected)], folder)
        gvcfs.append(gvcf)
        variants.append(selected)
    lists = [out / f"{name}.{kind}.txt" for kind in ("gvcfs", "variants")]
    for path, parts in zip(lists, (gvcfs, variants), strict=True):
        path.write_text("".join(f"{part}\n" for part in parts))
    person = Person(name, out / f"{name}.g.vcf.gz", out / f"{name}.vcf.gz")
    run_chain([build_gvcf_command(lists[0], person.gvcf)], folder)
    run_chain(build_finish_chain(lists[1], fasta, person.variants, threads=1), folder)
    for path in (person.gvcf, person.variants):
        run_chain([build_index_command(path)], folder)
    return person


def run_chain(commands: list[list[str]], cwd: Path) -> None:
    done = b""
    for command in commands:
        argv = [sys.executable if word == "python3" else word for word in command]
        done = subprocess.run(argv, input=done, capture_output=True, check=True, cwd=cwd).stdout


def genotypes(vcf: Path, sample: str) -> dict[tuple[str, int], list[tuple[str, ...]]]:
    """The sample's alleles that are not the reference's, by contig and position of the record."""
    found: dict[tuple[str, int], list[tuple[str, ...]]] = {}
    with pysam.VariantFile(str(vcf)) as records:
        for record in records:
            indices = record.samples[sample]["GT"]
            if not any(indices):
                continue
            alleles = [
                "." if index is None else trimmed(record.ref or "", record.alleles[index])
                for index in indices
                if record.alleles
            ]
            found.setdefault((record.chrom, record.pos), []).append(tuple(sorted(alleles)))
    return {place: sorted(each) for place, each in found.items()}


def trimmed(ref: str, allele: str) -> str:
    """The allele without the bases at its end that REF has too, with what it replaces."""
    if allele == "*":
        return allele
    while len(ref) > 1 and len(allele) > 1 and ref[-1] == allele[-1]:
        ref, allele = ref[:-1], allele[:-1]
    return "ref" if ref == allele else f"{ref}>{allele}"
