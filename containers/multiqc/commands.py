"""MultiQC's command line and configuration, and bcftools's."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqstack.domain.qc.sex import LEAST_QUALITY

CONFIG_NAME = "multiqc_config.json"
REPORT_NAME = "multiqc_report.html"
DATA_FOLDER = "multiqc_report_data"  # as MultiQC names it, beside the report
DATA_NAME = "multiqc_data.json"
TABLE_NAME = "multiqc_general_stats.txt"
METRICS_NAME = "metrics.json"
PLOTS_NAME = "plots.json"
MANY_SAMPLES = 1000
"""From so many on, plots with a line or a bar for each sample tell nothing."""
_OF_EACH_SAMPLE = (
    *("bcftools-stats_depth_plot", "bcftools-stats_indel_plot"),
    *("bcftools-stats_variant_quality_plot", "bcftools-stats_variant_sub_types"),
    *("fastp-duprates", "fastp-filtered-reads-chart", "fastp-insert-size"),
    *("fastp-seq-content-gc", "fastp-seq-content-n", "fastp-seq-quality"),
    *("picard-insertsize", "picard-wgsmetrics-bases", "picard-wgsmetrics-cov"),
    *("picard_hsmetrics_hs_penalty", "picard_hsmetrics_target_bases"),
    *("samtools-stats-alignment", "samtools-stats-insert-size"),
    *("snpeff-effects", "snpeff-effects-impact", "snpeff-functional-class"),
    *("snpeff-genomic-regions", "snpeff-qualities"),
)
_NOT_KEPT = ("MULTIQC", "PYTHON")  # its own packages, not ours: one of ours is called multiqc


def build_variant_stats_command(vcf: Path) -> list[str]:
    """Counts of the variants that pass the caller's filters, to stdout."""
    return ["bcftools", "stats", "--apply-filters", "PASS,.", str(vcf)]


def build_genotypes_command(vcf: Path, contig: str) -> list[str]:
    """Position and genotype of the SNVs of a contig that pass the caller's filters, to stdout."""
    passes = f'TYPE="snp" && QUAL>={LEAST_QUALITY} && (FILTER="PASS" || FILTER=".")'
    return [
        *("bcftools", "query", "--targets", contig, "--include", passes),
        *("--format", r"%POS[\t%GT]\n", str(vcf)),
    ]


def build_heterozygous_command(vcf: Path) -> list[str]:
    """Type and allele depths of those that are heterozygous, of one alternate allele, to stdout."""
    wanted = 'GT="het" && N_ALT=1 && (FILTER="PASS" || FILTER=".")'
    columns = r"%TYPE\t[%AD]\n"
    query = ["bcftools", "query", "--allow-undef-tags", "--include", wanted]  # AD is optional
    return [*query, "--format", columns, str(vcf)]


def multiqc_config(title: str) -> dict[str, Any]:
    """The configuration: every file has the sample's name, and nothing asks the network.

    By default, MultiQC shortens names by a list of endings, and takes some from inside the files.
    """
    return {
        "title": title,
        "use_filename_as_sample_name": True,
        "fn_clean_sample_names": False,
        "fn_ignore_files": [],  # a sample can be called as files that MultiQC does not read
        "no_version_check": True,
        "no_ai": True,
        "megaqc_upload": False,
        "show_analysis_paths": False,
        "show_analysis_time": False,
        "disable_version_detection": True,  # provenance has the programs' versions
        "skip_versions_section": True,
        "make_report": True,
        "data_format": "tsv",
        # by default, only files called *.json
        "sp": {"fastp": {"fn": "*", "contents": '"before_filtering": {', "num_lines": 50}},
        "log_filesize_limit": 50_000_000,
    }


def cohort_config(cohort: str, samples: int) -> dict[str, Any]:
    """The configuration for a report of all samples of a cohort.

    By default, MultiQC draws plots of more than 2,000 samples as pictures, in a browser that the
    image lacks. Each sample of such a plot adds 25 kB to the page.
    """
    left_out = _OF_EACH_SAMPLE if samples >= MANY_SAMPLES else ()
    return {
        **multiqc_config(f"Cohort {cohort}"),
        "plots_force_interactive": True,
        "remove_sections": list(left_out),
    }


def write_config(folder: Path, config: Mapping[str, Any]) -> Path:
    """Write the configuration; return its path."""
    path = folder / CONFIG_NAME
    path.write_text(json.dumps(config))
    return path


def multiqc_environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """MultiQC's variables: without the configuration of the machine, and of who runs it."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_NOT_KEPT)}
    return {**kept, "HOME": str(home)}


def build_multiqc_command(
    config: Path, modules: Collection[str], folder: Path, cmd_args: Sequence[str] = ()
) -> list[str]:
    """The report of the files in `folder`; it fails if a module finds none there."""
    return [
        *("multiqc", "--config", str(config), "--no-ansi", "--strict", "--require-logs"),
        *(word for module in modules for word in ("--module", module)),
        *("--outdir", ".", "--filename", REPORT_NAME, *cmd_args, str(folder)),
    ]
