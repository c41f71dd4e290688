"""Aggregate quality control with MultiQC: a sample's figures of earlier steps to one report.

With a list of files, those of all samples of a cohort.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from jobkit.checks import require_output
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolMissingError, UsageError
from jobkit.fastq import open_text
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from jobkit.processes import ProcessGroup
from multiqc.charts import NoPlot, Plot, build_draw_command, charts_text, plots_document
from multiqc.cohort_report import aggregate_cohort
from multiqc.commands import (
    DATA_FOLDER,
    DATA_NAME,
    METRICS_NAME,
    PLOTS_NAME,
    REPORT_NAME,
    TABLE_NAME,
    build_genotypes_command,
    build_heterozygous_command,
    build_multiqc_command,
    build_variant_stats_command,
    multiqc_config,
    multiqc_environment,
    write_config,
)
from multiqc.page import forbid_requests
from multiqc.sample_plots import sample_plots
from seqstack.domain.progress import Phase
from seqstack.domain.qc.measured import (
    as_document,
    from_bcftools_stats,
    from_fastp,
    from_picard,
    from_samtools_stats,
)
from seqstack.domain.qc.metrics import AMBIGUOUS, Value
from seqstack.domain.qc.sex import SexEvidence, count_genotypes, read_depths
from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig, contigs_of_vcf
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sex
from seqstack.tools.multiqc import (
    CHROMOSOME_DEPTH_OPTION,
    COHORT_OPTION,
    MULTIQC,
    QC_FILES_OPTION,
    SAID_SEX_OPTION,
)


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
TRIMMING = Source("trim_report_s3_path", "align", "fastp")
SOURCES = (BAM_STATS, SNPEFF, COVERAGE, INSERT_SIZES, TRIMMING)
VARIANTS = Source("vcf_s3_path", "callVariants", "bcftools")
_NEEDED = (BAM_STATS, VARIANTS, SNPEFF)
_VCF = "variants.vcf.gz"
_CHROMOSOME_DEPTH = "chromosome_depth.tsv"


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_multiqc.py", __doc__)
    made.add_argument("--report_s3_path", required=True, type=S3Uri.parse, metavar="URI")
    for source in (*_NEEDED, COVERAGE, INSERT_SIZES, TRIMMING):
        made.add_argument(f"--{source.argument}", type=S3Uri.parse, metavar="URI")
    made.add_argument(CHROMOSOME_DEPTH_OPTION, type=S3Uri.parse, metavar="URI")
    made.add_argument(SAID_SEX_OPTION, choices=list(Sex), type=Sex, metavar="SEX")
    made.add_argument(QC_FILES_OPTION, type=S3Uri.parse, metavar="LIST_URI")
    made.add_argument(COHORT_OPTION, default="", metavar="NAME")
    return made


def aggregate(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    if args.qc_files_s3_path:
        aggregate_cohort(job, args.qc_files_s3_path, args.cohort, args.report_s3_path)
    else:
        _aggregate_sample(job, args)


def _aggregate_sample(job: Job, args: argparse.Namespace) -> None:
    if missing := [each for each in _NEEDED if getattr(args, each.argument) is None]:
        raise UsageError(f"--{missing[0].argument} is missing")
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
    plots = _plots(job, files)
    _report(job, {source.module for source in files}, folder, plots)
    data = job.scratch / DATA_FOLDER
    require_sample(data / TABLE_NAME, sample_id)
    page = job.scratch / REPORT_NAME
    forbid_requests(page)
    target: S3Uri = args.report_s3_path
    metrics = job.scratch / METRICS_NAME
    _write_metrics(job, args, files, metrics)
    outputs = (data / DATA_NAME, data / TABLE_NAME, metrics, job.scratch / PLOTS_NAME)
    job.publish({page: target, **{path: target.parent / path.name for path in outputs}})


def _stage(job: Job, args: argparse.Namespace, folder: Path) -> dict[Source, Path]:
    """Fetch what earlier steps wrote; the paths of what MultiQC reads."""
    given = {source: getattr(args, source.argument) for source in SOURCES}
    files = {
        source: folder / source.argument / job.options.sample_id
        for source, uri in given.items()
        if uri is not None
    }
    files[VARIANTS] = folder / VARIANTS.argument / job.options.sample_id
    for path in files.values():
        path.parent.mkdir(parents=True)
    wanted: dict[str, dict[S3Uri, Path]] = {}
    for source, uri in given.items():
        if uri is not None:
            wanted.setdefault(source.step, {})[uri] = files[source]
    wanted.setdefault(VARIANTS.step, {})[args.vcf_s3_path] = job.scratch / _VCF
    if args.chromosome_depth_s3_path:
        path = job.scratch / _CHROMOSOME_DEPTH
        wanted.setdefault(COVERAGE.step, {})[args.chromosome_depth_s3_path] = path
    job.stage_results(wanted)
    return files


def _report(job: Job, modules: set[str], folder: Path, found: Sequence[Plot | NoPlot]) -> None:
    """Make MultiQC's report, and beside it draw the plots."""
    config = write_config(job.scratch, multiqc_config(f"Sample {job.options.sample_id}"))
    report = build_multiqc_command(
        config, sorted(modules), folder.relative_to(job.scratch), job.options.cmd_args
    )
    plots = [each for each in found if isinstance(each, Plot)]
    charts, drawn = job.scratch / "charts.json", job.scratch / "drawn.json"
    charts.write_text(charts_text(plots))
    draw = build_draw_command(_multiqc_python(), Path(charts.name))
    with job.timed(Phase.RUN), ProcessGroup() as group, drawn.open("wb") as file:
        group.spawn_chain(
            [report], cwd=job.scratch, env=multiqc_environment(os.environ, job.scratch)
        )
        group.spawn_chain([draw], cwd=job.scratch, stdout=file.fileno())
        job.note(group.wait())
    missing = [each for each in found if isinstance(each, NoPlot)]
    document = plots_document(job.options.sample_id, plots, missing, json.loads(drawn.read_text()))
    (job.scratch / PLOTS_NAME).write_text(json.dumps(document) + "\n")


