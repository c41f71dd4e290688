"""The demo as a user runs it, on the smaller exome."""

import gzip
import json
from pathlib import Path

from cli.crate import write_crate
from tests.e2e.conftest import Emulate
from tests.support.crates import validated

RESULTS = {
    "bam/sorted.bam",
    "bam/sorted.bam.bai",
    "bam/sorted.bam.md5",
    "stats/bam_stats.dat",
    "vcf/variants/variants.vcf.gz",
    "vcf/variants/variants.vcf.gz.tbi",
    "vcf/variants/genome.vcf.gz",
    "vcf/variants/genome.vcf.gz.tbi",
    "vcf/annotated/variants.ann.vcf.gz",
    "vcf/annotated/variants.ann.vcf.gz.tbi",
    "vcf/annotated/snpEff_summary.html",
    "report/run.html",
    "vcf/annotated/snpEff_summary.csv",
    "qc/multiqc_report.html",
    "qc/multiqc_data.json",
    "qc/multiqc_general_stats.txt",
    "qc/metrics.json",
    "qc/plots.json",
    "provenance/aggregateQc.json",
    "provenance/align.json",
    "provenance/callVariants.json",
    "provenance/annotate.json",
    "provenance/alignmentStats.json",
    "provenance/targetMetrics.json",
    "provenance/ro-crate-metadata.json",
    "provenance/ro-crate-workflow.json",
    "qc/coverage_metrics.txt",
    "qc/insert_size_metrics.txt",
    "qc/target_depth.tsv.gz",
    "qc/chromosome_depth.tsv",
}


def test_demo_small_exome_meets_every_bound(emulate: Emulate, tmp_path: Path) -> None:
    ended = emulate("demo", "--exome", "small", "--results", str(tmp_path / "results"))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Every bound was met." in ended.stdout
    assert ended.stdout.count(" succeeded ") == 6
    assert ended.stderr == ""
    folder = tmp_path / "results/small"
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == RESULTS
    provenance = json.loads((folder / "provenance/align.json").read_text())
    assert provenance["tool"] == "bwa"
    assert provenance["image"] is None  # processes run in none
    with gzip.open(folder / "vcf/annotated/variants.ann.vcf.gz", "rt") as lines:
        assert any("ANN=" in line for line in lines)
    assert validated(folder / "provenance") == "passed\n"
    write_crate(folder)
    assert validated(folder) == "passed\n"
