"""`joint_calling`: the gVCFs of a cohort to one VCF, annotated, and tables of it.

Beside it, one report of the samples' quality control.
"""

from typing import Final

from seqstack.domain.results import (
    ANNOTATED,
    ANNOTATION_STATISTICS,
    ANNOTATION_SUMMARY,
    QC_DATA,
    QC_REPORT,
    QC_TABLE,
    VARIANTS,
)
from seqstack.domain.variant_tables import FOLDER as TABLES_FOLDER
from seqstack.domain.variant_tables import MANIFEST as TABLES
from seqstack.domain.words import Step
from seqstack.domain.workflow_names import JOINT_CALLING_NAME
from seqstack.tools.definition import Output
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Queue, StepDefinition, WorkflowDefinition

MERGE_GVCFS: Final = "mergeGvcfs"
TABULATE_VARIANTS: Final = "tabulateVariants"

# Bytes of the joint VCF for each byte of gVCF: most in a cohort of few, who share few rows.
_VCF_PER_GVCF = 0.1
# Small files of each sample, and the VCFs of a few at a time.
_QC_PER_GVCF = 0.02

JOINT_CALLING = WorkflowDefinition(
    name=JOINT_CALLING_NAME,
    schema="joint_calling.schema.json",
    steps=(
        StepDefinition(
            MERGE_GVCFS,
            outputs=(Output(VARIANTS), Output(f"{VARIANTS}.tbi")),
            queue=Queue.HIGH_PRIORITY,
            read_per_input_byte=1.0,
            default_tool=Tool.BCFTOOLS_MERGE,
        ),
        StepDefinition(
            Step.ANNOTATE,
            outputs=tuple(
                map(
                    Output,
                    (ANNOTATED, f"{ANNOTATED}.tbi", ANNOTATION_SUMMARY, ANNOTATION_STATISTICS),
                )
            ),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_VCF_PER_GVCF,
            after=(MERGE_GVCFS,),
            default_tool=Tool.SNPEFF,
        ),
        StepDefinition(
            TABULATE_VARIANTS,
            outputs=(Output(TABLES), Output(TABLES_FOLDER)),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_VCF_PER_GVCF,
            after=(Step.ANNOTATE,),
            default_tool=Tool.PARQUET,
        ),
        StepDefinition(  # optional: of runs whose input lists the samples' QC files
            Step.AGGREGATE_QC,
            outputs=tuple(map(Output, (QC_REPORT, QC_DATA, QC_TABLE))),
            queue=Queue.LOW_PRIORITY,
            read_per_input_byte=_QC_PER_GVCF,
        ),
    ),
)