def _write_metrics(
    job: Job, args: argparse.Namespace, files: Mapping[Source, Path], path: Path
) -> None:
    with open_text(job.scratch / _VCF) as lines:
        contigs = contigs_of_vcf(takewhile(lambda line: line.startswith("#"), lines))
    bases = sum(contig.length for contig in contigs)
    values = from_samtools_stats(files[BAM_STATS].read_text(), bases)
    values |= from_bcftools_stats(files[VARIANTS].read_text())
    for source in (COVERAGE, INSERT_SIZES):  # without duplicates, so better than the others
        if source in files:
            values |= from_picard(files[source].read_text())
    if TRIMMING in files:
        values |= from_fastp(files[TRIMMING].read_text())
    if "reads" not in values or "variants" not in values:
        raise InvalidOutputError("the statistics have no count of reads, or none of variants")
    document = as_document(
        job.options.sample_id, {**values, **_measure_sex(job, args, contigs, values)}
    )
    path.write_text(json.dumps(document, indent=2) + "\n")


def _measure_sex(
    job: Job, args: argparse.Namespace, contigs: list[Contig], values: Mapping[str, float]
) -> dict[str, Value]:
    """The metrics of X and Y, and warnings; none if the reference lacks X or Y."""
    chromosomes = Chromosomes.among(contigs)
    if chromosomes is None or not args.chromosome_depth_s3_path:
        return {}
    try:
        depths = read_depths((job.scratch / _CHROMOSOME_DEPTH).read_text())
    except ValueError as error:
        raise InvalidInputError(str(error)) from error
    genotypes = job.scratch / "genotypes.tsv"
    command = build_genotypes_command(Path(_VCF), chromosomes.x.name)
    job.run(command, stdout=genotypes, cwd=job.scratch)
    with genotypes.open() as lines:
        heterozygous, variants = count_genotypes(lines, chromosomes)
    mean = values.get("meanTargetDepth", values.get("meanDepth"))
    evidence = SexEvidence(chromosomes, depths, mean, heterozygous, variants)
    job.record.facts |= {"assembly": chromosomes.assembly.name, "sexNotMeasured": evidence.thin}
    _warn_of_sex(job, evidence, args.said_sex)
    return evidence.metrics


def _warn_of_sex(job: Job, evidence: SexEvidence, said: Sex | None) -> None:
    found = evidence.metrics
    if found.get("sex") == AMBIGUOUS:
        job.record.add_warning(
            "sexAmbiguous",
            f"the sex chromosomes are neither a female's nor a male's ({evidence}): is the sample "
            "contaminated, or are X or Y more or fewer than usual?",
        )
    elif said and found.get("sex", said) != said:
        job.record.add_warning(
            "sexDiffers",
            f"the sample is {found['sex']} ({evidence}), and said to be {said}: was it swapped?",
        )


def _plots(job: Job, files: Mapping[Source, Path]) -> list[Plot | NoPlot]:
    calls = job.scratch / "heterozygous.tsv"
    job.run(build_heterozygous_command(Path(_VCF)), stdout=calls, cwd=job.scratch)
    texts = {source: file.read_text() for source, file in files.items()}
    try:
        with calls.open() as lines:
            return sample_plots(
                texts[BAM_STATS],
                texts[VARIANTS],
                texts[SNPEFF],
                lines,
                coverage=texts.get(COVERAGE),
                insert_sizes=texts.get(INSERT_SIZES),
            )
    except (ValueError, LookupError) as error:
        raise InvalidOutputError(
            f"a table of the statistics is not as expected: {error}"
        ) from error


def _multiqc_python() -> Path:
    """The Python of MultiQC's environment, which has what draws."""
    found = shutil.which("multiqc")
    if found is None:
        raise ToolMissingError("multiqc is not on PATH")
    return Path(found).resolve().with_name("python")


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
