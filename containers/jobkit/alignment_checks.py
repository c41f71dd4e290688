"""Check a BAM against its reads and reference, and warn of suspicious counts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jobkit.contigs import BamHeader, read_bam_header, require_same_contigs
from jobkit.errors import InvalidInputError, InvalidOutputError
from jobkit.job import Job
from seqstack.domain.step_warnings import StepWarning

_FEW_ALIGNED = 0.5
_FEW_PROPER = 0.1


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """Reads of a BAM, each counted once: secondary and supplementary records are left out.

    `paired` have a mate, by their flags; `failed` are those that did not pass the sequencer's
    filter.
    """

    reads: int
    aligned: int
    proper: int
    paired: int = 0
    failed: int = 0

    @property
    def passed(self) -> int:
        """Reads that passed the sequencer's filter."""
        return self.reads - self.failed

    @classmethod
    def parse(cls, flagstat: str) -> Self:
        """Parse the output of `samtools flagstat -O json`."""
        both = json.loads(flagstat)
        parts = (both["QC-passed reads"], both["QC-failed reads"])
        keys = ("primary", "primary mapped", "properly paired", "paired in sequencing")
        reads, aligned, proper, paired = (sum(int(part[key]) for part in parts) for key in keys)
        return cls(reads, aligned, proper, paired, failed=int(parts[1]["primary"]))

    def as_facts(self) -> dict[str, int]:
        """The counts for provenance; later steps must find `reads` reads."""
        return {
            "reads": self.reads,
            "readsAligned": self.aligned,
            "readsInProperPairs": self.proper,
        }


def build_count_command(bam: Path, *, threads: int) -> list[str]:
    """`samtools flagstat` to stdout, which reads the BAM to its end."""
    return ["samtools", "flagstat", "-@", str(threads - 1), "-O", "json", str(bam)]


def require_alignment(
    job: Job, bam: Path, contigs: Mapping[str, int], *, is_sorted: bool = True
) -> None:
    """Check the header of a BAM that was aligned to a reference with these contigs.

    `is_sorted` is False for one that a later job sorts.

    Raises:
        InvalidOutputError: it is cut off, unsorted, or of another sample.
        InvalidInputError: its contigs are not those of the reference.
    """
    header = require_header(job, bam, is_sorted=is_sorted)
    try:
        require_same_contigs(header.contigs, contigs, both_ways=True)
    except InvalidInputError as error:
        raise InvalidInputError(
            "the aligner's index belongs to another FASTA than the reference",
            hint="index the reference again, and upload FASTA, .fai and index together",
            evidence=error.evidence,
        ) from error


def require_header(job: Job, bam: Path, *, is_sorted: bool = True) -> BamHeader:
    """The header of a BAM that an aligner has made; sorted, unless a later job sorts it.

    Raises:
        InvalidOutputError: it is cut off, unsorted, or of another sample.
    """
    try:
        header = read_bam_header(bam)
    except InvalidInputError as error:
        raise InvalidOutputError(str(error), evidence=error.evidence) from error
    if is_sorted and not header.is_sorted:
        raise InvalidOutputError(f"{bam.name} is not sorted by coordinate")
    if header.samples != {job.options.sample_id}:
        raise InvalidOutputError(f"the BAM's samples are {sorted(header.samples)}")
    return header


def count_reads(job: Job, bam: Path) -> ReadCounts:
    """Count the reads of a BAM; suspicious counts become warnings of the job."""
    counts = count_reads_of(job, bam)
    for found in suspicions(counts):
        job.record.add_warning(found.code, found.message)
    return counts


def count_reads_of(job: Job, file: Path, *, env: Mapping[str, str] | None = None) -> ReadCounts:
    """Count the reads of a BAM or CRAM in scratch."""
    counted = Path(f"{file}.flagstat.json")
    command = build_count_command(file.relative_to(job.scratch), threads=job.options.threads)
    job.run(command, stdout=counted, cwd=job.scratch, env=env)
    return ReadCounts.parse(counted.read_text())


def require_reads(counts: ReadCounts, reads: int) -> None:
    """Check that a BAM has every read that was given, once.

    Raises:
        InvalidOutputError: it does not.
    """
    if counts.reads != reads:
        raise InvalidOutputError(f"the BAM has {counts.reads:,} reads, and {reads:,} were given")


def suspicions(counts: ReadCounts) -> Iterator[StepWarning]:
    """Yield warnings of unusual counts."""
    if counts.aligned < counts.reads * _FEW_ALIGNED:
        share = counts.aligned / counts.reads
        yield StepWarning(
            "fewReadsAligned",
            f"{counts.aligned:,} of {counts.reads:,} reads ({share:.1%}) are aligned: is the "
            f"reference from another species, or is the sample contaminated?",
        )
    if counts.proper < counts.aligned * _FEW_PROPER:
        yield StepWarning(
            "fewProperPairs",
            f"{counts.proper:,} of {counts.aligned:,} aligned reads are in proper pairs: are the "
            "two files of a lane first and second reads of the same fragments?",
        )
