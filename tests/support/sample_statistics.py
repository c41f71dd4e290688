"""Statistics of a small sample, as the tools write them, and its plots, drawn."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from multiqc.charts import NoPlot, Plot, build_draw_command, charts_text, plots_document
from multiqc.sample_plots import sample_plots

# two cycles of 4 first reads, one of a last read with a quality of 3
BAM_STATS = """\
SN\traw total sequences:\t5\t# excluding supplementary and secondary reads
FFQ\t1\t0\t0\t1\t0\t3
FFQ\t2\t0\t0\t4\t0\t0
LFQ\t1\t0\t0\t0\t1\t0
LFQ\t2\t0\t0\t0\t0\t0
IS\t0\t9\t9\t0\t0
IS\t150\t2\t2\t0\t0
IS\t152\t1\t1\t0\t0
COV\t[1-1]\t1\t30
COV\t[3-3]\t3\t10
"""
VARIANT_STATS = """\
SN\t0\tnumber of samples:\t1
SN\t0\tnumber of records:\t19
SN\t0\tnumber of SNPs:\t12
SN\t0\tnumber of MNPs:\t1
SN\t0\tnumber of indels:\t6
SN\t0\tnumber of others:\t0
TSTV\t0\t9\t3\t3.00\t9\t3\t3.00
IDD\t0\t-2\t1\t0\t.
IDD\t0\t-1\t2\t0\t.
IDD\t0\t1\t3\t0\t.
ST\t0\tA>C\t1
ST\t0\tA>G\t4
ST\t0\tC>T\t5
ST\t0\tG>T\t2
"""
ANNOTATION = """\
# Summary table

Name , Value
Genome , reference

# Effects by impact

Type , Count , Percent
MODIFIER , 6 , 75%
HIGH , 2 , 25%

# Count by effects

Type , Count , Percent
intergenic_region , 6 , 75%
stop_gained , 2 , 25%
"""
# 100 bases: 10 without a read, 40 with 1, 30 with 10, 20 with 3 or more than picard counts
WGS = """\
## METRICS CLASS\tpicard.analysis.WgsMetrics
GENOME_TERRITORY\tMEAN_COVERAGE
100\t6

## HISTOGRAM\tjava.lang.Integer
coverage\thigh_quality_coverage_count
0\t10
1\t40
10\t30
11\t20

"""
HS = """\
## METRICS CLASS\tpicard.analysis.directed.HsMetrics
BAIT_SET\tMEAN_TARGET_COVERAGE
targets\t2

## HISTOGRAM\tjava.lang.Integer
coverage_or_base_quality\thigh_quality_coverage_count\tunfiltered_baseq_count
0\t5\t0
1\t15\t0
2\t0\t70

"""
INSERT_SIZES = """\
## METRICS CLASS\tpicard.analysis.InsertSizeMetrics
MEDIAN_INSERT_SIZE\tMODE_INSERT_SIZE
300\t300

## HISTOGRAM\tjava.lang.Integer
insert_size\tAll_Reads.fr_count\tAll_Reads.rf_count
299\t10\t1
300\t20\t0
500\t1\t0

"""
# even; one of ten; all; not counted; no reads; no counts; three alleles
CALLS = ("SNP\t5,5", "SNP\t9,1", "INDEL\t0,7", "SNP\t.", "SNP\t0,0", "SNP\t.,.", "SNP\t1,2,3")


def found_plots(
    annotation: str = ANNOTATION,
    calls: Iterable[str] = CALLS,
    coverage: str | None = WGS,
    insert_sizes: str | None = INSERT_SIZES,
) -> list[Plot | NoPlot]:
    """The plots of the sample, in the report's order."""
    return sample_plots(
        BAM_STATS, VARIANT_STATS, annotation, calls, coverage=coverage, insert_sizes=insert_sizes
    )


def drawn_document(found: list[Plot | NoPlot], folder: Path) -> bytes:
    """`qc/plots.json` of plots, drawn by Vega-Lite."""
    plots = [each for each in found if isinstance(each, Plot)]
    missing = [each for each in found if isinstance(each, NoPlot)]
    charts = folder / "charts.json"
    charts.write_text(charts_text(plots))
    multiqc = Path(sys.executable).with_name("multiqc").resolve()
    command = build_draw_command(multiqc.with_name("python"), charts)
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.dumps(plots_document("S1", plots, missing, json.loads(ended.stdout))).encode()
