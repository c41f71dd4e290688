"""`prepare_reference`: a FASTA, and what belongs to it, to all that the tools need of a genome."""

from typing import Final

from seqstack.domain.reference.layout import (
    DICTIONARY,
    FASTA,
    FASTA_INDEX,
    FINDINGS,
    ISAAC_REFERENCE,
    SNPEFF_DATABASE,
)
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME
from seqstack.tools.bwa_index import BWA_INDEX_FILES
from seqstack.tools.definition import Output, ReferenceIndex
from seqstack.tools.minimap2_index import MINIMAP2_INDEX_FILES
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Queue, StepDefinition, WorkflowDefinition

CHECK_REFERENCE: Final = "checkReference"

# A gzipped FASTA unpacks to some four times its size. Beside it the annotation is small.
_UNPACKED = 4.5


def _beside_fasta(files: ReferenceIndex) -> tuple[Output, ...]:
    return tuple(Output(f"{FASTA}{suffix}") for suffix in files.suffixes)


def _made_of_fasta(name: str, *outputs: Output) -> StepDefinition:
    """An optional step that reads what `checkReference` has written."""
    return StepDefinition(
        name,
        outputs=outputs,
        queue=Queue.HIGH_PRIORITY,
        read_per_input_byte=_UNPACKED,
        after=(CHECK_REFERENCE,),
    )


PREPARE_REFERENCE = WorkflowDefinition(
    name=PREPARE_REFERENCE_NAME,
    schema="prepare_reference.schema.json",
    steps=(
        StepDefinition(
            CHECK_REFERENCE,
            outputs=tuple(map(Output, (FASTA, FASTA_INDEX, DICTIONARY, FINDINGS))),
            queue=Queue.HIGH_PRIORITY,
            read_per_input_byte=1.0,
            default_tool=Tool.REFERENCE_CHECK,
        ),
        _made_of_fasta("indexBwa", *_beside_fasta(BWA_INDEX_FILES)),
        _made_of_fasta("indexMinimap2", *_beside_fasta(MINIMAP2_INDEX_FILES)),
        _made_of_fasta("indexIsaac", Output(ISAAC_REFERENCE)),
        _made_of_fasta("buildDatabase", Output(SNPEFF_DATABASE)),
    ),
)
