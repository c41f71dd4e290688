"""MultiQC: the figures of a run's earlier steps to one report."""

from collections.abc import Collection, Iterator
from typing import Protocol

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
_PICARD = {
    "--coverage_metrics_s3_path": "qc/coverage_metrics.txt",
    "--insert_sizes_s3_path": "qc/insert_size_metrics.txt",
    CHROMOSOME_DEPTH_OPTION: "qc/chromosome_depth.tsv",
}


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


def _arguments(run: _Run, _reference: S3Uri) -> list[str]:
    named = [word for option, uri in _read(run) for word in (option, str(uri))]
    said = (SAID_SEX_OPTION, str(run.said_sex)) if run.said_sex else ()
    return [*named, "--report_s3_path", str(run.layout.qc_report), *said]


def _inputs(run: _Run, _reference: S3Uri) -> tuple[S3Uri, ...]:
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
    memory_limit_gib=16,
)
