"""Fingerprints by the real programs, compared as docs/qc.md says."""

import random
import subprocess
from pathlib import Path
from typing import Any

import pysam
import pytest

from cli.relatedness.fingerprints import read_fingerprint
from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, declare_whole
from tests.integration.containers.simulated_bam import Layer, write_bam

LENGTH, EVERY, SITES = 60_000, 500, 100
DEEP, BARE = [Layer("1", 30)], [Layer("1", 1)]
REFERENCE = {"1": "".join(random.Random(5).choices("ACGT", k=LENGTH))}
OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}


def places() -> range:
    return range(1000, 1000 + EVERY * SITES, EVERY)


def genotypes(seed: int) -> list[int]:
    """How many copies of the other base a sample has at each site."""
    return random.Random(seed).choices([0, 1, 2], [1, 2, 1], k=SITES)


def haplotypes(copies: list[int]) -> list[dict[str, str]]:
    made = []
    for least in (1, 2):
        text = list(REFERENCE["1"])
        for place, has in zip(places(), copies, strict=True):
            if has >= least:
                text[place] = OTHER[text[place]]
        made.append({"1": "".join(text)})
    return made


@pytest.fixture(scope="module")
def staged_sites(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    fasta = tmp_path_factory.mktemp("fingerprint") / arguments.REFERENCE_NAME
    fasta.write_text(f">1\n{REFERENCE['1']}\n")
    pysam.faidx(str(fasta))
    for path in (fasta, Path(f"{fasta}.fai")):
        s3.upload_file(str(path), BUCKET, f"sites/{path.name}")
    lines = ["##fileformat=VCFv4.2"]
    for place in places():
        base = REFERENCE["1"][place]
        lines.append(f"1\t{place + 1}\t.\t{base}\t{OTHER[base]}\t.\t.\t.")
    s3.put_object(Bucket=BUCKET, Key="sites/common.vcf", Body="\n".join(lines).encode())
    return f"s3://{BUCKET}/sites"


def fingerprint(
    entry: Entry,
    s3: Any,
    staged_sites: str,
    folder: Path,
    layers: list[Layer],
    genotype: int,
    seed: int,
    sites: str = "common.vcf",
) -> tuple[Path, str]:
    """The fingerprint of a sample, and the job's log."""
    folder.mkdir()
    write_bam(
        folder / "sorted.bam",
        REFERENCE,
        layers,
        haplotypes=haplotypes(genotypes(genotype)),
        seed=seed,
    )
    key = f"sites/{folder.parent.name}/{folder.name}"
    out = f"s3://{BUCKET}/{key}"
    for name in ("sorted.bam", "sorted.bam.bai"):
        s3.upload_file(str(folder / name), BUCKET, f"{key}/bam/{name}")
    declare_whole(s3, out, "align", "bam/sorted.bam", "bam/sorted.bam.bai")
    given = arguments.picard(staged_sites, out, f"--sites_s3_path={staged_sites}/{sites}")
    ended = entry.run("picard", *given)
    if ended.code:
        assert ended.code == 65, ended.log
        return folder, ended.log
    for suffix in ("", ".tbi"):
        name = f"fingerprint.vcf.gz{suffix}"
        s3.download_file(BUCKET, f"{key}/qc/{name}", str(folder / name))
    return folder / "fingerprint.vcf.gz", ended.log


def differing(one: Path, other: Path) -> tuple[int, int]:
    """Sites whose genotypes differ, and sites compared."""
    argv = ["bcftools", "gtcheck", "--use", "GT", "--error-probability", "0"]
    argv += ["--genotypes", str(one), str(other)]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    (row,) = [line.split("\t") for line in text.splitlines() if line.startswith("DC")]
    return round(float(row[3])), int(row[5])


@pytest.mark.long
def test_same_sample_is_told_from_another(
    entry: Entry, s3: Any, staged_sites: str, tmp_path: Path
) -> None:
    one, _ = fingerprint(entry, s3, staged_sites, tmp_path / "one", DEEP, 1, 1)
    again, _ = fingerprint(entry, s3, staged_sites, tmp_path / "again", DEEP, 1, 2)
    other, _ = fingerprint(entry, s3, staged_sites, tmp_path / "other", DEEP, 2, 3)

    with pysam.VariantFile(str(one)) as found:
        rows = [each.samples["S1"] for each in found]
    assert len(rows) == SITES
    called = [
        (sum(row["GT"]), copies)
        for row, copies in zip(rows, genotypes(1), strict=True)
        if None not in row["GT"]
    ]
    assert len(called) >= 0.95 * SITES
    assert all(one == other for one, other in called)
    assert all(sum(row["AD"]) == row["DP"] for row in rows)
    mismatches, compared = differing(one, again)
    assert mismatches == 0
    assert compared >= 0.9 * SITES
    # a third of the sites have the same genotype by chance: 3 / 8
    mismatches, compared = differing(one, other)
    assert mismatches > 0.4 * compared


@pytest.mark.long
def test_cohorts_report_reads_the_genotypes(
    entry: Entry, s3: Any, staged_sites: str, tmp_path: Path
) -> None:
    path, _ = fingerprint(entry, s3, staged_sites, tmp_path / "read", DEEP, 1, 1)

    found = read_fingerprint(path.read_bytes(), path.name)

    assert found.known.bit_count() >= 0.95 * SITES
    masks = (found.reference, found.heterozygous, found.alternate)
    for site, copies in enumerate(genotypes(1)):
        told = [mask >> site & 1 for mask in masks]
        assert told in ([0, 0, 0], [int(copies == n) for n in range(3)])


@pytest.mark.long
def test_few_reads_give_a_warning_and_every_site(
    entry: Entry, s3: Any, staged_sites: str, tmp_path: Path
) -> None:
    path, log = fingerprint(entry, s3, staged_sites, tmp_path / "bare", BARE, 1, 1)

    assert "0 of 100 sites have reads enough for a genotype" in log
    with pysam.VariantFile(str(path)) as found:
        rows = [each.samples["S1"] for each in found]
    assert len(rows) == SITES
    assert {row["GT"] for row in rows} == {(None, None)}


def test_sites_of_another_assembly_are_refused(
    entry: Entry, s3: Any, staged_sites: str, tmp_path: Path
) -> None:
    wrong = OTHER[REFERENCE["1"][9]]
    right = OTHER[wrong]
    s3.put_object(
        Bucket=BUCKET, Key="sites/wrong.vcf", Body=f"1\t10\t.\t{wrong}\t{right}\n".encode()
    )

    _, log = fingerprint(entry, s3, staged_sites, tmp_path / "wrong", DEEP, 1, 1, "wrong.vcf")

    assert f"line 1: REF is {wrong}, and the FASTA has" in log
