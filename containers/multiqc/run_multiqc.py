"""Aggregate a sample's quality control with MultiQC: figures of earlier steps to one report."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from jobkit.checks import require_output
from jobkit.errors import InvalidOutputError, UsageError
from jobkit.fastq import open_text
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from multiqc.commands import (
    CONFIG_NAME,
    DATA_FOLDER,
    DATA_NAME,
    METRICS_NAME,
    REPORT_NAME,
    TABLE_NAME,
    build_multiqc_command,
    build_variant_stats_command,
    multiqc_config,
)
from multiqc.page import forbid_requests
from seqstack.domain.qc.measured import (
    as_document,
    contig_bases,
    from_bcftools_stats,
    from_picard,
    from_samtools_stats,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.multiqc import MULTIQC


@dataclass(frozen=True, slots=True)
class Source:
    """A file that MultiQC reads: the argument that names it, its step and MultiQC's module."""

    argument: str
    step: str
    module: str


BAM_STATS = Source("bam_stats_s3_path", "alignmentStats", "samtools")
SNPEFF = Source("annotation_statistics_s3_path", "annotate", "snpeff")
COVERAGE = Source("coverage_metrics_s3_path", "targetMetrics", "picard")
INSERT_SIZES = Source("insert_sizes_s3_path", "targetMetrics", "picard")
SOURCES = (BAM_STATS, SNPEFF, COVERAGE, INSERT_SIZES)
VARIANTS = Source("vcf_s3_path", "callVariants", "bcftools")
_VCF = "variants.vcf.gz"
_NOT_KEPT = ("MULTIQC", "PYTHON")  # its own packages, not ours: one of ours is called multiqc


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_multiqc.py", __doc__)
    made.add_argument("--report_s3_path", required=True, type=S3Uri.parse, metavar="URI")
    for source in (BAM_STATS, VARIANTS, SNPEFF):
        made.add_argument(f"--{source.argument}", required=True, type=S3Uri.parse, metavar="URI")
    for source in (COVERAGE, INSERT_SIZES):
        made.add_argument(f"--{source.argument}", type=S3Uri.parse, metavar="URI")
    return made


def aggregate(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    sample_id = job.options.sample_id
    if not sample_id:
        raise UsageError("--sample_id is missing", hint="it is the sample's name in the report")
    # each file in a folder of its own, for MultiQC calls the sample as the file is called
    folder = job.scratch / "figures"
    files = _stage(job, args, folder)
    job.run(
        build_variant_stats_command(Path(_VCF)),
        stdout=files[VARIANTS],
        cwd=job.scratch,
    )
    _report(job, {source.module for source in files}, folder)
    data = job.scratch / DATA_FOLDER
    require_sample(data / TABLE_NAME, sample_id)
    page = job.scratch / REPORT_NAME
    forbid_requests(page)
    target: S3Uri = args.report_s3_path
    metrics = job.scratch / METRICS_NAME
    _write_metrics(job, files, metrics)
    outputs = (data / DATA_NAME, data / TABLE_NAME, metrics)
    job.publish({page: target, **{path: target.parent / path.name for path in outputs}})


def _stage(job: Job, args: argparse.Namespace, folder: Path) -> dict[Source, Path]:
    """Fetch what earlier steps wrote, step by step; the files' paths."""
    given = {source: getattr(args, source.argument) for source in SOURCES}
    files = {
        source: folder / source.argument / job.options.sample_id
        for source, uri in given.items()
        if uri is not None
    }
    files[VARIANTS] = folder / VARIANTS.argument / job.options.sample_id
    for path in files.values():
        path.parent.mkdir(parents=True)
    for step, wanted in _by_step({source: files[source] for source in given if given[source]}):
        job.stage_in({given[source]: path for source, path in wanted.items()}, made_by=step)
    vcf = job.scratch / _VCF
    job.stage_in({args.vcf_s3_path: vcf}, made_by=VARIANTS.step)
    return files


def _by_step(files: Mapping[Source, Path]) -> Iterator[tuple[str, dict[Source, Path]]]:
    for step in dict.fromkeys(source.step for source in files):
        yield step, {source: path for source, path in files.items() if source.step == step}


def _report(job: Job, modules: set[str], folder: Path) -> None:
    config = job.scratch / CONFIG_NAME
    config.write_text(json.dumps(multiqc_config(job.options.sample_id)))
    # without the configuration of the machine, and of who runs it
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_KEPT)}
    job.run(
        build_multiqc_command(
            config, sorted(modules), folder.relative_to(job.scratch), job.options.cmd_args
        ),
        cwd=job.scratch,
        env={**kept, "HOME": str(job.scratch)},
    )


def _write_metrics(job: Job, files: Mapping[Source, Path], path: Path) -> None:
    with open_text(job.scratch / _VCF) as lines:
        bases = contig_bases(takewhile(lambda line: line.startswith("#"), lines))
    values = from_samtools_stats(files[BAM_STATS].read_text(), bases)
    values |= from_bcftools_stats(files[VARIANTS].read_text())
    for source in (COVERAGE, INSERT_SIZES):  # without duplicates, so better than the others
        if source in files:
            values |= from_picard(files[source].read_text())
    if "reads" not in values or "variants" not in values:
        raise InvalidOutputError("the statistics have no count of reads, or none of variants")
    path.write_text(json.dumps(as_document(job.options.sample_id, values), indent=2) + "\n")


def require_sample(table: Path, sample_id: str) -> None:
    """Check that MultiQC's table has one sample, and its name.

    Raises:
        InvalidOutputError: it has another one, or there is no table.
    """
    require_output(table)
    names = [line.partition("\t")[0] for line in table.read_text().splitlines()[1:]]
    if names != [sample_id]:
        raise InvalidOutputError(f"{table.name} has the samples {names}, not {sample_id} alone")


if __name__ == "__main__":
    sys.exit(run_job(MULTIQC, parser(), aggregate))
