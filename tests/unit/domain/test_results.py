"""The keys of the design, one by one: other programs and people rely on them."""

from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

DESIGN = {
    Step.ALIGN: ["bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5"],
    Step.ALIGNMENT_STATS: ["stats/bam_stats.dat"],
    Step.TARGET_METRICS: [
        "qc/coverage_metrics.txt",
        "qc/insert_size_metrics.txt",
        "qc/target_depth.tsv.gz",
        "qc/chromosome_depth.tsv",
    ],
    Step.CALL_VARIANTS: [
        "vcf/variants/variants.vcf.gz",
        "vcf/variants/variants.vcf.gz.tbi",
        "vcf/variants/genome.vcf.gz",
        "vcf/variants/genome.vcf.gz.tbi",
    ],
    Step.ANNOTATE: [
        "vcf/annotated/variants.ann.vcf.gz",
        "vcf/annotated/variants.ann.vcf.gz.tbi",
        "vcf/annotated/snpEff_summary.html",
        "vcf/annotated/snpEff_summary.csv",
    ],
    Step.AGGREGATE_QC: [
        "qc/multiqc_report.html",
        "qc/multiqc_data.json",
        "qc/multiqc_general_stats.txt",
        "qc/metrics.json",
        "qc/plots.json",
    ],
}


def test_results_of_every_step_have_the_keys_of_the_design() -> None:
    layout = ResultLayout(S3Uri.parse("s3://bucket/results/"), "NA12878")

    assert {
        step.name: [str(uri) for uri in step.outputs_in(layout)]
        for step in SECONDARY_ANALYSIS.steps
    } == {
        step: [
            *(f"s3://bucket/results/NA12878/{name}" for name in names),
            f"s3://bucket/results/NA12878/provenance/{step}.json",
        ]
        for step, names in DESIGN.items()
    }


def test_results_of_a_tools_own_come_before_the_provenance() -> None:
    layout = ResultLayout(S3Uri.parse("s3://bucket/results/"), "NA12878")

    outputs = SECONDARY_ANALYSIS.outputs(Step.CALL_VARIANTS, layout, Tool.STRELKA)

    assert [str(uri).removeprefix("s3://bucket/results/NA12878/") for uri in outputs] == [
        *DESIGN[Step.CALL_VARIANTS],
        *("vcf/stats/runStats.tsv", "vcf/stats/runStats.xml"),
        *("vcf/variants/genome.S1.vcf.gz", "vcf/variants/genome.S1.vcf.gz.tbi"),
        "provenance/callVariants.json",
    ]
