"""The depth of X and Y by the real programs, and the sex and warnings that follow from it."""

import json
import random
from pathlib import Path
from typing import Any

import pysam
import pytest

from seqstack.domain.qc.sex import ChromosomeDepth, depths_as_text, read_depths
from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, OUT, Ended, Entry, declare_whole
from tests.integration.containers.simulated_bam import DUPLICATE, SECONDARY, Layer, write_bam

LENGTH = 40_000
UNKNOWN = LENGTH // 2  # the second half of Y is N
TARGETS = "".join(
    f"{chrom}\t{start}\t{start + 500}\n"
    for chrom in ("1", "2", "X", "Y")
    for start in range(1000, UNKNOWN - 1000, 2000)
)


@pytest.fixture(scope="module")
def reference(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """A FASTA with two autosomes, X and Y, half of which is unknown; its place, and its bases."""
    rng = random.Random(23)
    bases = {chrom: "".join(rng.choices("ACGT", k=LENGTH)) for chrom in ("1", "2", "X", "Y")}
    bases["Y"] = bases["Y"][:UNKNOWN] + "N" * (LENGTH - UNKNOWN)
    fasta = tmp_path_factory.mktemp("sexes") / arguments.REFERENCE_NAME
    fasta.write_text("".join(f">{chrom}\n{text}\n" for chrom, text in bases.items()))
    pysam.faidx(str(fasta))
    for path in (fasta, Path(f"{fasta}.fai")):
        s3.upload_file(str(path), BUCKET, f"sexes/{path.name}")
    return f"s3://{BUCKET}/sexes", bases


def chromosome_depths(
    entry: Entry, s3: Any, reference: tuple[str, dict[str, str]], folder: Path, *given: str
) -> tuple[Ended, dict[str, ChromosomeDepth]]:
    out = f"s3://{BUCKET}/{folder.name}"
    for name in ("sorted.bam", "sorted.bam.bai"):
        s3.upload_file(str(folder / name), BUCKET, f"{folder.name}/bam/{name}")
    declare_whole(s3, out, "align", "bam/sorted.bam", "bam/sorted.bam.bai")
    ended = entry.run("picard", *arguments.picard(reference[0], out, *given))
    assert ended.code == 0, ended.log
    found = s3.get_object(Bucket=BUCKET, Key=f"{folder.name}/qc/chromosome_depth.tsv")
    return ended, {row.chrom: row for row in read_depths(found["Body"].read().decode())}


@pytest.mark.long
@pytest.mark.parametrize(
    ("x", "y", "has_targets"),
    [
        pytest.param(20, 20, True, id="male-targets"),
        pytest.param(20, 20, False, id="male-genome"),
        pytest.param(40, 0, True, id="female-targets"),
        pytest.param(40, 0, False, id="female-genome"),
    ],
)
def test_depth_of_x_and_y_is_that_of_the_sample(
    entry: Entry,
    s3: Any,
    reference: tuple[str, dict[str, str]],
    tmp_path: Path,
    x: int,
    y: int,
    *,
    has_targets: bool,
) -> None:
    uncounted = [
        *(Layer("Y", 30, quality=0), Layer("Y", 30, flags=DUPLICATE)),
        Layer("Y", 5, flags=SECONDARY),
    ]
    layers = [Layer("1", 40), Layer("2", 40), Layer("X", x), Layer("Y", y), *uncounted]
    write_bam(tmp_path / "sorted.bam", reference[1], layers)
    given = []
    if has_targets:
        s3.put_object(Bucket=BUCKET, Key="sexes/targets.bed", Body=TARGETS.encode())
        given = [f"--targets_s3_path={reference[0]}/targets.bed"]

    _, rows = chromosome_depths(entry, s3, reference, tmp_path, *given)

    assert list(rows) == ["1", "2", "X", "Y"]
    assert rows["1"].relative == pytest.approx(1, abs=0.1)
    assert rows["X"].relative == pytest.approx(x / 40, abs=0.1)
    # the upper quartile of targets is above their mean
    assert rows["Y"].relative == pytest.approx(y / 40, abs=0.15 if has_targets else 0.05)
    if has_targets:
        assert {row.targets for row in rows.values()} == {9}
    else:
        assert [rows[chrom].bases for chrom in "XY"] == [LENGTH, UNKNOWN]


HEADER = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=248956422>
##contig=<ID=chrX,length=156040895>
##contig=<ID=chrY,length=57227415>
##FILTER=<ID=LowGQX,Description="low">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1
"""
DEPTHS = {
    "female": [("chr1", 900, 1.0), ("chrX", 90, 0.97), ("chrY", 30, 0.01)],
    "ambiguous": [("chr1", 900, 1.0), ("chrX", 90, 0.97), ("chrY", 30, 0.44)],
}


def variants() -> str:
    """16 heterozygous and 8 homozygous SNVs of X count, and others that do not."""
    rows = [("chr1", n, "A", "G", 99, "PASS", "1/1") for n in range(100, 130)]
    rows += [("chrX", 20_000 + n, "A", "G", 99, "PASS", "1/1") for n in range(30)]  # PAR1
    rows += [("chrX", 5_000_000 + n, "A", "G", 99, "PASS", "0/1") for n in range(15)]
    rows += [("chrX", 5_000_015, "A", "G,T", 99, "PASS", "1/2")]
    rows += [("chrX", 6_000_000 + n, "A", "G", 20, ".", "1/1") for n in range(8)]
    rows += [("chrX", 7_000_000 + n, "A", "G", 99, "LowGQX", "1/1") for n in range(30)]
    rows += [("chrX", 8_000_000 + n, "A", "G", 19, "PASS", "1/1") for n in range(30)]
    rows += [("chrX", 9_000_000 + n, "A", "AG", 99, "PASS", "1/1") for n in range(30)]
    return HEADER + "".join(
        f"{c}\t{p}\t.\t{r}\t{a}\t{q}\t{f}\t.\tGT\t{g}\n" for c, p, r, a, q, f, g in rows
    )


@pytest.mark.parametrize(
    ("measured", "said", "warning"),
    [
        ("female", "male", "sexDiffers"),
        pytest.param("female", "female", None, marks=pytest.mark.long),
        pytest.param("female", None, None, marks=pytest.mark.long),
        pytest.param("ambiguous", "female", "sexAmbiguous", marks=pytest.mark.long),
    ],
)
def test_sex_is_measured_and_compared_with_what_the_user_says(
    sample_steps: Entry,
    s3: Any,
    tmp_path: Path,
    measured: str,
    said: str | None,
    warning: str | None,
) -> None:
    done = OUT.removeprefix(f"s3://{BUCKET}/")
    key = f"sexes/{measured}-{said}"
    out = f"s3://{BUCKET}/{key}"
    stats = s3.get_object(Bucket=BUCKET, Key=f"{done}/stats/bam_stats.dat")["Body"].read().decode()
    lines = [
        # 30x of X, Y and chromosome 1
        "SN\tbases mapped (cigar):\t13866736000" if "mapped (cigar)" in line else line
        for line in stats.splitlines()
    ]
    s3.put_object(Bucket=BUCKET, Key=f"{key}/stats/bam_stats.dat", Body="\n".join(lines).encode())
    csv = "vcf/annotated/snpEff_summary.csv"
    s3.copy_object(Bucket=BUCKET, Key=f"{key}/{csv}", CopySource=f"{BUCKET}/{done}/{csv}")
    (tmp_path / "a.vcf").write_text(variants())
    pysam.tabix_compress(str(tmp_path / "a.vcf"), str(tmp_path / "a.vcf.gz"))
    s3.upload_file(str(tmp_path / "a.vcf.gz"), BUCKET, f"{key}/vcf/variants/variants.vcf.gz")
    rows = [ChromosomeDepth(chrom, n, 100 * n, depth) for chrom, n, depth in DEPTHS[measured]]
    s3.put_object(
        Bucket=BUCKET, Key=f"{key}/qc/chromosome_depth.tsv", Body=depths_as_text(rows).encode()
    )
    for step, name in {
        "alignmentStats": "stats/bam_stats.dat",
        "annotate": csv,
        "callVariants": "vcf/variants/variants.vcf.gz",
        "targetMetrics": "qc/chromosome_depth.tsv",
    }.items():
        declare_whole(s3, out, step, name)
    given = [f"--chromosome_depth_s3_path={out}/qc/chromosome_depth.tsv"]
    given += [f"--said_sex={said}"] if said else []

    ended = sample_steps.run("multiqc", *arguments.multiqc(out, *given))

    assert ended.code == 0, ended.log
    found = json.load(s3.get_object(Bucket=BUCKET, Key=f"{key}/qc/metrics.json")["Body"])["metrics"]
    assert found["sex"] == {"value": measured, "unit": "word"}
    assert found["xHeterozygosity"]["value"] == pytest.approx(16 / 24, abs=1e-4)
    assert found["xDepthRatio"] == {"value": 0.97, "unit": "ratio"}
    record = json.load(
        s3.get_object(Bucket=BUCKET, Key=f"{key}/provenance/aggregateQc.json")["Body"]
    )
    assert [each["code"] for each in record["warnings"]] == ([warning] if warning else [])
    assert record["facts"] == {"assembly": "GRCh38", "sexNotMeasured": ""}
