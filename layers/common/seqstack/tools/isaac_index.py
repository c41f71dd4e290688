"""isaac-sort-reference: a FASTA to the sorted-reference.xml that isaac-align takes."""

from seqstack.tools.definition import ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, index_arguments, index_inputs
from seqstack.tools.isaac import ISAAC_OWN_REFERENCE

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
