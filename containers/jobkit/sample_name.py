"""A BAM under this run's sample name, for callers that name the VCF's column by it."""

import re
from dataclasses import replace
from pathlib import Path

from jobkit.calling import CallerInput
from jobkit.job import Job
from jobkit.logs import LOG

_SAMPLE = re.compile(r"\tSM:[^\t]*")


def with_sample_name(job: Job, given: CallerInput) -> CallerInput:
    """The input with its BAM under a header that names this sample, if its own does not."""
    sample = job.options.sample_id
    if given.header.samples == {sample}:
        return given
    LOG.info("the BAM's samples are %s: renamed to %s", sorted(given.header.samples), sample)
    header = job.scratch / "header.sam"
    header.write_text(name_sample(given.header.text, sample))
    renamed = job.scratch / "renamed.bam"
    job.run(build_reheader_command(header, given.bam), stdout=renamed)
    job.run(build_index_command(renamed))
    given.bam.unlink()
    return replace(given, bam=renamed)


def name_sample(header: str, sample: str) -> str:
    """A SAM header whose read groups are all of `sample`; one is added if there is none."""
    lines = [
        _SAMPLE.sub(f"\tSM:{sample}", line) if line.startswith("@RG\t") else line
        for line in header.splitlines()
    ]
    lines = [
        f"{line}\tSM:{sample}" if line.startswith("@RG\t") and "\tSM:" not in line else line
        for line in lines
    ]
    if not any(line.startswith("@RG\t") for line in lines):
        lines.append(f"@RG\tID:{sample}\tSM:{sample}")
    return "\n".join(lines) + "\n"


def build_reheader_command(header: Path, bam: Path) -> list[str]:
    """The BAM under another header, to stdout."""
    return ["samtools", "reheader", "--no-PG", str(header), str(bam)]


def build_index_command(bam: Path) -> list[str]:
    """A .bai beside the BAM."""
    return ["samtools", "index", str(bam)]
