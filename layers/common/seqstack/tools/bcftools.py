"""bcftools mpileup and call: BAM to VCF and gVCF.

The options are from the help of bcftools 1.16 and 1.21.
"""

from typing import Final

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.tools.definition import FAIDX, ToolDefinition
from seqstack.tools.programs import BCFTOOLS as PROGRAM
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.roles import call_arguments, call_inputs
from seqstack.tools.values import NAMES, NUMBER, READ_FLAGS, WHOLE, one_of, options, refused

_CONTIG: Final = r"[A-Za-z0-9][A-Za-z0-9_.*|+-]*"
_REGIONS = Value(
    rf"\^?{_CONTIG}(:[0-9-]+)?(,{_CONTIG}(:[0-9-]+)?)*", "regions such as chr1:1-1000,chr2"
)
_TAGS = Value(
    r"-?((FORMAT|FMT|INFO)/)?[A-Z0-9_]+(,-?((FORMAT|FMT|INFO)/)?[A-Z0-9_]+)*",
    "tags such as FORMAT/AD,INFO/AD",
)
_PROFILE = Value(
    r"1\.12|(illumina|bgi|ont|ont-sup|pacbio-ccs|ultima)(-1\.[0-9][0-9])?",
    "a profile such as illumina",
)


_OPTIONS = Grammar(
    "bcftools mpileup",
    options(
        whole=(
            WHOLE,
            """
            -C --adjust-MQ -d --max-depth -q --min-MQ -Q --min-BQ --max-BQ --delta-BQ --seed -e
            --ext-prob -h --tandem-qual -L --max-idepth -m --min-ireads -M --max-read-len
            --open-prob --indel-size
            """,
        ),
        number=(NUMBER, "-F --gap-frac --indel-bias"),
        read_flags=(
            READ_FLAGS,
            """
            --ls --skip-all-set --ns --skip-any-set --lu --skip-all-unset --nu --skip-any-unset
            --rf --incl-flags --ff --excl-flags
            """,
        ),
        names=(NAMES, "-s --samples -P --platforms"),
        regions=(_REGIONS, "-t --targets"),
        tags=(_TAGS, "-a --annotate"),
        profile=(_PROFILE, "-X --config"),
        ambiguous=(one_of("drop", "incAD", "incAD0"), "--ar --ambig-reads"),
        flag=(
            None,
            """
            -6 --illumina1.3+ -A --count-orphans -B --no-BAQ -D --full-BAQ -E --redo-BAQ
            --ignore-RG -x --ignore-overlaps -U --mwu-u -I --skip-indels -p --per-sample-mF
            --indels-2.0 --indels-cns
            """,
        ),
    ),
    refused(
        """
        -f --fasta-ref --no-reference -G --read-groups -r --regions -O --output-type -g --gvcf
        --threads --no-version
        """,
        "-o --output -b --bam-list -R --regions-file -S --samples-file -T --targets-file",
    ),
)


BCFTOOLS = ToolDefinition(
    name="bcftools",
    folder="bcftools",
    step="callVariants",
    arguments=call_arguments,
    inputs=call_inputs,
    options=_OPTIONS,
    programs=(PROGRAM, SAMTOOLS),
    scratch_per_byte=2.0,  # measured on a simulated exome: 1.0
    memory_limit_gib=64,
    vcpu_hours_per_gib=1.0,
    indexes=(FAIDX,),
)
