"""The checks of a sample of this machine, before anything is deployed."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from cli.option_names import in_options
from emulator.local_input import option_problems
from emulator.local_reads import look_at_local_reads
from emulator.local_sample import LocalSample, LocalSampleError
from emulator.staging import index_is_fresh, is_gzipped
from seqstack.domain.qc.gates import RunGates
from seqstack.domain.qc.metrics import Need
from seqstack.domain.qc.sex import unmeasurable
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta import scan_fasta
from seqstack.domain.reference.first_look import read_index
from seqstack.use_cases.look_at_reference import unmeasurable_gates

_READ_BYTES = 1 << 20


def check_sample(sample: LocalSample) -> None:
    """Check that the options fit together, every file is readable and not empty, and the reads are
    plausible.

    Raises:
        LocalSampleError: names everything that is wrong.
    """
    problems = [*reads_problems(sample), *reference_problems(sample), *option_problems(sample)]
    if problems:
        raise LocalSampleError("\n".join(problems))


def reads_problems(sample: LocalSample) -> list[str]:
    """What is wrong with the sample's reads."""
    paths = sample.reads_files
    problems = [problem for path in paths if (problem := _problem_of(path))]
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
    return [*problems, *_gate_problems(sample)]


def _gate_problems(sample: LocalSample) -> Iterator[str]:
    has = {Need.TARGETS: sample.targets is not None, Need.TRIMMING: sample.trims}
    gates = RunGates(sample.qc_gates, "{}", {need for need in has if has[need]})
    yield from map(in_options, gates.problems)
    # metrics that some references can't have; reading a genome takes seconds
    if any(unmeasurable(name, ()) for name in sample.qc_gates):
        yield from map(in_options, unmeasurable_gates(gates, _contigs(sample.reference)))


def _contigs(fasta: Path) -> Sequence[Contig]:
    """The contigs of a FASTA, from its index if that is not older; none if it can't be read."""
    try:
        if index_is_fresh(fasta, ".fai"):
            contigs, _ = read_index(fasta.with_name(f"{fasta.name}.fai").read_bytes())
            return contigs
        with (gzip.open if is_gzipped(fasta) else open)(fasta, "rb") as file:
            return scan_fasta(iter(partial(file.read, _READ_BYTES), b"")).contigs
    except (OSError, EOFError, zlib.error):  # told of as a file, or by the run
        return ()


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
