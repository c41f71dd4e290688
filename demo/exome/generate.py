"""Making a demo exome: `generate(DEMO, folder)`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from demo.exome import files
from demo.exome.architecture import capture_targets, lay_out_genes
from demo.exome.capture import Capture, Fragments
from demo.exome.fastq import fastq_name, write_fastq
from demo.exome.genome import build_genome
from demo.exome.haplotypes import Haplotype, build_haplotype, build_haplotypes
from demo.exome.planting import Truth, plant_variants
from demo.exome.sequencer import Reads, sequence_pairs
from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Span, Transcript

Progress = Callable[[str], None]
"""Called with the name of each stage before it starts."""

EXPECTED = "expected.tsv"
"""The file of the variants' expected effects, which only a demo exome has."""
_FOREIGN_LENGTH = 20_000
COLUMNS = (10_000, 32_000)
"""Of the clusters' x coordinates, the last one not included."""


@dataclass(frozen=True, slots=True)
class DemoExome:
    """The files of a demo exome, and how much it holds."""

    spec: ExomeSpec
    reference: Path
    annotation: Path
    targets: Path
    truth: Path
    expected: Path
    fastq1: tuple[Path, ...]
    fastq2: tuple[Path, ...]
    read_pairs: int
    target_bases: int

    @property
    def truth_index(self) -> Path:
        """The tabix index of the truth VCF."""
        return self.truth.with_name(self.truth.name + ".tbi")

    @property
    def reference_index(self) -> Path:
        """The reference's `.fai`."""
        return self.reference.with_name(self.reference.name + ".fai")

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was written."""
        return (
            self.reference, self.reference_index, self.annotation, self.targets, self.truth,
            self.truth_index, self.expected, *self.fastq1, *self.fastq2,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything about an exome but its reads."""

    genome: dict[str, str]
    transcripts: tuple[Transcript, ...]
    targets: dict[str, list[Span]]
    truths: tuple[Truth, ...]


def generate(spec: ExomeSpec, folder: Path, progress: Progress | None = None) -> DemoExome:
    """Write a demo exome into `folder`, which is made if need be; what is there is replaced.

    The same `spec` gives the same bytes in every file.

    Raises:
        RuntimeError: the genes have no room for that many variants.
        OSError: a file cannot be written.
    """
    tell = progress or (lambda _: None)
    folder.mkdir(parents=True, exist_ok=True)
    design, baits, reads = streams(spec)
    tell("genome, genes and variants")
    plan = draw_blueprint(spec, design)
    tell("reference, annotation and truth")
    design_files = write_design(spec, plan, folder)
    tell("reads")
    capture = Capture(spec, plan.genome, plan.targets, baits)
    pairs = capture.fragments_for(spec.mean_depth)
    mates = sequence(spec, haplotypes_of(plan), capture.draw(pairs), reads)
    tell("FASTQ files")
    fastq1, fastq2 = write_lanes(spec, folder, mates, reads)
    return DemoExome(
        **design_files,
        spec=spec,
        fastq1=fastq1,
        fastq2=fastq2,
        read_pairs=pairs,
        target_bases=capture.target_bases,
    )


def write_design(spec: ExomeSpec, plan: Blueprint, folder: Path) -> dict[str, Path]:
    """Write everything but the reads; return the files by their names in `DemoExome`."""
    written = {
        "reference": folder / "genome.fa",
        "annotation": folder / "genes.gff3",
        "targets": folder / "targets.bed",
        "truth": folder / "truth.vcf.gz",
        "expected": folder / EXPECTED,
    }
    # first: the next demo knows by it that the folder is an interrupted one's
    files.write_expected(written["expected"], plan.truths)
    files.write_fasta(written["reference"], plan.genome)
    pysam.faidx(str(written["reference"]))
    files.write_gff3(written["annotation"], spec, plan.transcripts)
    files.write_bed(written["targets"], plan.targets)
    files.write_truth(written["truth"], spec, plan.truths)
    return written


def draw_blueprint(spec: ExomeSpec, rng: np.random.Generator | None = None) -> Blueprint:
    """Draw genome, genes, targets and variants, without writing anything."""
    rng = rng or streams(spec)[0]
    transcripts = lay_out_genes(spec, rng)
    targets = capture_targets(spec, transcripts)
    genome = build_genome(spec, transcripts, targets, rng)
    return Blueprint(genome, transcripts, targets, plant_variants(spec, genome, transcripts, rng))


def streams(spec: ExomeSpec) -> list[np.random.Generator]:
    """Independent streams for design, baits and reads: a change of depth leaves the truth."""
    return [np.random.default_rng(s) for s in np.random.SeedSequence(spec.seed).spawn(3)]


def haplotypes_of(plan: Blueprint) -> list[tuple[Haplotype, Haplotype]]:
    """Both haplotypes of every chromosome, in the genome's order."""
    copies = build_haplotypes(plan.genome, (truth.planted for truth in plan.truths))
    return list(copies.values())


def sequence(
    spec: ExomeSpec,
    copies: Sequence[tuple[Haplotype, Haplotype]],
    fragments: Fragments,
    rng: np.random.Generator,
) -> tuple[Reads, Reads]:
    """Reads of the fragments; some fragments come twice, some are of another organism."""
    foreign = _foreign_chromosome(rng)
    number = np.arange(len(fragments))
    again = rng.random(number.size) < spec.duplicate_fraction
    number[again] = rng.integers(0, number.size, int(again.sum()))
    library = fragments.repeated(number)
    strangers = np.flatnonzero(rng.random(number.size) < spec.foreign_fraction)
    library.chromosome[strangers] = len(copies)
    library.start[strangers] = rng.integers(0, _FOREIGN_LENGTH // 2, strangers.size)
    haplotypes = [*copies, (foreign, foreign)]
    return sequence_pairs(library, haplotypes, spec.read_length, rng)


def _foreign_chromosome(rng: np.random.Generator) -> Haplotype:
    """A random sequence that is not in the reference: its reads do not align."""
    return build_haplotype("".join(rng.choice(list("ACGT"), size=_FOREIGN_LENGTH)), [])


def write_lanes(
    spec: ExomeSpec, folder: Path, mates: tuple[Reads, Reads], rng: np.random.Generator
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Deal the pairs out to the lanes in runs of equal length."""
    parts = np.array_split(np.arange(mates[0].bases.shape[0]), spec.lanes)
    written: tuple[list[Path], list[Path]] = ([], [])
    for lane, part in enumerate(parts, start=1):
        columns = rng.integers(*COLUMNS, size=part.size)
        for mate, (reads, paths) in enumerate(zip(mates, written, strict=True), start=1):
            path = folder / fastq_name(spec.sample_id, lane, mate)
            write_fastq(path, Reads(reads.bases[part], reads.qualities[part]), lane, mate, columns)
            paths.append(path)
    return tuple(written[0]), tuple(written[1])
