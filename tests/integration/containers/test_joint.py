"""gVCFs of real callers, merged: every genotype is that of the sample's own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pysam
import pytest

from seqstack.domain.gvcf_list import ListedGvcf, list_text
from seqstack.domain.s3uri import S3Uri
from tests.integration.containers.conftest import BUCKET, Ended, Entry
from tests.integration.containers.people import (
    Person,
    call,
    genotypes,
    make_bam,
    make_reads,
    make_reference,
    run_chain,
    variants_of,
)

NAMES = ("ann", "bob", "cy")
OUT = f"s3://{BUCKET}/joint"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="session")
def genome(folder: Path, s3: Any) -> dict[str, str]:
    made = make_reference(folder)
    for name in ("genome.fa", "genome.fa.fai"):
        s3.upload_file(str(folder / name), BUCKET, f"joint/in/{name}")
    return made


@pytest.fixture(scope="session")
def bams(folder: Path, genome: dict[str, str]) -> dict[str, Path]:
    people = variants_of(genome, NAMES)
    return {
        name: make_bam(folder, name, make_reads(folder, genome, name, own, bare=name == NAMES[-1]))
        for name, own in people.items()
    }


@pytest.fixture(scope="session", params=["bcftools", "freebayes"])
def people(
    request: pytest.FixtureRequest, folder: Path, bams: dict[str, Path], genome: dict[str, str]
) -> list[Person]:
    return [call(folder, name, bam, request.param, genome) for name, bam in bams.items()]


def listed(s3: Any, name: str, gvcf: Path, prefix: str = "joint/in") -> ListedGvcf:
    key = f"{prefix}/{gvcf.parent.name}/{gvcf.name}"
    s3.upload_file(f"{gvcf}.tbi", BUCKET, f"{key}.tbi")
    s3.upload_file(str(gvcf), BUCKET, key)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    return ListedGvcf(name, S3Uri(BUCKET, key), head["ContentLength"], head["ETag"].strip('"'))


def merge(entry: Entry, s3: Any, gvcfs: Sequence[ListedGvcf]) -> Ended:
    s3.put_object(Bucket=BUCKET, Key="joint/in/gvcfs.jsonl", Body=list_text(gvcfs).encode())
    return entry.run(
        "bcftools_merge",
        *("--gvcfs_s3_path", f"s3://{BUCKET}/joint/in/gvcfs.jsonl"),
        *("--reference_s3_path", f"s3://{BUCKET}/joint/in/genome.fa"),
        *("--reference_index_s3_path", f"s3://{BUCKET}/joint/in/genome.fa.fai"),
        *("--vcf_s3_path", f"{OUT}/vcf/variants/variants.vcf.gz"),
        *("--provenance_s3_path", f"{OUT}/provenance/mergeGvcfs.json"),
    )


def fetched(s3: Any, folder: Path) -> Path:
    path = folder / "joint.vcf.gz"
    for end in ("", ".tbi"):
        key = f"joint/vcf/variants/variants.vcf.gz{end}"
        s3.download_file(BUCKET, key, f"{path}{end}")
    return path


def covered(gvcf: Path, contig: str, position: int) -> bool:
    """Whether a block of the gVCF with reads has the base."""
    with pysam.VariantFile(str(gvcf)) as records:
        for record in records.fetch(contig, position - 1, position):
            sample = record.samples[0]
            is_block = not record.alts or record.alts == ("<*>",)
            calls = sample.get("GT", (None,))
            depth = record.info.get("MIN_DP", 0) if "GT" not in record.format else 1
            if is_block and (calls == (0, 0) or ("GT" not in record.format and depth)):
                return True
    return False


def test_joint_genotypes_are_those_of_each_sample(
    entry: Entry, s3: Any, people: list[Person], tmp_path: Path, folder: Path
) -> None:
    ended = merge(entry, s3, [listed(s3, each.name, each.gvcf) for each in people])

    assert ended.code == 0, ended.log
    joint = fetched(s3, tmp_path)
    filled, missing = 0, 0
    for each in people:
        single = tmp_path / f"{each.name}.single.vcf.gz"
        split = ["--atomize"] if each.gvcf.parent.name == "freebayes" else []
        run_chain(
            [
                ["bcftools", "view", "--output-type", "u", str(each.variants)],
                [
                    "bcftools",
                    "norm",
                    "-f",
                    str(folder / "genome.fa"),
                    *split,
                    "-O",
                    "z",
                    "-o",
                    str(single),
                    "-",
                ],
            ],
            tmp_path,
        )
        assert genotypes(single, each.name) == genotypes(joint, each.name)
        with pysam.VariantFile(str(joint)) as records:
            assert list(records.header.samples) == sorted(NAMES)
            for record in records:
                assert record.alts
                found = record.samples[each.name]["GT"]
                if not any(found):
                    has = covered(each.gvcf, record.chrom, record.pos)
                    if found == (0, 0):
                        filled += 1
                    else:
                        assert set(found) == {None}
                        missing += 1
                        # else a deletion takes the base
                        if has:
                            assert deleted(each.variants, record.chrom, record.pos)
                    if not has:
                        assert found != (0, 0) or spans(each.gvcf, record.chrom, record.pos)
    assert filled > 50
    assert missing > 5


def deleted(vcf: Path, contig: str, position: int) -> bool:
    """Whether a variant of the sample takes the base."""
    with pysam.VariantFile(str(vcf)) as records:
        return any(
            record.start < position - 1 < record.stop
            for record in records.fetch(contig, max(0, position - 20), position)
        )


def spans(gvcf: Path, contig: str, position: int) -> bool:
    """Whether a variant record of the sample has the base."""
    with pysam.VariantFile(str(gvcf)) as records:
        return any(
            record.start <= position - 1 < record.stop
            for record in records.fetch(contig, position - 1, position)
            if record.alts
        )
