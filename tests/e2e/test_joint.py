"""A cohort of small samples to one annotated VCF, by real tools, and one sample more."""

import gzip
import json
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.e2e.conftest import SeqStack
from tests.integration.containers.people import (
    genotypes,
    make_reads,
    make_reference,
    variants_of,
)

pytestmark = pytest.mark.long

NAMES = ("ann", "bob", "cy")


def said(ended: Any) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def write_sheet(folder: Path, names: tuple[str, ...]) -> None:
    rows = ["sample,lane,fastq_1,fastq_2"]
    rows += [f"{name},1,{name}_1.fastq.gz,{name}_2.fastq.gz" for name in names]
    (folder / "trio.csv").write_text("\n".join(rows) + "\n")


def write_genes(path: Path, genome: dict[str, str]) -> None:
    """One gene of one exon on each contig."""
    lines = ["##gff-version 3"]
    for contig, text in genome.items():
        start = text.index("ATG", 1000) + 1
        for kind, parent in (("gene", ""), ("mRNA", "gene"), ("exon", "mRNA"), ("CDS", "mRNA")):
            of = f";Parent={parent}-{contig}" if parent else ""
            phase = "0" if kind == "CDS" else "."
            where = f"{start}\t{start + 299}\t.\t+\t{phase}"
            lines.append(f"{contig}\tsim\t{kind}\t{where}\tID={kind}-{contig}{of}")
    path.write_text("\n".join(lines) + "\n")


def fetched(seqstack: SeqStack, run_id: str, folder: Path) -> Path:
    ended = seqstack("download", run_id, str(folder))
    assert ended.returncode == 0, ended.stderr
    return folder


def reported(folder: Path) -> list[str]:
    """The samples of MultiQC's report, which its page names too."""
    _, *rows = (folder / "qc/multiqc_general_stats.txt").read_text().splitlines()
    names = [row.partition("\t")[0] for row in rows]
    page = (folder / "qc/multiqc_report.html").read_text()
    assert all(name in page for name in names)
    modules = json.loads((folder / "qc/multiqc_data.json").read_text())["report_saved_raw_data"]
    for module in ("samtools_stats", "bcftools_stats", "snpeff", "picard_wgsmetrics"):
        assert sorted(modules[f"multiqc_{module}"]) == names
    pairs = modules["multiqc_picard_insertSize"].values()  # a row for each orientation
    assert sorted(row["SAMPLE_NAME"] for row in pairs) == names
    return names


def test_cohort_ends_with_one_annotated_vcf_and_a_further_sample_is_called_alone(
    seqstack: SeqStack, tmp_path: Path
) -> None:
    genome = make_reference(tmp_path)
    for name, own in variants_of(genome, NAMES).items():
        make_reads(tmp_path, genome, name, own)
    write_genes(tmp_path / "genes.gff3", genome)
    write_sheet(tmp_path, NAMES[:2])
    given = (
        *("cohort", "run", "trio.csv", "--reference", "genome.fa", "--annotation", "genes.gff3"),
        *("--caller", "bcftools", "--joint", "--watch"),
    )

    ended = seqstack(*given)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Joint VCF of 2 samples: run c-" in ended.stdout
    first = said(seqstack("cohort", "status", "trio", "--json"))["plan"]["joint"]
    folder = fetched(seqstack, first["runId"], tmp_path / "joint2")
    assert reported(folder) == [*NAMES[:2]]
    assert f"MultiQC of all samples: seqstack --local open {first['runId']} --qc" in ended.stdout
    opened = seqstack("open", first["runId"], "--qc", "--print")
    assert "multiqc_report.html?" in opened.stdout, opened.stderr
    runs = said(seqstack("list", "--cohort", "trio", "--json"))["runs"]
    run_of = {run["sampleId"]: run["runId"] for run in runs if run["sampleId"]}
    for name in NAMES[:2]:
        single = fetched(seqstack, run_of[name], tmp_path / name)
        called = genotypes(single / "vcf/variants/variants.vcf.gz", name)
        assert len(called) > 10
        assert called == genotypes(folder / "vcf/variants/variants.vcf.gz", name)
    with gzip.open(folder / "vcf/annotated/variants.ann.vcf.gz", "rt") as lines:
        records = [line for line in lines if not line.startswith("#")]
    assert records
    assert all("ANN=" in record for record in records)
    assert any("|HIGH|" in record or "|MODERATE|" in record for record in records)

    write_sheet(tmp_path, NAMES)
    ended = seqstack(*given)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 new, 0 again, 0 running, 2 done" in ended.stdout
    second = said(seqstack("cohort", "status", "trio", "--json"))["plan"]["joint"]
    assert second["samples"] == 3
    assert second["runId"] != first["runId"]
    folder = fetched(seqstack, second["runId"], tmp_path / "joint3")
    with pysam.VariantFile(str(folder / "vcf/variants/variants.vcf.gz")) as records_of_three:
        assert list(records_of_three.header.samples) == list(NAMES)
    assert reported(folder) == [*NAMES]
    runs = said(seqstack("list", "--cohort", "trio", "--json"))["runs"]
    assert sorted(run["sampleId"] or "" for run in runs) == ["", "", *NAMES]
    report = said(seqstack("cohort", "report", "trio", "--output", str(tmp_path), "--json"))
    assert report["joint"]["runId"] == second["runId"]
    assert second["report"] == f"{second['results']}qc/multiqc_report.html"
    assert second["report"] in (tmp_path / "cohort.html").read_text()
    assert [each["sampleId"] for each in report["samples"]] == list(NAMES)
