"""Set the sample name in a BAM's header, for callers that name the VCF's column by it."""

import re
from dataclasses import replace

from jobkit.calling import CallerInput
from jobkit.job import Job
from jobkit.logs import LOG
from jobkit.reheading import with_header

_SAMPLE = re.compile(r"\tSM:[^\t]*")


def with_sample_name(job: Job, given: CallerInput) -> CallerInput:
    """The input, with a new header of the BAM if its own does not name this sample."""
    sample = job.options.sample_id
    if given.header.samples == {sample}:
        return given
    LOG.info("the BAM's samples are %s: renamed to %s", sorted(given.header.samples), sample)
    renamed = with_header(job, given.bam, name_sample(given.header.text, sample))
    return replace(given, bam=renamed)


def name_sample(header: str, sample: str) -> str:
    """The SAM header with all read groups set to `sample`; one is added if there is none."""
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
