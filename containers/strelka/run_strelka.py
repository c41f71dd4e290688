"""Call variants with Strelka 2: BAM to variants.vcf.gz and a gVCF, both indexed."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jobkit.calling import (
    CallerInput,
    add_caller_arguments,
    checked_calls,
    stage_call_regions,
    stage_caller_input,
)
from jobkit.errors import JobError, ToolFailedError
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, add_timeout_argument, has_option, job_parser
from jobkit.sample_name import with_sample_name
from jobkit.windows import Interval
from jobkit.windows import as_bed as regions_as_bed
from seqstack.domain.sequencing import Sequencing
from seqstack.tools.strelka import CAPTURED_OPTIONS, SEQUENCING_OPTION, STRELKA
from strelka.captured import as_bed, build_depth_command, is_captured, sample_windows
from strelka.commands import build_configure_command, build_run_command
from strelka.failure import report_lines, workflow_failure
from strelka.filters import count_filters, high_depth_warning
from strelka.segments import Segments

_TIMEOUT_MINUTES = 720  # a failed task takes 3 minutes: two retries, 90 s apart


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_strelka.py", __doc__)
    add_caller_arguments(made)
    made.add_argument(
        SEQUENCING_OPTION,
        choices=[str(each) for each in Sequencing],
        help="what was sequenced; by default, the depth decides",
    )
    add_timeout_argument(made, default_minutes=_TIMEOUT_MINUTES)
    return made


def call(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    staged = with_sample_name(job, stage_caller_input(job, args, both_ways=True))
    given = stage_call_regions(job, args, staged)
    sequencing = _sequencing(job, args, given)
    run_dir = job.scratch / "strelka"
    # our PYTHONPATH is for Python 3; Strelka is Python 2
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    run = build_run_command(
        run_dir,
        threads=job.options.threads,
        memory_gib=job.options.memory_gib,
        task_mib=_task_mib(job),
    )
    configure = build_configure_command(
        given.bam,
        given.fasta,
        run_dir,
        job.options.cmd_args,
        is_captured=sequencing is Sequencing.EXOME,
        regions=_pack_regions(job, given.regions) if given.regions else None,
    )
    job.run(configure, cwd=job.scratch, env=env)
    try:
        with job.heartbeat.counting(Segments(run_dir)):
            job.run(run, cwd=job.scratch, env=env, timeout_seconds=args.timeout_minutes * 60)
    except ToolFailedError as error:
        raise workflow_failure(run_dir) or error from error
    except JobError:
        for line in report_lines(run_dir):
            LOG.info("%s", line)
        raise
    if failure := workflow_failure(run_dir):
        raise failure
    _publish(job, args, run_dir / "results")


def _publish(job: Job, args: argparse.Namespace, results: Path) -> None:
    """Check Strelka's outputs and write them, its own files beside those of every caller."""
    variants = results / "variants" / "variants.vcf.gz"
    counts = count_filters(variants)
    job.record.facts |= {"records": counts["records"], "passing": counts["PASS"]}
    if warning := high_depth_warning(counts):
        job.record.add_warning("nearlyAllHighDepth", warning)
    # a symbolic link to the first sample's, genome.S1.vcf.gz, which is the only one here
    gvcf = results / "variants" / "genome.vcf.gz"
    outputs = checked_calls(job, args, variants=variants, gvcf=gvcf)
    own = [output.path.removeprefix("vcf/") for output in STRELKA.more_outputs]
    job.publish(outputs | {results / name: args.vcf_s3_path / name for name in own})


def _pack_regions(job: Job, regions: Sequence[Interval]) -> Path:
    """The regions as Strelka takes them: bgzipped, with a tabix index."""
    plain, packed = job.scratch / "regions.bed", job.scratch / "regions.bed.gz"
    plain.write_text(regions_as_bed(regions))
    job.run(["bgzip", "--stdout", str(plain)], stdout=packed)
    job.run(["tabix", "--preset", "bed", str(packed)])
    return packed


def _sequencing(job: Job, args: argparse.Namespace, given: CallerInput) -> Sequencing:
    """What was sequenced: from the options, otherwise from the depth."""
    if has_option(job.options.cmd_args, *CAPTURED_OPTIONS):
        return Sequencing.EXOME
    if args.sequencing:
        return Sequencing(args.sequencing)
    windows = sample_windows(given.header.contigs)
    bed, depths = job.scratch / "windows.bed", job.scratch / "depths.txt"
    bed.write_text(as_bed(windows))
    job.run(build_depth_command(str(bed), str(given.bam)), stdout=depths)
    with depths.open() as lines:
        found = Sequencing.EXOME if is_captured(windows, lines) else Sequencing.GENOME
    depths.unlink()
    if found is Sequencing.EXOME:
        job.record.add_warning(
            "takenForExome",
            "the depth is as uneven as with captured targets, so variants were called as for an "
            'exome; to decide it yourself, set "sequencing": "exome" (--exome) or "genome" '
            "(--genome)",
        )
    return found


def _task_mib(job: Job) -> int:
    arguments, _ = job.tool.options.read(job.options.cmd_args)
    given = [each.value for each in arguments if each.option == "--callMemMb" and each.value]
    return int(given[-1]) if given else 0


if __name__ == "__main__":
    sys.exit(run_job(STRELKA, parser(), call))
