"""A small simulated sample: genome, planted diploid variants, paired reads."""

import gzip
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

READ, INSERT, SPREAD, ERROR_RATE = 100, 320, 35, 0.002
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Variant:
    contig: str
    position: int  # 1-based, of the first base of ref, as in VCF
    ref: str
    alt: str
    is_hom: bool

    @property
    def is_snv(self) -> bool:
        return len(self.ref) == len(self.alt) == 1

    @property
    def key(self) -> tuple[str, int, str, str]:
        return (self.contig, self.position, self.ref, self.alt)


@dataclass(frozen=True)
class Sample:
    folder: Path
    fasta: Path
    variants: tuple[Variant, ...]
    first: Path
    second: Path
    pairs: int
    gff3: Path


def make_genome(rng: random.Random, lengths: dict[str, int]) -> dict[str, str]:
    return {name: "".join(rng.choices("ACGT", k=length)) for name, length in lengths.items()}


def plant(rng: random.Random, genome: dict[str, str], every: int) -> list[Variant]:
    """Variants far from each other; indels are left-aligned by construction."""
    planted = []
    for contig, sequence in genome.items():
        for position in range(every, len(sequence) - every, every):
            is_hom = rng.random() < 0.4
            kind = rng.random()
            base = sequence[position - 1]
            if kind < 0.6:
                alt = rng.choice([b for b in "ACGT" if b != base])
                planted.append(Variant(contig, position, base, alt, is_hom))
                continue
            size = rng.randint(1, 8)
            if kind < 0.8:
                ref = sequence[position - 1 : position + size]
                if ref[0] != ref[-1]:  # else it could shift to the left
                    planted.append(Variant(contig, position, ref, base, is_hom))
            else:
                inserted = "".join(rng.choices("ACGT", k=size))
                if inserted[-1] != base:
                    planted.append(Variant(contig, position, base, base + inserted, is_hom))
    return planted


def haplotypes(rng: random.Random, sequence: str, variants: list[Variant]) -> tuple[str, str]:
    copies: list[list[str]] = [[], []]
    cursor = 0
    for variant in sorted(variants, key=lambda v: v.position):
        start = variant.position - 1
        carriers = (0, 1) if variant.is_hom else (rng.randint(0, 1),)
        for index, copy in enumerate(copies):
            copy.append(sequence[cursor:start])
            copy.append(variant.alt if index in carriers else variant.ref)
        cursor = start + len(variant.ref)
    return (
        "".join(copies[0]) + sequence[cursor:],
        "".join(copies[1]) + sequence[cursor:],
    )


def _with_errors(rng: random.Random, read: str) -> tuple[str, str]:
    bases, quality = list(read), ["I"] * len(read)
    for index in range(len(bases)):
        if rng.random() < ERROR_RATE:
            bases[index] = rng.choice("ACGT")
            quality[index] = "+"
    return "".join(bases), "".join(quality)


def make_sample(folder: Path, *, seed: int, lengths: dict[str, int], depth: int) -> Sample:
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    genome = make_genome(rng, lengths)
    variants = plant(rng, genome, every=450)
    fasta = folder / "genome.fa"
    with fasta.open("w") as file:
        for name, sequence in genome.items():
            lines = [sequence[i : i + 60] for i in range(0, len(sequence), 60)]
            file.write(f">{name}\n" + "\n".join(lines) + "\n")
    for command in (["samtools", "faidx"], ["bwa", "index"]):
        subprocess.run([*command, str(fasta)], check=True, capture_output=True)
    first, second = folder / "reads_1.fastq.gz", folder / "reads_2.fastq.gz"
    number = 0
    with gzip.open(first, "wt", 1) as one, gzip.open(second, "wt", 1) as two:
        for name, sequence in genome.items():
            copies = haplotypes(rng, sequence, [v for v in variants if v.contig == name])
            for _ in range(len(sequence) * depth // (2 * READ)):
                copy = rng.choice(copies)
                size = max(READ, round(rng.gauss(INSERT, SPREAD)))
                start = rng.randint(0, len(copy) - size)
                fragment = copy[start : start + size]
                if rng.random() < 0.5:
                    fragment = fragment[::-1].translate(_COMPLEMENT)
                number += 1
                header = f"@SIM:1:HTEST:1:{1101 + number % 50}:{number}:{number}"
                mates = (fragment[:READ], fragment[::-1].translate(_COMPLEMENT)[:READ])
                for stream, mate, side in ((one, mates[0], 1), (two, mates[1], 2)):
                    bases, quality = _with_errors(rng, mate)
                    stream.write(f"{header} {side}:N:0:ACGT\n{bases}\n+\n{quality}\n")
    gff3 = folder / "genes.gff3"
    gff3.write_text(_one_gene(genome))
    return Sample(folder, fasta, tuple(variants), first, second, number, gff3)


def _one_gene(genome: dict[str, str]) -> str:
    """One gene over the first 300 bases of the first open frame of each contig."""
    lines = ["##gff-version 3"]
    for contig, sequence in genome.items():
        start = sequence.index("ATG", 1000) + 1
        end = start + 299
        for kind, parent in (("gene", ""), ("mRNA", "gene"), ("exon", "mRNA"), ("CDS", "mRNA")):
            attributes = f"ID={kind}-{contig}" + (f";Parent={parent}-{contig}" if parent else "")
            phase = "0" if kind == "CDS" else "."
            lines.append(f"{contig}\tsim\t{kind}\t{start}\t{end}\t.\t+\t{phase}\t{attributes}")
    return "\n".join(lines) + "\n"
