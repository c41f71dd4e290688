"""A sample of this machine: its files, checked before anything is deployed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.local_reads import look_at_local_reads
from seqstack.domain.input_schema import check_schema
from seqstack.domain.qc.gates import Gates, gate_problems
from seqstack.domain.qc.metrics import Need
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


class LocalSampleError(ValueError):
    """A file or the id of the sample is invalid."""


@dataclass(frozen=True, slots=True)
class LocalSample:
    """One sample's files; `fastq1` and `fastq2` hold one file for each lane, in the same order.

    `reads` are BAM or CRAM files in their place, `reads_reference` is the FASTA that CRAM was made
    with, if it is another than `reference`.
    `database` names a snpEff database for when there is no `annotation` (GFF3 or GTF).
    `genetic_codes` are NCBI's numbers by contig; `left_out` are contigs that the annotation may
    name although the reference lacks them. `qc_gates` are bounds on its metrics. `parts` is
    `alignInParts` of the run's input. With `trims`, fastp trims the reads, with `fastp_args`.
    """

    sample_id: str
    reference: Path
    fastq1: tuple[Path, ...] = ()
    fastq2: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    reads_reference: Path | None = None
    annotation: Path | None = None
    targets: Path | None = None
    sites: Path | None = None
    target_padding: int | None = None
    database: str = ""
    aligner: Tool = Tool.BWA
    caller: Tool = Tool.BCFTOOLS
    genetic_codes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    fails_on_warnings: bool = False
    qc_gates: Gates = field(default_factory=dict)
    sequencing: Sequencing | None = None
    keeps_cram: bool = False
    parts: int | bool | None = None
    trims: bool = False
    fastp_args: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the run will use."""
        return tools_with(self.aligner, self.caller)

    @property
    def reads_files(self) -> tuple[Path, ...]:
        """The files of its reads."""
        return (*self.fastq1, *self.fastq2, *self.reads)

    @property
    def reference_files(self) -> tuple[Path, ...]:
        """The reference, and the files that belong to it."""
        beside = (self.reads_reference, self.annotation, self.targets, self.sites)
        return (self.reference, *filter(None, beside))


def tools_with(aligner: Tool, caller: Tool) -> tuple[Tool, ...]:
    """The tools of a run with this aligner and caller."""
    tools = SECONDARY_ANALYSIS.default_tools | {Step.ALIGN: aligner, Step.CALL_VARIANTS: caller}
    return tuple(tools.values())


def check_sample(sample: LocalSample) -> None:
    """Check that the id is valid, every file readable and not empty, and the reads plausible.

    Raises:
        LocalSampleError: names everything that is wrong.
    """
    if problems := [*reads_problems(sample), *reference_problems(sample)]:
        raise LocalSampleError("\n".join(problems))


def reads_problems(sample: LocalSample) -> list[str]:
    """What is wrong with the sample's id and its reads."""
    problems = [
        f"--sample: {problem.message}"
        for problem in check_schema({"sampleId": sample.sample_id})[0]
        if problem.path == "$.sampleId"
    ]
    paths = sample.reads_files
    problems += [problem for path in paths if (problem := _problem_of(path))]
    if len(sample.fastq1) != len(sample.fastq2):
        problems.append(
            f"lanes are unpaired: {len(sample.fastq1)} --fastq1 and {len(sample.fastq2)} --fastq2"
        )
    if bool(sample.reads) == bool(sample.fastq1 or sample.fastq2):
        problems.append("give --fastq1 and --fastq2, or --reads (BAM or CRAM) in their place")
    reads = [path.resolve() for path in paths]
    problems += [
        f"{path}: given more than once" for path in dict.fromkeys(reads) if reads.count(path) > 1
    ]
    return problems or look_at_local_reads(
        sample.sample_id, (sample.fastq1, sample.fastq2), sample.reads, sample.tools
    )


def reference_problems(sample: LocalSample) -> list[str]:
    """What is wrong with the sample's reference and annotation, and with its gates."""
    problems = [problem for path in sample.reference_files if (problem := _problem_of(path))]
    if sample.annotation and sample.database:
        problems.append("both --annotation and --database: give one of them")
    if sample.annotation is None and not sample.database:
        problems.append("no annotation: give --annotation GENES (GFF3 or GTF) or --database NAME")
    has = {Need.TARGETS: sample.targets is not None, Need.TRIMMING: sample.trims}
    gates = gate_problems(sample.qc_gates, "--gate", {need for need in has if has[need]})
    return [*problems, *map(str, gates)]


def annotation_beside(reference: Path) -> Path | None:
    """The GFF3 or GTF file with the reference's name beside it, if there is one."""
    stem = reference.name.removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    for suffix in (".gff3", ".gff3.gz", ".gff", ".gff.gz", ".gtf", ".gtf.gz"):
        if (path := reference.with_name(stem + suffix)).is_file():
            return path
    return None


def _problem_of(path: Path) -> str | None:
    if path.is_dir():
        return f"{path}: is a folder"
    if not path.is_file():
        return f"{path}: no such file"
    try:
        with path.open("rb") as file:
            return None if file.read(1) else f"{path}: the file is empty"
    except OSError as error:
        return f"{path}: can't be read ({error.strerror})"
