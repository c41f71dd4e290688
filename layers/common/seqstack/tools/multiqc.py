"""MultiQC: the figures of a run's earlier steps, or of all samples of a cohort, to one report."""

import math
from collections.abc import Collection, Iterator
from typing import Protocol, runtime_checkable

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import Program, ToolDefinition
from seqstack.tools.programs import BCFTOOLS
from seqstack.tools.values import NAME, options, refused

MULTIQC_PROGRAM = Program(
    "multiqc",
    "pypi::multiqc",
    version_command=("multiqc", "--version"),
    version_pattern=r"version (\S+)",
    version_file="../lib/python3*/site-packages/multiqc-*.dist-info/METADATA",
    version_line="Version: ",
)
_TARGET_METRICS = "targetMetrics"
CHROMOSOME_DEPTH_OPTION = "--chromosome_depth_s3_path"
SAID_SEX_OPTION = "--said_sex"
QC_FILES_OPTION = "--qc_files_s3_path"
COHORT_OPTION = "--cohort"
_PICARD = {
    "--coverage_metrics_s3_path": "qc/coverage_metrics.txt",
    "--insert_sizes_s3_path": "qc/insert_size_metrics.txt",
    CHROMOSOME_DEPTH_OPTION: "qc/chromosome_depth.tsv",
}


# Of the job definition; Python, MultiQC and its page take a part of it.
_USUAL_GIB, _PAGE_GIB = 2, 1
# 1,000 samples of a small exome took 0.5 MB each; histograms of a genome are longer.
_SAMPLES_PER_GIB = 250


def cohort_memory_gib(samples: int) -> int | None:
    """The memory that a report of so many samples needs; None if the job definition's is enough."""
    needed = _PAGE_GIB + math.ceil(samples / _SAMPLES_PER_GIB)
    return needed if needed > _USUAL_GIB else None


class _Run(Protocol):
    """A run of a sample; its steps."""

    @property
    def layout(self) -> ResultLayout: ...
    @property
    def tools(self) -> Collection[str]: ...
    @property
    def said_sex(self) -> str | None: ...
    @property
    def is_trimmed(self) -> bool: ...


@runtime_checkable
class _CohortRun(Protocol):
    """A run of all samples of a cohort, with the list of their QC files."""

    @property
    def layout(self) -> ResultLayout: ...
    @property
    def cohort_id(self) -> str: ...
    @property
    def qc_files(self) -> S3Uri: ...


_OPTIONS = Grammar(
    "multiqc",
    options(name=(NAME, "-i --title")),
    refused(
        "-v --verbose -q --quiet --no-ansi --strict",
        """
        -c --config --cl-config -n --filename -o --outdir -f --force -x --ignore --file-list -l
        -m --module -e --exclude -t --template --ai --ai-summary --ai-summary-full --ai-provider
        """,
    ),
    has_letters=False,
)


def _read(run: _Run) -> Iterator[tuple[str, S3Uri]]:
    """Yield each object that the tool reads, after the option that names it."""
    yield "--bam_stats_s3_path", run.layout.stats
    yield "--vcf_s3_path", run.layout.variants
    yield "--annotation_statistics_s3_path", run.layout.annotation_statistics
    if _TARGET_METRICS in run.tools:
        for option, path in _PICARD.items():
            yield option, run.layout.root / path
    if run.is_trimmed:
        yield "--trim_report_s3_path", run.layout.root / "qc/fastp.json"


def _arguments(run: _Run | _CohortRun, _reference: S3Uri) -> list[str]:
    if isinstance(run, _CohortRun):
        return [
            *(QC_FILES_OPTION, str(run.qc_files)),
            *("--report_s3_path", str(run.layout.qc_report)),
            *(COHORT_OPTION, run.cohort_id),
        ]
    named = [word for option, uri in _read(run) for word in (option, str(uri))]
    said = (SAID_SEX_OPTION, str(run.said_sex)) if run.said_sex else ()
    return [*named, "--report_s3_path", str(run.layout.qc_report), *said]


def _inputs(run: _Run | _CohortRun, _reference: S3Uri) -> tuple[S3Uri, ...]:
    """Of a cohort, the list has the ETags of the files, and the job refuses others."""
    if isinstance(run, _CohortRun):
        return (run.qc_files,)
    return tuple(uri for _, uri in _read(run))


MULTIQC = ToolDefinition(
    name="multiqc",
    folder="multiqc",
    step="aggregateQc",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(MULTIQC_PROGRAM, BCFTOOLS),
    scratch_per_byte=2.0,
    memory_limit_gib=64,
)
