"""fastp: trims reads in the stream before an aligner, in the aligner's job.

It is no step of its own: nothing is stored between the two. The options are from the help of fastp
0.23 and 0.24, and the limits of their values from its `Options::validate`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seqstack.domain.option_grammar import Grammar, Value
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import Output, Program
from seqstack.tools.roles import align_arguments, align_optional_outputs
from seqstack.tools.values import one_of, options, refused

FASTP: Final = "fastp"
"""Its block in a run's input, which trims the reads."""
FASTP_PROGRAM: Final = Program(
    FASTP, FASTP, version_command=(FASTP, "--version"), version_pattern=r"fastp (\S+)"
)
TRIM_OPTION: Final = "--fastp_args"
"""The aligner's option, with fastp's; without it, reads are not trimmed."""
TRIM_REPORT: Final = "qc/fastp.json"
TRIMMED_ALIGNERS: Final = ("bwa", "minimap2")
"""Those that read a stream. Isaac reads folders of files."""

_UMI_OPTIONS = ("--umi_loc", "--umi_len", "--umi_skip")
_IN_READS = ("read1", "read2", "per_read")


def _up_to(most: int, least: int = 0) -> Value:
    """A whole number in a range, of at most three digits."""
    numbers = "|".join(str(number) for number in range(least, most + 1))
    return Value(numbers, f"a whole number from {least} to {most}")


_LENGTH = Value("[0-9]{1,5}", "a whole number of bases")

OPTIONS: Final = Grammar(
    FASTP,
    options(
        flag=(
            None,
            """
            -A --disable_adapter_trimming -Q --disable_quality_filtering -L
            --disable_length_filtering -g --trim_poly_g -G --disable_trim_poly_g -x --trim_poly_x
            -5 --cut_front -3 --cut_tail -r --cut_right -y --low_complexity_filter -c --correction
            -U --umi
            """,
        ),
        adapter=(
            Value("[ACGT]{4,200}", "a sequence of 4 to 200 bases A, C, G, T"),
            "-a --adapter_sequence --adapter_sequence_r2",
        ),
        ends=(_up_to(30), "-f --trim_front1 -F --trim_front2"),
        tails=(_up_to(100), "-t --trim_tail1 -T --trim_tail2"),
        length=(_LENGTH, "-b --max_len1 -B --max_len2 -l --length_required --length_limit"),
        poly=(_up_to(100, 1), "--poly_g_min_len --poly_x_min_len"),
        window=(
            Value("[1-9][0-9]{0,2}|1000", "a whole number from 1 to 1000"),
            """
            -W --cut_window_size --cut_front_window_size --cut_tail_window_size
            --cut_right_window_size
            """,
        ),
        window_quality=(
            _up_to(30, 1),
            """
            -M --cut_mean_quality --cut_front_mean_quality --cut_tail_mean_quality
            --cut_right_mean_quality
            """,
        ),
        quality=(_up_to(93), "-q --qualified_quality_phred -e --average_qual"),
        percent=(
            _up_to(100),
            "-u --unqualified_percent_limit -Y --complexity_threshold --overlap_diff_percent_limit",
        ),
        bases=(_up_to(50), "-n --n_base_limit"),
        overlap=(_up_to(500), "--overlap_len_require --overlap_diff_limit"),
        umi_place=(
            one_of("index1", "index2", "read1", "read2", "per_index", "per_read"),
            "--umi_loc",
        ),
        umi_length=(_up_to(100, 1), "--umi_len"),
        umi_skip=(_up_to(100), "--umi_skip"),
    ),
    refused(
        "-w --thread --stdin --stdout --interleaved_in --dont_eval_duplication -R --report_title",
        """
        -i --in1 -I --in2 -o --out1 -O --out2 --unpaired1 --unpaired2 --overlapped_out --failed_out
        --merged_out --adapter_fasta --filter_by_index1 --filter_by_index2 -j --json -h --html
        -s --split -S --split_by_lines
        """,
    ),
    has_letters=False,
)


def option_problems(words: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with fastp's options, alone and together."""
    arguments, problems = OPTIONS.read(words)
    yield from problems
    given = {each.option: each.value for each in arguments}
    if not has_umis(words):
        for option in _UMI_OPTIONS:
            if option in given:
                yield f"{option} needs --umi"
        return
    place = given.get("--umi_loc")
    if place is None:
        yield "--umi needs --umi_loc, which says where UMIs are"
    elif place in _IN_READS and "--umi_len" not in given:
        yield f"--umi_loc {place} needs --umi_len"
    elif place not in _IN_READS and ("--umi_len" in given or "--umi_skip" in given):
        yield f"--umi_loc {place} takes the whole index: leave --umi_len and --umi_skip out"


def asks_for_trimming(document: Mapping[str, Any]) -> bool:
    """True if a run's input asks that its reads are trimmed."""
    return bool(document.get("trimReads", FASTP in document))


def has_umis(words: Sequence[str]) -> bool:
    """True if fastp takes UMIs from reads or indexes."""
    arguments, _ = OPTIONS.read(words)
    return any(each.option in ("-U", "--umi") for each in arguments)


@dataclass(frozen=True, slots=True)
class TrimmedSample(Sample):
    """A sample, and what fastp does to its reads.

    `trimming` are fastp's options, which may be none; it is None if the reads are not trimmed.
    """

    trimming: str | None = field(default=None, kw_only=True)

    @property
    def is_trimmed(self) -> bool:
        """True if fastp reads the FASTQ files before the aligner does."""
        return self.trimming is not None


def trim_arguments(sample: TrimmedSample) -> list[str]:
    """The option of an aligner's job that trims the reads; nothing without trimming."""
    # one word with "=": the value may start with "-", which argparse would read as an option
    return [f"{TRIM_OPTION}={sample.trimming}"] if sample.is_trimmed else []


def trimmed_arguments(sample: TrimmedSample, reference: S3Uri) -> list[str]:
    """The options of an aligner that reads a stream."""
    return [*align_arguments(sample, reference), *trim_arguments(sample)]


def trimmed_outputs(sample: TrimmedSample) -> tuple[Output, ...]:
    """What such an aligner writes besides the BAM for a run that asks for it."""
    report = (Output(TRIM_REPORT),) if sample.is_trimmed else ()
    return (*align_optional_outputs(sample), *report)


# Illumina's instruments with two colors, where no signal reads as G: fastp's own list, as
# https://github.com/OpenGene/fastp/pull/508 completed it, for names in Illumina's form
_TWO_COLORS = re.compile(r"@?(FS|MN|SH|NS|NB|NDX|VL|VH|A|NA|LH)[0-9]+:[0-9]+:\S+:[0-9]+:[0-9]+:")
_POLY_G = ("-g", "--trim_poly_g", "-G", "--disable_trim_poly_g")


def poly_g_options(words: Sequence[str], first_header: str) -> list[str]:
    """The option that fastp adds itself when it reads files, and not when it reads a stream."""
    if any(word in _POLY_G for word in words) or not _TWO_COLORS.match(first_header):
        return []
    return ["--trim_poly_g"]
