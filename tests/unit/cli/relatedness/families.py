"""Families whose genotypes are drawn by Mendel's laws, as fingerprints."""

import gzip
import random
from collections.abc import Callable, Mapping, Sequence

from cli.relatedness.fingerprints import Fingerprint, read_fingerprint
from picard.fingerprint import Counts, genotype
from seqstack.domain.reads.packing import BGZF_END

SITES = 4000
type Genotypes = Sequence[tuple[int, int]]


def stranger(chance: random.Random, frequency: float = 0.5) -> Genotypes:
    """Somebody, with alleles that are so frequent."""
    return [
        (int(chance.random() < frequency), int(chance.random() < frequency)) for _ in range(SITES)
    ]


def child(chance: random.Random, father: Genotypes, mother: Genotypes) -> Genotypes:
    """A child; sites are far from each other."""
    return [
        (chance.choice(one), chance.choice(other))
        for one, other in zip(father, mother, strict=True)
    ]


def family(seed: int) -> dict[str, Genotypes]:
    """Two parents, their two children, a grandchild by a stranger, and the stranger."""
    chance = random.Random(seed)
    people = {name: stranger(chance) for name in ("father", "mother", "stranger")}
    for name in ("son", "daughter"):
        people[name] = child(chance, people["father"], people["mother"])
    people["grandchild"] = child(chance, people["daughter"], people["stranger"])
    return people


def vcf(
    genotypes: Genotypes,
    depths: Mapping[int, int] | None = None,
    first: int = 1000,
    contig_of: Callable[[int], str] = lambda _site: "chr1",
) -> bytes:
    """A fingerprint's VCF; `depths` has the reads at sites that have other than 30."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tx"]
    for n, (one, other) in enumerate(genotypes):
        depth = (depths or {}).get(n, 30)
        alternate = depth * (one + other) // 2
        values = f"{min(one, other)}/{max(one, other)}:{depth - alternate},{alternate}"
        site = f"{contig_of(n)}\t{first + n * 1000}\t.\tA\tG"
        lines.append(f"{site}\t.\t.\t.\tGT:AD\t{values if depth else './.:0,0'}")
    return gzip.compress("\n".join([*lines, ""]).encode()) + BGZF_END


def mixture(
    chance: random.Random, main: Genotypes, other: Genotypes, share: float, reads: int = 30
) -> bytes:
    """A fingerprint's VCF of reads of which a share is of another person, with errors of 0.5 %."""
    depths, called = [], []
    for one, two in zip(main, other, strict=True):
        part = (1 - share) * sum(one) / 2 + share * sum(two) / 2
        part = part * 0.995 + (1 - part) * 0.005
        alternate = sum(chance.random() < part for _ in range(reads))
        depths.append(Counts(reads - alternate, alternate))
        called.append(genotype(depths[-1])[0])
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tx"]
    for n, (found, genotyped) in enumerate(zip(depths, called, strict=True)):
        site = f"chr1\t{1000 + n * 1000}\t.\tA\tG\t.\t.\t.\tGT:AD"
        lines.append(f"{site}\t{genotyped}:{found.ref},{found.alt}")
    return gzip.compress("\n".join([*lines, ""]).encode()) + BGZF_END


def fingerprint(genotypes: Genotypes) -> Fingerprint:
    """The genotypes, read back from their VCF."""
    return read_fingerprint(vcf(genotypes), "made")
