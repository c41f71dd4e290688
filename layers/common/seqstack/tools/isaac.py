"""Isaac 4: FASTQ to a sorted, duplicate-marked BAM.

The options are from the manual of Isaac 4.
"""

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.domain.reads.limits import ReadLimits
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import FAIDX, Program, ToolDefinition
from seqstack.tools.isaac_index import ISAAC_OWN_REFERENCE
from seqstack.tools.programs import SAMTOOLS
from seqstack.tools.roles import align_arguments
from seqstack.tools.values import NAMES, NUMBER, WHOLE, one_of, options, refused

_SWITCH = Value("[01]", "0 or 1")


_OPTIONS = Grammar(
    "isaac-align",
    options(
        whole=(
            WHOLE,
            """
            --anomalous-pair-handicap --bam-gzip-level --base-quality-cutoff
            --candidate-matches-max --clusters-at-a-time --detect-template-block-size
            --hash-table-buckets --mapq-threshold
            --match-finder-shadow-split-repeats --match-finder-too-many-repeats
            --match-finder-way-too-many-repeats --neighborhood-size-threshold --realign-mapq-min
            --realigned-gaps-per-fragment --repeat-threshold --seed-base-quality-min
            --shadow-scan-range --smith-waterman-gap-size-max
            --smith-waterman-gaps-max --split-gap-length --target-bin-size --verbosity
            """,
        ),
        number=(NUMBER, "--expected-bgzf-ratio"),
        coverage=(Value("[0-9]{1,9}", "a whole number from 0"), "--expected-coverage"),
        seed=(Value("1[0-9]|20", "10 to 20"), "--seed-length"),
        switch=(
            _SWITCH,
            """
            --anchor-mate --bam-pessimistic-mapq --clip-overlapping --clip-semialigned
            --keep-duplicates --mark-duplicates --per-tile-tls --pf-only --pre-allocate-bins
            --pre-sort-bins --realign-dodgy --realign-vigorously --rescue-shadows
            --scatter-repeats --single-library-samples --split-alignments --trim-pe
            """,
        ),
        adapters=(
            Value(r"Standard|Nextera|NexteraMp|[ACGTN*,]{1,500}", "adapters, or Standard, Nextera"),
            "--default-adapters",
        ),
        score=(
            Value(r"Unaligned|Unknown|[0-9]{1,3}", "Unaligned, Unknown or 0 to 254"),
            "--dodgy-alignment-score",
        ),
        scoring=(
            Value(
                r"eland|bwa|bwa-mem|-?[0-9]{1,9}(:-?[0-9]{1,9}){4}",
                "eland, bwa, bwa-mem or five numbers, m:mm:go:ge:me",
            ),
            "--gap-scoring",
        ),
        unaligned=(one_of("discard", "front", "back"), "--keep-unaligned"),
        realign=(one_of("no", "sample", "project", "all"), "--realign-gaps"),
        smith=(one_of("always", "smart", "never"), "--use-smith-waterman"),
        tags=(NAMES, "--bam-exclude-tags"),
    ),
    refused(
        """
        -r --reference-genome -f --base-calls-format -m --memory-limit -j --jobs
        --use-bases-mask --lane-number-max --read-name-length --variable-read-length
        --start-from --stop-at
        """,
        """
        -b --base-calls -s --sample-sheet -o --output-directory -t --temp-directory
        --known-indels --response-file
        """,
    ),
)


def _inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    # sorted-reference.xml names the FASTA beside it, which only the job reads
    return (*sample.reads, reference)


ISAAC = ToolDefinition(
    name="isaac",
    folder="isaac",
    step="align",
    arguments=align_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(
        Program(
            "isaac",
            "bioconda::isaac4",
            executable="isaac-align",
            version_command=("isaac-align", "--version"),
            version_pattern=r"([0-9]+(?:\.[0-9]+){2,})",
        ),
        SAMTOOLS,
    ),
    scratch_per_byte=10.0,  # temporary files: 530 bytes for each pair
    memory_limit_gib=256,
    vcpu_hours_per_gib=1.0,
    indexes=(FAIDX,),
    own_reference=ISAAC_OWN_REFERENCE,
    # measured: reads of 601 bases work; reads of 650, IUPAC codes and qualities of 64 crash it
    reads=ReadLimits(
        most_bases=601,
        most_quality=63,
        has_codes=False,
        has_alignments=False,
        has_cram=False,
        has_parts=False,
    ),
)
