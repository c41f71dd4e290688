"""minimap2 -d: a FASTA to the index that `minimap2 -x sr` takes."""

from seqstack.tools.definition import ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, index_arguments, index_inputs
from seqstack.tools.minimap2 import MINIMAP2_PROGRAM

MINIMAP2_INDEX = ToolDefinition(
    name="minimap2Index",
    folder="minimap2_index",
    step="indexMinimap2",
    arguments=index_arguments,
    inputs=index_inputs,
    options=NO_OPTIONS,
    programs=(MINIMAP2_PROGRAM,),
    scratch_per_byte=5.0,  # the FASTA, and an index of some 2.5 times its size
    memory_limit_gib=128,
)
