"""minimap2 -x sr: FASTQ of short reads to a sorted, duplicate-marked BAM.

The options are from the help of minimap2 2.24. Options of the index are left out: minimap2 silently
uses the index's own values.
"""

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.tools.definition import FAIDX, ToolDefinition
from seqstack.tools.fastp import trimmed_arguments, trimmed_outputs
from seqstack.tools.minimap2_index import MINIMAP2_INDEX_FILES, MINIMAP2_PROGRAM
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.roles import align_inputs
from seqstack.tools.values import NUMBER, NUMBERS, WHOLE, one_of, options, refused

_SIZE = Value(r"[0-9]{1,9}[kKmMgG]?(,[0-9]{1,9}[kKmMgG]?)?", "a number such as 800 or 20k")

_OPTIONS = Grammar(
    "minimap2",
    options(
        whole=(WHOLE, "-n -m -A -B -s -N"),
        number=(NUMBER, "-p"),
        numbers=(NUMBERS, "-f -O -E -z"),
        size=(_SIZE, "-g -r -F"),
        choice=(one_of("yes", "no"), "--secondary"),
        flag=(None, "-L -Y --MD --eqx --cs"),
    ),
    refused(
        """
        -a -x -t -R -K -k -w -H -I -X -c -Q --frag --sr --sam-hit-only --paf-no-hit
        """,
        "-o -d --junc-bed --alt --split-prefix",
    ),
)
MINIMAP2 = ToolDefinition(
    name="minimap2",
    folder="minimap2",
    step="align",
    arguments=trimmed_arguments,
    inputs=align_inputs(FAIDX, MINIMAP2_INDEX_FILES),
    options=_OPTIONS,
    programs=(MINIMAP2_PROGRAM, SAMTOOLS),
    scratch_per_byte=4.0,  # as for bwa: both use the same sort
    memory_limit_gib=128,
    vcpu_hours_per_gib=1.5,  # half of bwa's
    indexes=(FAIDX, MINIMAP2_INDEX_FILES),
    optional_outputs=trimmed_outputs,
)
