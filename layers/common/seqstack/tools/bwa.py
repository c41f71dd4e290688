"""bwa mem: FASTQ to a sorted, duplicate-marked BAM.

The options are from the help and the source of bwa 0.7.17.
"""

from seqstack.domain.option_grammar import Grammar
from seqstack.tools.definition import FAIDX, Program, ReferenceIndex, ToolDefinition
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.roles import align_arguments, align_inputs
from seqstack.tools.values import NUMBER, NUMBERS, WHOLE, one_of, options, refused

_OPTIONS = Grammar(
    "bwa mem",
    options(
        whole=(WHOLE, "-k -w -d -y -c -W -m -A -B -U -K -T"),
        number=(NUMBER, "-r -D"),
        numbers=(NUMBERS, "-O -E -L -h -I"),
        preset=(one_of("pacbio", "ont2d", "intractg"), "-x"),
        flag=(None, "-S -P -j -5 -q -a -C -V -Y -M"),
    ),
    # -f is an undocumented alias of -o.
    refused("-t -R -p -v", "-o -f -H"),
)

_INDEX = ReferenceIndex((".amb", ".ann", ".bwt", ".pac", ".sa"), ("bwa", "index", "{fasta}"))

BWA = ToolDefinition(
    name="bwa",
    folder="bwa",
    step="align",
    arguments=align_arguments,
    inputs=align_inputs(FAIDX, _INDEX),
    options=_OPTIONS,
    programs=(
        Program("bwa", "bwa", version_command=("bwa",), version_pattern=r"Version: (\S+)"),
        SAMTOOLS,
    ),
    # measured on a simulated exome: 1.6 while sort stays in memory; its temporary files are as
    # large as the BAM
    scratch_per_byte=4.0,
    memory_limit_gib=128,
    indexes=(FAIDX, _INDEX),
)
