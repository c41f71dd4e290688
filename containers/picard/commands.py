"""Picard's command lines: pure."""

from collections.abc import Sequence
from pathlib import Path

from seqstack.tools.picard import PICARD

BIN = Path("bin")
"""The folder of a stand-in for Rscript, relative to scratch; see `build_insert_size_command`."""

# Aligners write flags and qualities that the SAM specification advises against, such as a mapping
# quality of an unmapped read; by default, Picard fails at the first of them.
_COMMON = ("--VALIDATION_STRINGENCY", "SILENT", "--VERBOSITY", "WARNING")
_GENOME_CAP = 250  # CollectWgsMetrics' own


def quick_start(java: Sequence[str]) -> list[str]:
    """Java that compiles and collects simply: faster for a small BAM, slower for a large one."""
    return [java[0], "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *java[1:]]


def build_target_command(
    java: Sequence[str],
    *,
    bam: Path,
    fasta: Path,
    targets: Path,
    metrics: Path,
    depth: Path,
    cmd_args: Sequence[str] = (),
) -> list[str]:
    """CollectHsMetrics: coverage of `targets`, an interval list, and the depth of each.

    The targets stand for the baits too, whose regions a run does not know. The depth of each base
    goes to stdout.
    """
    return [
        *(*java, "CollectHsMetrics", *_COMMON, *cmd_args),
        *("--INPUT", str(bam), "--REFERENCE_SEQUENCE", str(fasta)),
        *("--TARGET_INTERVALS", str(targets), "--BAIT_INTERVALS", str(targets)),
        *("--OUTPUT", str(metrics), "--PER_TARGET_COVERAGE", str(depth)),
        *("--PER_BASE_COVERAGE", "/dev/stdout"),
    ]


def build_genome_command(
    java: Sequence[str], *, bam: Path, fasta: Path, metrics: Path, cmd_args: Sequence[str] = ()
) -> list[str]:
    """CollectWgsMetrics: coverage of the whole genome."""
    return [
        *(*java, "CollectWgsMetrics", *_COMMON, *cmd_args),
        *("--INPUT", str(bam), "--REFERENCE_SEQUENCE", str(fasta), "--OUTPUT", str(metrics)),
    ]


def genome_cap(cmd_args: Sequence[str]) -> int:
    """The most reads at a base that CollectWgsMetrics counts."""
    arguments, _ = PICARD.options.read(cmd_args)
    given = [each.value for each in arguments if each.option == "--COVERAGE_CAP" and each.value]
    return int(given[-1]) if given else _GENOME_CAP


def build_insert_size_command(
    java: Sequence[str], *, bam: Path, fasta: Path, metrics: Path
) -> list[str]:
    """CollectInsertSizeMetrics, without its chart.

    Picard does not start without an Rscript on PATH, which would draw the chart after the metrics
    are written: `BIN` has one that does nothing.
    """
    return [
        *(*java, "CollectInsertSizeMetrics", *_COMMON),
        *("--INPUT", str(bam), "--REFERENCE_SEQUENCE", str(fasta)),
        *("--OUTPUT", str(metrics), "--Histogram_FILE", "chart.pdf"),
    ]


def build_index_command(packed: Path) -> list[str]:
    """The `.tbi` beside a bgzipped VCF."""
    return ["tabix", "--preset", "vcf", str(packed)]


def build_pack_command(threads: int) -> list[str]:
    """A table on stdin to a bgzipped one on stdout."""
    return ["bgzip", "--stdout", "--threads", str(threads)]
