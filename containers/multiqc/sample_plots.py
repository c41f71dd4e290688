"""All plots of a sample, of the best figures that its run has: pure."""

from collections.abc import Iterable

from multiqc import plots, tables
from multiqc.charts import NoPlot, Plot

_HIGH_QUALITY, _ALL_PAIRS = "high_quality_coverage_count", "All_Reads."


def sample_plots(
    bam_stats: str,
    variant_stats: str,
    annotation: str,
    calls: Iterable[str],
    *,
    coverage: str | None,
    insert_sizes: str | None,
) -> list[Plot | NoPlot]:
    """The plots, in the order of the report.

    Args:
        bam_stats: samtools stats.
        variant_stats: bcftools stats.
        annotation: snpEff's statistics.
        calls: heterozygous calls, as `tables.allele_balance` takes them.
        coverage: picard's metrics of coverage, if the run measured them.
        insert_sizes: picard's metrics of insert sizes, if the run measured them.

    Raises:
        ValueError: a table has something else in place of a number.
        LookupError: a row has too few columns.
    """
    if coverage is None:
        depths = tables.covered_depths(bam_stats)
        bases = "with a read, duplicates included,"
    else:
        depths = tables.picard_histogram(coverage, _HIGH_QUALITY)
        bases = "of the targets" if "HsMetrics" in coverage else "of the reference"
    pairs = (
        tables.insert_sizes(bam_stats)
        if insert_sizes is None
        else tables.picard_histogram(insert_sizes, _ALL_PAIRS)
    )
    return [
        *plots.depth_plots(depths, bases),
        plots.insert_size_plot(pairs),
        plots.quality_plot(bam_stats),
        *plots.variant_plots(variant_stats),
        plots.balance_plot(tables.allele_balance(calls)),
        plots.effects_plot(annotation),
    ]
