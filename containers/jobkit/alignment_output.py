"""Check a job's sorted, duplicate-marked BAM, and publish it with its index."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jobkit.alignment_checks import count_reads, require_alignment, require_reads
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.contigs import read_fai
from jobkit.cram import cram_outputs
from jobkit.feed import Fed
from jobkit.job import Job
from jobkit.trimming import Trimming
from seqstack.domain.s3uri import S3Uri

BAM_NAME = "sorted.bam"


def publish_alignment(
    job: Job,
    args: argparse.Namespace,
    fasta: Path,
    bam: Path,
    fed: Fed,
    groups: Sequence[str],
    trimming: Trimming | None = None,
) -> None:
    """Check that the BAM has all reads, and publish it.

    Args:
        job: this job.
        args: its arguments.
        fasta: the reference, its .fai beside it.
        bam: in scratch, its index beside it.
        fed: the reads that were given.
        groups: the ids of its read groups.
        trimming: what was done to the reads before.

    Raises:
        InvalidOutputError: the BAM is damaged, or reads are missing.
    """
    require_bgzf(bam)
    require_alignment(job, bam, read_fai(Path(f"{fasta}.fai")))
    counts = count_reads(job, bam)
    require_reads(counts, fed.reads)
    job.record.facts = {
        "pairs": fed.pairs,
        "readsWithoutMate": fed.singles,
        "readGroups": list(groups),
        **counts.as_facts(),
    }
    more = cram_outputs(job, args, bam, fasta)
    if trimming:
        more |= trimming.publish_to(job, args.bam_s3_folder_path)
    target: S3Uri = args.bam_s3_folder_path / bam.name
    index_file, checksum = Path(f"{bam}.bai"), Path(f"{bam}.md5")
    require_output(index_file)
    checksum.write_text(f"{md5_of(bam)} *{bam.name}\n")
    job.publish(
        {
            bam: target,
            index_file: target.with_suffix(".bai"),
            checksum: target.with_suffix(".md5"),
            **more,
        }
    )
