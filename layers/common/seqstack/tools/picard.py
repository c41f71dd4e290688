"""Picard: BAM to metrics of coverage and of insert sizes.

The options are those that CollectHsMetrics and CollectWgsMetrics of Picard 2.27 and 3.3 share.
"""

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.results import FINGERPRINT
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import FAIDX, Output, Program, ToolDefinition
from seqstack.tools.programs import BGZIP, JAVA, SAMTOOLS, TABIX
from seqstack.tools.roles import SITES_OPTION, TARGETS_OPTION
from seqstack.tools.values import WHOLE, options, refused

JAR = "/usr/share/java/picard.jar"
"""Where Debian's package has Picard. Its script `PicardCommandLine` splits arguments at blanks."""

_OPTIONS = Grammar(
    "Picard's CollectHsMetrics and CollectWgsMetrics",
    options(
        whole=(
            WHOLE,
            "--MINIMUM_MAPPING_QUALITY --MINIMUM_BASE_QUALITY --COVERAGE_CAP --SAMPLE_SIZE",
        ),
    ),
    refused(
        "--VALIDATION_STRINGENCY --METRIC_ACCUMULATION_LEVEL --QUIET --VERBOSITY --version --help",
        """
        --INPUT --OUTPUT --REFERENCE_SEQUENCE --TARGET_INTERVALS --BAIT_INTERVALS
        --PER_TARGET_COVERAGE --PER_BASE_COVERAGE --THEORETICAL_SENSITIVITY_OUTPUT --INTERVALS
        --TMP_DIR --arguments_file
        """,
    ),
    has_letters=False,
)


def _arguments(sample: Sample, reference: S3Uri) -> list[str]:
    layout = sample.layout
    return [
        *("--bam_s3_path", str(layout.bam)),
        *("--bai_s3_path", str(layout.bam.with_suffix(".bai"))),
        *("--reference_s3_path", str(reference)),
        *("--reference_index_s3_path", str(reference.with_suffix(".fai"))),
        *((TARGETS_OPTION, str(sample.targets)) if sample.targets else ()),
        *((SITES_OPTION, str(sample.sites)) if sample.sites else ()),
        *("--qc_s3_path", str(layout.qc)),
    ]


def _inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    bam = sample.layout.bam
    given = (bam, bam.with_suffix(".bai"), reference, reference.with_suffix(".fai"))
    return (*given, *filter(None, (sample.targets, sample.sites)))


def _outputs(sample: Sample) -> tuple[Output, ...]:
    return (Output(FINGERPRINT), Output(f"{FINGERPRINT}.tbi")) if sample.sites else ()


PICARD = ToolDefinition(
    name="picard",
    folder="picard",
    step="targetMetrics",
    arguments=_arguments,
    inputs=_inputs,
    options=_OPTIONS,
    programs=(
        Program(
            "picard",
            "libpicard-java",
            executable=JAR,
            version_command=("java", "-jar", JAR, "CollectHsMetrics", "--version"),
            version_pattern=r"Version:(\S+)",
            version_file="META-INF/MANIFEST.MF",
            version_line="Implementation-Version: ",
        ),
        JAVA,
        SAMTOOLS,
        BGZIP,
        TABIX,
    ),
    scratch_per_byte=1.1,  # the BAM
    memory_limit_gib=32,
    vcpu_hours_per_gib=0.1,
    indexes=(FAIDX,),
    optional_outputs=_outputs,
)
