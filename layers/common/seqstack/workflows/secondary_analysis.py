"""`secondary_analysis`: one sample from FASTQ to annotated variants."""

from seqstack.domain.results import (
    ANNOTATED,
    ANNOTATION_STATISTICS,
    ANNOTATION_SUMMARY,
    BAM,
    CHROMOSOME_DEPTH,
    COVERAGE,
    GVCF,
    INSERT_SIZES,
    QC_DATA,
    QC_METRICS,
    QC_PLOTS,
    QC_REPORT,
    QC_TABLE,
    STATS,
    TARGET_DEPTH,
    VARIANTS,
)
from seqstack.domain.words import Step
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack.tools.definition import Output
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Queue, StepDefinition, WorkflowDefinition

# Intermediate outputs, which can be made again from the FASTQ files: BAM and gVCF.
_BAM = tuple(Output(f"{BAM}{suffix}", is_intermediate=True) for suffix in ("", ".bai", ".md5"))
_GVCF = tuple(Output(f"{GVCF}{suffix}", is_intermediate=True) for suffix in ("", ".tbi"))

# Bytes of the sample that a step reads for each byte of gzipped FASTQ. The BAM: 0.85 on a simulated
# exome. The VCF: a two-hundredth of the BAM of the original workflow's exome.
_FASTQ, _BAM_PER_FASTQ, _VCF_PER_FASTQ = 1.0, 1.2, 0.02


SECONDARY_ANALYSIS = WorkflowDefinition(
    name=SECONDARY_ANALYSIS_NAME,
    schema="input.schema.json",
    steps=(
        StepDefinition(
            Step.ALIGN,
            outputs=_BAM,
            queue=Queue.HIGH_PRIORITY,
            read_per_input_byte=_FASTQ,
            default_tool=Tool.BWA,
            part_path="bam/parts/part{number}.bam",
        ),
        StepDefinition(
            Step.CALL_VARIANTS,
            outputs=(Output(VARIANTS), Output(f"{VARIANTS}.tbi"), *_GVCF),
            queue=Queue.HIGH_PRIORITY,
            read_per_input_byte=_BAM_PER_FASTQ,
            after=(Step.ALIGN,),
            default_tool=Tool.STRELKA,
        ),
        StepDefinition(
            Step.ANNOTATE,
            outputs=(
                Output(ANNOTATED),
                Output(f"{ANNOTATED}.tbi"),
                Output(ANNOTATION_SUMMARY),
                Output(ANNOTATION_STATISTICS),
            ),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_VCF_PER_FASTQ,
            after=(Step.CALL_VARIANTS,),
            default_tool=Tool.SNPEFF,
        ),
        StepDefinition(
            Step.ALIGNMENT_STATS,
            outputs=(Output(STATS),),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_BAM_PER_FASTQ,
            after=(Step.ALIGN,),
            default_tool=Tool.SAMTOOLS_STATS,
        ),
        StepDefinition(
            Step.TARGET_METRICS,
            outputs=tuple(
                map(Output, (COVERAGE, INSERT_SIZES, TARGET_DEPTH, CHROMOSOME_DEPTH)),
            ),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_BAM_PER_FASTQ,
            after=(Step.ALIGN,),
            default_tool=Tool.PICARD,
        ),
        StepDefinition(
            Step.AGGREGATE_QC,
            outputs=(
                Output(QC_REPORT),
                Output(QC_DATA),
                Output(QC_TABLE),
                Output(QC_METRICS),
                Output(QC_PLOTS),
            ),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_VCF_PER_FASTQ,
            after=(Step.ANNOTATE, Step.ALIGNMENT_STATS, Step.TARGET_METRICS),
            default_tool=Tool.MULTIQC,
        ),
    ),
)
