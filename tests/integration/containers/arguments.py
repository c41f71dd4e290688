"""The entry points' arguments for the simulated sample; `out` is the sample's results folder."""

REFERENCE_NAME = "genome.fa"


def common(out: str, step: str, sample: str = "S1") -> list[str]:
    return [f"--sample_id={sample}", f"--provenance_s3_path={out}/provenance/{step}.json"]


def bwa(staged: str, out: str, *extra: str, reads: str = "reads") -> list[str]:
    """`reads`: "few" for the first of them only."""
    return [
        *common(out, "align"),
        f"--bam_s3_folder_path={out}/bam/",
        *("--fastq1_s3_path", f"{staged}/{reads}_1.fastq.gz"),
        *("--fastq2_s3_path", f"{staged}/{reads}_2.fastq.gz"),
        f"--reference_s3_path={staged}/{REFERENCE_NAME}",
        *extra,
    ]


def caller(staged: str, out: str, *extra: str) -> list[str]:
    return [
        *common(out, "callVariants"),
        f"--bam_s3_path={out}/bam/sorted.bam",
        f"--bai_s3_path={out}/bam/sorted.bam.bai",
        f"--reference_s3_path={staged}/{REFERENCE_NAME}",
        f"--reference_index_s3_path={staged}/{REFERENCE_NAME}.fai",
        f"--vcf_s3_path={out}/vcf/",
        *extra,
    ]


def samtools_stats(staged: str, out: str, *extra: str) -> list[str]:
    return [
        *common(out, "alignmentStats"),
        f"--bam_s3_path={out}/bam/sorted.bam",
        f"--reference_s3_path={staged}/{REFERENCE_NAME}",
        f"--bam_stats_s3_path={out}/stats/bam_stats.dat",
        *extra,
    ]


def picard(staged: str, out: str, *extra: str) -> list[str]:
    return [
        *common(out, "targetMetrics"),
        f"--bam_s3_path={out}/bam/sorted.bam",
        f"--bai_s3_path={out}/bam/sorted.bam.bai",
        f"--reference_s3_path={staged}/{REFERENCE_NAME}",
        f"--reference_index_s3_path={staged}/{REFERENCE_NAME}.fai",
        f"--qc_s3_path={out}/qc/",
        *("--memory", "2"),
        *extra,
    ]


def snpeff(out: str, *extra: str) -> list[str]:
    return [
        *common(out, "annotate"),
        f"--vcf_s3_path={out}/vcf/variants/variants.vcf.gz",
        f"--annotated_vcf_s3_path={out}/vcf/annotated/variants.ann.vcf.gz",
        *("--memory", "2"),
        *extra,
    ]


def multiqc(out: str, *extra: str, sample: str = "S1") -> list[str]:
    return [
        *common(out, "aggregateQc", sample),
        f"--bam_stats_s3_path={out}/stats/bam_stats.dat",
        f"--vcf_s3_path={out}/vcf/variants/variants.vcf.gz",
        f"--annotation_statistics_s3_path={out}/vcf/annotated/snpEff_summary.csv",
        f"--report_s3_path={out}/qc/multiqc_report.html",
        *extra,
    ]


def parquet(out: str) -> list[str]:
    return [
        f"--provenance_s3_path={out}/provenance/tabulateVariants.json",
        f"--annotated_vcf_s3_path={out}/vcf/annotated/variants.ann.vcf.gz",
        f"--tables_s3_path={out}/tables/tables.json",
    ]


def annotation(staged: str) -> list[str]:
    return [
        f"--reference_s3_path={staged}/{REFERENCE_NAME}",
        f"--annotation_s3_path={staged}/genes.gff3",
    ]
