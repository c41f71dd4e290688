"""minimap2 -d: a FASTA to the index that `minimap2 -x sr` takes."""

from seqstack.tools.definition import Program, ReferenceIndex, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, index_arguments, index_inputs

# One part whatever the genome's size: with several, each has a header and alignments of its own.
MINIMAP2_INDEX_FILES = ReferenceIndex(
    (".mmi",), ("minimap2", "-x", "sr", "-I", "1000G", "-d", "{fasta}.mmi", "{fasta}")
)

MINIMAP2_PROGRAM = Program(
    "minimap2",
    "minimap2",
    version_command=("minimap2", "--version"),
    version_pattern=r"([0-9]\S*)",
)

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
