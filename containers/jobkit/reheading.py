"""Replace the header of a BAM without recompressing its records."""

from pathlib import Path

from jobkit.job import Job


def with_header(job: Job, bam: Path, header: str) -> Path:
    """The BAM with the SAM header `header`, indexed; the given BAM is removed."""
    text = job.scratch / "header.sam"
    text.write_text(header)
    made = bam.with_name(f"reheaded-{bam.name}")
    job.run(build_reheader_command(text, bam), stdout=made)
    job.run(build_index_command(made))
    bam.unlink()
    return made


def build_reheader_command(header: Path, bam: Path) -> list[str]:
    """The BAM or CRAM with another header, to stdout."""
    return ["samtools", "reheader", "--no-PG", str(header), str(bam)]


def build_index_command(bam: Path) -> list[str]:
    """A .bai beside the BAM, or a .crai beside the CRAM."""
    return ["samtools", "index", str(bam)]
