"""freebayes over several contigs, each of which is called by itself."""

from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, copy_alignment
from tests.integration.containers.simulated import Sample

OUT = f"s3://{BUCKET}/freebayes/S1"


@pytest.fixture
def called(entry: Entry, s3: Any, staged: str, aligned: str, tmp_path: Path) -> Path:
    copy_alignment(s3, aligned, OUT)
    ended = entry.run("freebayes", *arguments.caller(staged, OUT, "--memory", "3"))
    assert ended.code == 0, ended.log
    names = ("genome.vcf.gz", "genome.vcf.gz.tbi", "variants.vcf.gz")
    keys = [f"vcf/variants/{name}" for name in names] + ["bam/sorted.bam", "bam/sorted.bam.bai"]
    for key in keys:
        s3.download_file(BUCKET, f"freebayes/S1/{key}", str(tmp_path / Path(key).name))
    return tmp_path


def test_freebayes_reports_every_base_and_the_planted_variants(
    called: Path, sample: Sample
) -> None:
    lengths = dict(
        line.split("\t")[:2] for line in Path(f"{sample.fasta}.fai").read_text().splitlines()
    )
    told = dict.fromkeys(lengths, 0)
    with pysam.VariantFile(str(called / "genome.vcf.gz")) as records:
        for record in (each for contig in lengths for each in records.fetch(contig)):
            assert record.start <= told[record.chrom], "a gap"
            told[record.chrom] = max(told[record.chrom], record.stop)

    assert told == {contig: int(length) for contig, length in lengths.items()}

    with pysam.VariantFile(str(called / "variants.vcf.gz")) as records:
        assert list(records.header.samples) == ["S1"]
        found = {
            (record.chrom, record.pos, record.ref, alt)
            for record in records
            if "LowQual" not in record.filter
            for alt in record.alts or ()
        }
    planted = {variant.key for variant in sample.variants if variant.is_snv}

    assert len(planted & found) >= 0.98 * len(planted)


def test_nearly_all_bases_with_reads_have_a_depth(called: Path) -> None:
    """A joint call takes a block of depth 0 for one without reads."""
    with (
        pysam.AlignmentFile(str(called / "sorted.bam")) as reads,
        pysam.VariantFile(str(called / "genome.vcf.gz")) as records,
    ):
        unknown, deep = 0, 0
        for contig in reads.references:
            told = {
                at
                for record in records.fetch(contig)
                if record.alts != ("<*>",) or record.info["MIN_DP"]
                for at in range(record.start, record.stop)
            }
            depths = zip(*reads.count_coverage(contig, quality_threshold=20), strict=True)
            covered = {at for at, counts in enumerate(depths) if sum(counts) >= 5}
            deep += len(covered)
            unknown += len(covered - told)

    assert unknown <= 0.01 * deep
