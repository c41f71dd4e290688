"""gVCFs of real callers, merged: every genotype is that of the sample's own files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysam
import pytest

from jobkit.exit_codes import ExitCode
from seqstack.domain.gvcf_list import ListedGvcf
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import list_text
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


def test_gvcf_that_is_not_what_was_listed_is_refused(
    entry: Entry, s3: Any, people: list[Person]
) -> None:
    gvcfs = [listed(s3, each.name, each.gvcf) for each in people]

    changed = merge(entry, s3, [replace(gvcfs[0], etag="0" * 32), *gvcfs[1:]])
    renamed = merge(entry, s3, [replace(gvcfs[0], sample_id="dora"), *gvcfs[1:]])

    assert (changed.code, renamed.code) == (ExitCode.INVALID_INPUT, ExitCode.INVALID_INPUT)
    assert "1 gVCFs are not those that were listed" in changed.log
    assert "the gVCF of dora has the columns ['ann']" in renamed.log


def test_callers_are_not_mixed(
    entry: Entry, s3: Any, folder: Path, bams: dict[str, Path], genome: dict[str, str]
) -> None:
    ann, bob = (
        call(folder, name, bams[name], caller, genome)
        for name, caller in (("ann", "bcftools"), ("bob", "freebayes"))
    )

    ended = merge(entry, s3, [listed(s3, each.name, each.gvcf) for each in (ann, bob)])

    assert ended.code == ExitCode.INVALID_INPUT
    assert "1 of bcftools, 1 of freebayes" in ended.log


STRELKA = """##fileformat=VCFv4.1
##source=strelka
##source_version=2.9.10
##contig=<ID=chr1,length=20000>
##contig=<ID=chr2,length=6000>
##INFO=<ID=END,Number=1,Type=Integer,Description="End position of the region">
##INFO=<ID=BLOCKAVG_min30p3a,Number=0,Type=Flag,Description="Non-variant site block">
##INFO=<ID=SNVHPOL,Number=1,Type=Integer,Description="SNV contextual homopolymer length">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype Quality">
##FORMAT=<ID=GQX,Number=1,Type=Integer,Description="Empirically calibrated quality">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Filtered basecall depth">
##FORMAT=<ID=DPI,Number=1,Type=Integer,Description="Read depth of an indel">
##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="Minimum filtered basecall depth">
##FORMAT=<ID=AD,Number=.,Type=Integer,Description="Allelic depths for the ref and alt alleles">
##FORMAT=<ID=ADF,Number=.,Type=Integer,Description="Allelic depths on the forward strand">
##FORMAT=<ID=ADR,Number=.,Type=Integer,Description="Allelic depths on the reverse strand">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Likelihoods">
##FILTER=<ID=LowGQX,Description="Locus GQX is below threshold">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"""


def strelka(folder: Path, genome: dict[str, str], name: str, *records: str) -> Path:
    """A gVCF of chr1 as Strelka 2.9.10 writes it; a record has what follows the contig."""
    rows = [STRELKA + name]
    for record in records:
        position, alternative, quality, info, keys, values = record.split()
        start, _, length = position.partition("+")
        ref = genome["chr1"][int(start) - 1 : int(start) + int(length or 0)]
        alternative = alternative.replace("=", ref[0])
        fixed = ("chr1", start, ".", ref, alternative, quality, "PASS", info, keys, values)
        rows.append("\t".join(fixed))
    path = folder / f"{name}.strelka.vcf"
    path.write_text("\n".join(rows) + "\n")
    packed = Path(f"{path}.gz")
    for command in (["bgzip", "-f", str(path)], ["tabix", "-f", "-p", "vcf", str(packed)]):
        run_chain([command], folder)
    return packed


def test_depths_of_alleles_that_strelka_does_not_number_follow_their_alleles(
    entry: Entry, s3: Any, genome: dict[str, str], tmp_path: Path
) -> None:
    base = genome["chr1"][499]
    one, other = [each for each in "ACGT" if each != base][:2]
    block, called = "GT:GQX:DP:MIN_DP", "GT:GQ:GQX:DP:AD:ADF:ADR:PL"
    indel = "GT:GQ:GQX:DPI:AD:ADF:ADR:PL"
    first = strelka(
        tmp_path, genome, "one",
        f"1 . . END=499;BLOCKAVG_min30p3a {block} 0/0:60:30:21",
        f"500 {one} 90 SNVHPOL=2 {called} 0/1:90:60:30:16,14:8,7:8,7:90,0,95",
        f"501 . . END=599;BLOCKAVG_min30p3a {block} 0/0:60:28:20",
        f"600+2 = 80 SNVHPOL=1 {indel} 0/1:80:50:24:12,12:6,6:6,6:80,0,82",
        # the other copy of the genome has these bases
        f"601 . . END=602;BLOCKAVG_min30p3a {block} 0:40:13:12",
        f"603 . . END=900;BLOCKAVG_min30p3a {block} 0/0:60:25:19",
    )  # fmt: skip
    second = strelka(
        tmp_path, genome, "two",
        f"490 . . END=499;BLOCKAVG_min30p3a {block} 0/0:60:33:31",
        f"500 {other} 99 SNVHPOL=2 {called} 1/1:50:40:25:1,24:1,12:0,12:99,50,0",
        f"501 . . END=620;BLOCKAVG_min30p3a {block} 0/0:60:33:29",
        f"700 {'A' if genome['chr1'][699] != 'A' else 'C'} 60 SNVHPOL=2 {called} "
        "0/1:60:60:20:10,10:5,5:5,5:60,0,60",
    )  # fmt: skip

    ended = merge(entry, s3, [listed(s3, "one", first), listed(s3, "two", second)])

    assert ended.code == 0, ended.log
    with pysam.VariantFile(str(fetched(s3, tmp_path))) as records:
        rows = {record.pos: record for record in records}
    assert sorted(rows) == [500, 600, 700]
    alleles = rows[500].alts or ()
    assert set(alleles) == {one, other}
    for name, alternative, depths in (("one", one, (16, 14)), ("two", other, (1, 24))):
        found = rows[500].samples[name]
        place = alleles.index(alternative) + 1
        assert (found["AD"][0], found["AD"][place]) == depths
        assert found["AD"][3 - place] is None
    assert [rows[600].samples[name]["GT"] for name in ("one", "two")] == [(0, 1), (0, 0)]
    assert rows[600].samples["two"]["AD"] == (None,)
    assert [rows[700].samples[name]["GT"] for name in ("one", "two")] == [(0, 0), (0, 1)]
    assert rows[700].samples["one"]["DP"] == 19
    assert "LowQual" not in {key for row in rows.values() for key in row.filter}


def test_half_known_genotype_keeps_its_allele(
    entry: Entry, s3: Any, genome: dict[str, str], tmp_path: Path
) -> None:
    other = next(each for each in "ACGT" if each != genome["chr1"][499])
    half, whole = (
        strelka(tmp_path, genome, name, f"500 {other} 90 . GT:GQ:DP {genotype}:9:12")
        for name, genotype in (("half", "./1"), ("whole", "1"))
    )

    ended = merge(entry, s3, [listed(s3, "half", half), listed(s3, "whole", whole)])

    assert ended.code == 0, ended.log
    with pysam.VariantFile(str(fetched(s3, tmp_path))) as records:
        (row,) = records
    assert [row.samples[name]["GT"] for name in ("half", "whole")] == [(None, 1), (1,)]
    assert (row.info["AC"], row.info["AN"]) == ((2,), 2)
