"""A cohort's joint run writes tables, and `seqstack cohort query` answers from them."""

import json
from pathlib import Path
from typing import Any

import pysam
import pytest

from demo.exome.generate import DemoExome
from tests.e2e.conftest import SeqStack
from tests.e2e.test_command_line import said, write_reads

pytestmark = pytest.mark.long

SHARED = """
SELECT count(*)
FROM (
  SELECT contig, position, reference, alternate, count(*) AS samples
  FROM genotypes WHERE dosage > 0
  GROUP BY contig, position, reference, alternate
)
WHERE samples = 2
"""


def count_of(vcf: Path, sample: str) -> int:
    """Alternate alleles that a sample of a VCF has a copy of, as pysam reads them."""
    with pysam.VariantFile(str(vcf)) as records:
        return sum(len({*record.samples[sample].allele_indices} - {0, None}) for record in records)


def test_cohorts_variants_are_tables_that_answer_sql(
    seqstack: SeqStack, indexed_exome: DemoExome, tmp_path: Path
) -> None:
    exome = indexed_exome
    files = (exome.fastq1[0], exome.fastq2[0])
    few = 4 * 6_000
    write_reads(tmp_path, "a", files, (10**9, 10**9))
    write_reads(tmp_path, "b", files, (few, few))
    rows = ["patient,sample,lane,fastq_1,fastq_2"]
    rows += [f"P{each},{each},1,{each}_1.fastq.gz,{each}_2.fastq.gz" for each in "ab"]
    (tmp_path / "pair.csv").write_text("\n".join(rows) + "\n")
    nothing = seqstack("cohort", "query", "pair", "SELECT 1")
    assert nothing.returncode == 3
    assert "seqstack --local" in nothing.stderr
    assert "cohort joint pair" in nothing.stderr
    done = seqstack(
        *("cohort", "run", "pair.csv", "--reference", str(exome.reference)),
        *("--annotation", str(exome.annotation), "--caller", "bcftools", "--joint", "--watch"),
    )
    assert done.returncode == 0, done.stdout + done.stderr

    def query(sql: str) -> list[list[Any]]:
        answer = said(seqstack("cohort", "query", "pair", sql, "--json"))
        assert answer["engine"] == "duckdb"
        rows: list[list[Any]] = answer["rows"]
        return rows

    run_id = said(seqstack("cohort", "query", "pair", "SELECT 1", "--json"))["runId"]
    folder = tmp_path / "joint"
    assert seqstack("download", run_id, str(folder)).returncode == 0
    manifest = json.loads((folder / "tables/tables.json").read_text())
    assert manifest["samples"] == 2
    assert len(list((folder / "tables").rglob("*.parquet"))) == 6  # of two chromosomes
    counts = dict(query("SELECT sample, count(*) FROM genotypes WHERE dosage > 0 GROUP BY sample"))
    vcf = folder / "vcf/annotated/variants.ann.vcf.gz"
    assert counts == {sample: count_of(vcf, sample) for sample in "ab"}
    assert counts["a"] > 150
    ((both,),) = query(SHARED)
    assert 0 < both <= min(counts.values())
    impacts = dict(query("SELECT impact, count(*) FROM effects GROUP BY impact"))
    assert impacts.keys() >= {"HIGH", "MODERATE", "LOW"}

    shown = seqstack("cohort", "query", "pair", "SELECT count(*) AS n FROM variants", "--csv")
    ((alleles,),) = query("SELECT count(*) FROM variants")
    assert shown.stdout == f"n\n{alleles}\n"
    deleted = said(seqstack("delete", run_id, "--yes", "--json"))["deleted"]
    assert sum(each["s3Uri"].endswith(".parquet") for each in deleted) == 6
    gone = seqstack("cohort", "query", "pair", "SELECT 1")
    assert gone.returncode == 3
    assert "replaced or deleted" in gone.stderr
