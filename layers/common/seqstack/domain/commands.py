"""The arguments of each tool's container: the original workflow's options, as a list."""

from collections.abc import Callable

from seqstack.domain.results import ResultLayout
from seqstack.domain.run_input import RunInput, ToolSettings
from seqstack.domain.words import Tool

MEMORY_OPTION = "--memory"
MADE_BY_OPTION = "--made_by"


def container_arguments(
    run: RunInput, settings: ToolSettings, vcpus: int, memory_gib: int
) -> list[str]:
    """What the job's container is called with.

    `vcpus` and `memory_gib` are what the job asks Batch for; a container on EC2 sees the whole
    host and would otherwise take all of it.
    """
    step = settings.tool.step
    return [
        *_OPTIONS[settings.tool](run, settings),
        *("--sample_id", run.sample_id),
        *("--provenance_s3_path", str(run.layout.provenance(step))),
        *("--threads", str(vcpus)),
        *(MEMORY_OPTION, str(memory_gib)),
        # one word with "=": the value may start with "-", which argparse would take for an option
        *([f"--cmd_args={settings.cmd_args}"] if settings.cmd_args else []),
        *("--working_dir", run.working_dir),
    ]


def _align(run: RunInput, settings: ToolSettings) -> list[str]:
    reference = settings.isaac_reference or run.reference
    return [
        *("--bam_s3_folder_path", str(run.layout.bam.parent)),
        *("--fastq1_s3_path", *(str(lane.read1) for lane in run.lanes)),
        *("--fastq2_s3_path", *(str(lane.read2) for lane in run.lanes)),
        *("--reference_s3_path", str(reference)),
    ]


def _call_variants(run: RunInput, _: ToolSettings) -> list[str]:
    layout: ResultLayout = run.layout
    return [
        *("--bam_s3_path", str(layout.bam)),
        *("--bai_s3_path", str(layout.bam.with_suffix(".bai"))),
        *("--reference_s3_path", str(run.reference)),
        *("--reference_index_s3_path", str(run.reference.with_suffix(".fai"))),
        *("--vcf_s3_path", str(layout.root / "vcf/")),
    ]


def _alignment_stats(run: RunInput, _: ToolSettings) -> list[str]:
    return [
        *("--bam_s3_path", str(run.layout.bam)),
        *("--reference_s3_path", str(run.reference)),
        *("--bam_stats_s3_path", str(run.layout.stats)),
    ]


def _annotate(run: RunInput, _: ToolSettings) -> list[str]:
    genes = []
    if run.annotation:
        genes = [
            *("--reference_s3_path", str(run.reference)),
            *("--annotation_s3_path", str(run.annotation)),
        ]
    return [
        *("--vcf_s3_path", str(run.layout.variants)),
        *("--annotated_vcf_s3_path", str(run.layout.annotated)),
        *genes,
    ]


_OPTIONS: dict[Tool, Callable[[RunInput, ToolSettings], list[str]]] = {
    Tool.ISAAC: _align,
    Tool.BWA: _align,
    Tool.STRELKA: _call_variants,
    Tool.BCFTOOLS: _call_variants,
    Tool.SAMTOOLS_STATS: _alignment_stats,
    Tool.SNPEFF: _annotate,
}
