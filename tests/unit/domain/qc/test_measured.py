"""Metrics are read from the tools' own files; what a file lacks was not measured."""

import json
from pathlib import Path

import pytest

from seqstack.domain.qc.measured import (
    as_document,
    from_bcftools_stats,
    from_fastp,
    from_picard,
    from_samtools_stats,
    read_metrics,
)
from seqstack.domain.qc.metrics import METRICS, Values

SAMTOOLS = """# This file was produced by samtools stats (1.21+htslib-1.21)
SN\traw total sequences:\t2000\t# excluding supplementary and secondary reads
SN\treads mapped:\t1900
SN\treads properly paired:\t1800\t# proper-pair bit set
SN\treads duplicated:\t190\t# PCR or optical duplicate bit set
SN\tbases mapped (cigar):\t180000\t# more accurate
SN\tinsert size average:\t306.5
FFQ\t1\t0\t0
"""
BCFTOOLS = """SN\t0\tnumber of samples:\t1
SN\t0\tnumber of records:\t303
SN\t0\tnumber of SNPs:\t205
SN\t0\tnumber of indels:\t98
# TSTV\t[2]id\t[3]ts\t[4]tv\t[5]ts/tv
TSTV\t0\t140\t64\t2.19\t140\t64\t2.19
"""
# the columns of picard's documentation, some of them
PICARD = """## htsjdk.samtools.metrics.StringHeader
# CollectHsMetrics --INPUT sorted.bam
## METRICS CLASS\tpicard.analysis.directed.HsMetrics
PF_BASES_ALIGNED\tON_TARGET_BASES\tON_BAIT_BASES\tNEAR_BAIT_BASES\tMEAN_TARGET_COVERAGE\tPCT_TARGET_BASES_20X\tFOLD_80_BASE_PENALTY
1000\t375\t750\t125\t61.5\t0.98\t?

## HISTOGRAM\tjava.lang.Integer
"""


def test_samtools_stats_gives_shares_of_reads_and_depth() -> None:
    assert from_samtools_stats(SAMTOOLS, reference_bases=6000) == {
        "reads": 2000,
        "alignedRate": 0.95,
        "properlyPairedRate": 0.9,
        "duplicateRate": 0.1,  # of the aligned reads
        "meanInsertSize": 306.5,
        "meanDepth": 30,
    }


def test_samtools_stats_of_no_reads_has_no_shares() -> None:
    text = SAMTOOLS.replace("2000", "0").replace("1900", "0").replace("306.5", "0.0")

    assert from_samtools_stats(text) == {"reads": 0}


def test_bcftools_stats_gives_variants_and_titv() -> None:
    assert from_bcftools_stats(BCFTOOLS) == {
        "variants": 303,
        "snvs": 205,
        "indels": 98,
        "titv": 2.1875,
    }
    assert "titv" not in from_bcftools_stats(BCFTOOLS.replace("\t64\t", "\t0\t"))


def test_picard_gives_targets_and_leaves_out_what_it_could_not_measure() -> None:
    assert from_picard(PICARD) == {
        "onTargetRate": 0.75,
        "nearTargetRate": 0.125,
        "meanTargetDepth": 61.5,
        "targetBasesAt20x": 0.98,
    }


# fastp's report, some of it
FASTP = {
    "summary": {
        "before_filtering": {"total_reads": 4000, "total_bases": 400_000, "q30_bases": 300_000},
        "after_filtering": {"total_reads": 3900, "total_bases": 360_000, "q30_bases": 324_000},
    },
    "adapter_cutting": {"adapter_trimmed_reads": 1000, "adapter_trimmed_bases": 30_000},
}


def test_fastp_gives_what_was_left_and_what_was_trimmed() -> None:
    assert from_fastp(json.dumps(FASTP)) == {
        "readsAfterTrimming": 3900,
        "trimmedBaseRate": 0.1,
        "adapterRate": 0.25,
        "q30Rate": 0.9,
    }


def test_fastp_that_looks_for_no_adapter_has_no_rate_of_them() -> None:
    assert "adapterRate" not in from_fastp(json.dumps({"summary": FASTP["summary"]}))


@pytest.mark.parametrize("text", ["", "no table\n", "## METRICS CLASS\tx\n"])
def test_file_without_a_table_has_no_metrics(text: str) -> None:
    assert from_picard(text) == from_bcftools_stats(text) == from_samtools_stats(text) == {}


def test_document_has_values_with_units_and_ga4ghs_names() -> None:
    values = {"variants": 3, "meanInsertSize": 306.5, "alignedRate": 0.95, "meanDepth": 30}

    assert as_document("S1", values) == {
        "schemaVersion": 1,
        "sampleId": "S1",
        "metrics": {
            "alignedRate": {"value": 0.95, "unit": "share", "ga4gh": "pct_reads_mapped"},
            "meanInsertSize": {"value": 306.5, "unit": "bases", "ga4gh": "mean_insert_size"},
            "meanDepth": {"value": 30, "unit": "x"},
            "variants": {"value": 3, "unit": "count"},
        },
    }


def test_page_lists_every_metric_with_its_unit() -> None:
    page = (Path(__file__).parents[4] / "docs/qc.md").read_text()

    for metric in METRICS.values():
        assert f"| `{metric.name}` | {metric.unit_name} | {metric.meaning}" in page


def test_metrics_are_read_as_they_were_written() -> None:
    values: Values = {"alignedRate": 0.95, "meanDepth": 30.5, "sex": "female"}

    assert read_metrics(json.dumps(as_document("S1", values)).encode()) == values


def test_metrics_of_another_version_are_read_as_far_as_they_are_known() -> None:
    content = (
        b'{"metrics": {"reads": {"value": 7}, "beauty": {"value": 3}, "sex": {"value": "neuter"}}}'
    )

    assert read_metrics(content) == {"reads": 7}
