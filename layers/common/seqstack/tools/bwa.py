"""bwa mem: FASTQ to a sorted, duplicate-marked BAM.

The options are from the help and the source of bwa 0.7.17.
"""

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa_index import BWA_INDEX_FILES, BWA_PROGRAM
from seqstack.tools.definition import FAIDX, ToolDefinition
from seqstack.tools.fastp import TrimmedSample, trimmed_arguments, trimmed_outputs
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.roles import align_inputs
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

ALT_OPTION = "--alt_s3_path"


def _arguments(sample: TrimmedSample, reference: S3Uri) -> list[str]:
    alt = [ALT_OPTION, str(sample.alt)] if sample.alt else []
    return [*trimmed_arguments(sample, reference), *alt]


def _inputs(sample: TrimmedSample, reference: S3Uri) -> tuple[S3Uri, ...]:
    alt = (sample.alt,) if sample.alt else ()
    return (*align_inputs(FAIDX, BWA_INDEX_FILES)(sample, reference), *alt)


BWA = ToolDefinition(
    name="bwa",
    folder="bwa",
    step="align",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(BWA_PROGRAM, SAMTOOLS),
    # measured on a simulated exome: 1.6 while sort stays in memory; its temporary files are as
    # large as the BAM
    scratch_per_byte=4.0,
    memory_limit_gib=128,
    vcpu_hours_per_gib=3.0,  # 12 hours on 16 vCPUs for 64 GiB, a genome at depth 30
    indexes=(FAIDX, BWA_INDEX_FILES),
    optional_outputs=trimmed_outputs,
)
