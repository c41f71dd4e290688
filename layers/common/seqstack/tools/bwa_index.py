"""bwa index: a FASTA to the index that bwa mem takes."""

from seqstack.tools.definition import Program, ReferenceIndex, ToolDefinition
from seqstack.tools.index_roles import NO_OPTIONS, index_arguments, index_inputs

BWA_INDEX_FILES = ReferenceIndex(
    (".amb", ".ann", ".bwt", ".pac", ".sa"), ("bwa", "index", "{fasta}")
)
BWA_PROGRAM = Program("bwa", "bwa", version_command=("bwa",), version_pattern=r"Version: (\S+)")

BWA_INDEX = ToolDefinition(
    name="bwaIndex",
    folder="bwa_index",
    step="indexBwa",
    arguments=index_arguments,
    inputs=index_inputs,
    options=NO_OPTIONS,
    programs=(BWA_PROGRAM,),
    scratch_per_byte=4.0,  # the FASTA, an index of 1.8 times its size, and room for its parts
    memory_limit_gib=64,
)
