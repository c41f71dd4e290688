"""The alignment as CRAM, beside the BAM: the same records, with the same tags."""

import argparse
import re
from pathlib import Path

from jobkit.checks import require_output
from jobkit.contigs import read_sam_header
from jobkit.errors import InvalidOutputError
from jobkit.job import Job
from jobkit.reference import plain_fasta
from jobkit.reheading import build_index_command, build_reheader_command
from seqstack.domain.s3uri import S3Uri

_FASTA_OF = re.compile(r"(?<=\tUR:)[^\t\n]*")


def cram_outputs(job: Job, args: argparse.Namespace, bam: Path, fasta: Path) -> dict[Path, S3Uri]:
    """The BAM as CRAM with its index, and where they go; none if the job is not asked for them.

    Raises:
        InvalidOutputError: the CRAM does not give the BAM's records again.
    """
    if args.alignment_format != "cram":
        return {}
    cwd = job.scratch
    plain = plain_fasta(fasta, cwd / "cram-reference").relative_to(cwd)
    made, cram = bam.with_suffix(".made.cram"), bam.with_suffix(".cram")
    threads = job.options.threads
    job.run(build_cram_command(bam, plain, made, threads=threads), cwd=cwd)
    header = cwd / "cram-header.sam"
    # samtools names the FASTA by its path in scratch, which is gone after the job
    header.write_text(_FASTA_OF.sub(str(args.reference_s3_path), read_sam_header(made)))
    job.run(build_reheader_command(header, made), stdout=cram)
    made.unlink()
    job.run(build_index_command(cram))
    index = Path(f"{cram}.crai")
    require_output(index)
    of_bam, of_cram = (_digests(job, path, plain) for path in (bam, cram))
    if of_bam != of_cram:
        raise InvalidOutputError(
            "the CRAM does not give the BAM's records again",
            hint="leave alignmentFormat out, and tell the authors which options the aligner had",
            evidence=[*of_bam, *of_cram],
        )
    target: S3Uri = args.bam_s3_folder_path / cram.name
    return {cram: target, index: target.with_suffix(".crai")}


def build_cram_command(bam: Path, fasta: Path, cram: Path, *, threads: int) -> list[str]:
    """`samtools view -C`, with MD and NM as they are instead of computed anew when it is read."""
    kept = [f"--output-fmt-option=store_{tag}=1" for tag in ("md", "nm")]
    return [
        *("samtools", "view", "--no-PG", "-@", str(threads - 1), "-C", *kept),
        *("--output-fmt-option=version=3.0", "-T", str(fasta), "-o", str(cram), str(bam)),
    ]


def build_records_command(file: Path, fasta: Path, tags: str, *, threads: int) -> list[str]:
    """The records of a BAM or CRAM as text, without MD and NM that they do not have."""
    return [
        *("samtools", "view", "--no-PG", "-@", str(threads - 1), tags),
        *("--input-fmt-option=decode_md=0", "-T", str(fasta), str(file)),
    ]


def _digests(job: Job, file: Path, fasta: Path) -> list[str]:
    """Checksums of all but the read groups, and of these, which CRAM moves behind other tags."""
    digest = Path(f"{file}.records")
    made = []
    for tags in ("--remove-tag=RG", "--keep-tag=RG"):
        records = build_records_command(file, fasta, tags, threads=job.options.threads)
        job.run(records, ["md5sum"], stdout=digest, cwd=job.scratch)
        made.append(digest.read_text())
    return made
