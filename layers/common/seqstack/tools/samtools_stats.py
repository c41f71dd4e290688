"""samtools stats: BAM to statistics of the alignment.

The options are from the help of samtools 1.16 and 1.21.
"""

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import ToolDefinition
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.values import NAME, NUMBER, NUMBERS, READ_FLAGS, WHOLE, options, refused

_OPTIONS = Grammar(
    "samtools stats",
    options(
        whole=(
            WHOLE,
            "-i --insert-size -l --read-length -q --trim-quality -g --cov-threshold",
        ),
        number=(NUMBER, "--GC-depth -m --most-inserts"),
        numbers=(NUMBERS, "-c --coverage"),
        read_flags=(READ_FLAGS, "-f --required-flag -F --filtering-flag"),
        name=(NAME, "-I --id"),
        flag=(None, "-d --remove-dups -s --sam -x --sparse -p --remove-overlaps"),
    ),
    refused(
        "-r --ref-seq -@ --threads --verbosity",
        """
        -X --customized-index-file -P --split-prefix -S --split -t --target-regions --reference
        --input-fmt-option
        """,
    ),
)


def _arguments(sample: Sample, reference: S3Uri) -> list[str]:
    return [
        *("--bam_s3_path", str(sample.layout.bam)),
        *("--reference_s3_path", str(reference)),
        *("--bam_stats_s3_path", str(sample.layout.stats)),
    ]


def _inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    return (sample.layout.bam, reference)


SAMTOOLS_STATS = ToolDefinition(
    name="samtoolsStats",
    folder="samtools_stats",
    step="alignmentStats",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(SAMTOOLS,),
    scratch_per_byte=1.1,  # measured on a simulated exome: 1.0
    memory_limit_gib=32,
    vcpu_hours_per_gib=0.1,
)
