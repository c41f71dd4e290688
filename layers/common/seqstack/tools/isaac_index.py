"""isaac-sort-reference: a FASTA to the sorted-reference.xml that isaac-align takes."""

from seqstack.tools.definition import OwnReference, Program, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, index_arguments, index_inputs

ISAAC_OWN_REFERENCE = OwnReference(
    folder="isaac/",  # the original workflow's, beside the FASTA
    required="sorted-reference.xml",
    program=Program("isaac-sort-reference", "bioconda::isaac4"),
    command=("isaac-sort-reference", "-q", "-g", "{fasta}", "-o", "{folder}"),
    hint="run `isaac-sort-reference` and upload its output and the FASTA to that folder",
)

ISAAC_INDEX = ToolDefinition(
    name="isaacIndex",
    folder="isaac_index",
    step="indexIsaac",
    arguments=index_arguments,
    inputs=index_inputs,
    options=NO_OPTIONS,
    programs=(ISAAC_OWN_REFERENCE.program,),
    scratch_per_byte=3.0,
    memory_limit_gib=128,
)
