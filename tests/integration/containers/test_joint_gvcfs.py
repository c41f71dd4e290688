"""gVCFs that are cut off, indexed for another file, not sorted, or of another reference."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from jobkit.exit_codes import ExitCode
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.people import make_reference, run_chain
from tests.integration.containers.test_joint import fetched, listed, merge, strelka

BLOCK, CALLED = "GT:GQX:DP:MIN_DP", "GT:GQ:GQX:DP:AD:ADF:ADR:PL"
CALLS = "90:60:30:16,14:8,7:8,7:90,0,95"


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory, s3: Any) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("gvcfs")
    made = make_reference(folder)
    for name in ("genome.fa", "genome.fa.fai"):
        s3.upload_file(str(folder / name), BUCKET, f"joint/in/{name}")
    return made


@pytest.fixture
def ann(genome: dict[str, str], tmp_path: Path) -> Path:
    return gvcf(tmp_path, genome, "ann", 500)


@pytest.fixture
def bob(genome: dict[str, str], tmp_path: Path) -> Path:
    return gvcf(tmp_path, genome, "bob", 1_500)


def gvcf(folder: Path, genome: dict[str, str], name: str, position: int) -> Path:
    """Blocks of the first 2,000 bases, and one SNV between them."""
    base = genome["chr1"][position - 1]
    other = "ACGT".replace(base, "")[0]
    return strelka(
        folder, genome, name,
        f"1 . . END={position - 1};BLOCKAVG_min30p3a {BLOCK} 0/0:60:30:21",
        f"{position} {other} 90 SNVHPOL=2 {CALLED} 0/1:{CALLS}",
        f"{position + 1} . . END={position + 99};BLOCKAVG_min30p3a {BLOCK} 0/0:60:28:20",
        f"{position + 100} . . END=2000;BLOCKAVG_min30p3a {BLOCK} 0/0:60:28:20",
    )  # fmt: skip


def block_of_chr2(genome: dict[str, str]) -> str:
    base = genome["chr2"][9]
    return f"chr2\t10\t.\t{base}\t.\t.\tPASS\tEND=99\t{BLOCK}\t0/0:60:30:21\n"


def rewrite(path: Path, change: Callable[[list[str]], list[str]], *, indexed: bool = True) -> None:
    """Change the records; with `indexed`, index them, else leave the index as it was."""
    index = Path(f"{path}.tbi").read_bytes()
    with gzip.open(path, "rt") as lines:
        rows = lines.readlines()
    header = [row for row in rows if row.startswith("#")]
    plain = path.with_suffix("")
    plain.write_text("".join(header + change([row for row in rows if not row.startswith("#")])))
    run_chain([["bgzip", "-f", str(plain)]], path.parent)
    if indexed:
        run_chain([["tabix", "-f", "-p", "vcf", str(path)]], path.parent)
    else:
        Path(f"{path}.tbi").write_bytes(index)


def cut_between_records(ann: Path) -> None:
    rewrite(ann, lambda records: records[:2], indexed=False)


def cut_before_its_end_block(ann: Path) -> None:
    ann.write_bytes(ann.read_bytes()[:-28])


def not_sorted(ann: Path) -> None:
    rewrite(ann, lambda records: [records[2], *records[:2], records[3]], indexed=False)


def index_of_an_older_file(ann: Path) -> None:
    index = Path(f"{ann}.tbi").read_bytes()
    rewrite(ann, lambda records: [records[0], *records])
    Path(f"{ann}.tbi").write_bytes(index)


def index_that_is_none(ann: Path) -> None:
    Path(f"{ann}.tbi").write_bytes(gzip.compress(b"no index"))


def block_of_another_reference(ann: Path) -> None:
    def change(records: list[str]) -> list[str]:
        cells = records[3].split("\t")
        cells[3] = "ACGT".replace(cells[3], "")[0]
        return [*records[:3], "\t".join(cells)]

    rewrite(ann, change)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            cut_between_records,
            "cut off, or its index is of another file: chr1 has 2 records, and 4 by the index",
        ),
        (cut_before_its_end_block, "ann.g.vcf.gz is truncated"),
        (not_sorted, "the gVCF of ann is not sorted"),
        (index_of_an_older_file, "chr1 has 5 records, and 4 by the index"),
        (index_that_is_none, "the gVCF of ann has no index that can be read"),
        (
            block_of_another_reference,
            "ann was called with another reference: Reference allele mismatch at chr1:600",
        ),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_gvcf_that_would_give_wrong_genotypes_is_refused_by_its_sample(
    entry: Entry, s3: Any, ann: Path, bob: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(ann)

    ended = merge(entry, s3, [listed(s3, "ann", ann), listed(s3, "bob", bob)])

    assert ended.code == ExitCode.INVALID_INPUT, ended.log
    assert said in ended.log


def test_index_of_another_gvcf_with_as_many_records_loses_no_genotype(
    entry: Entry, s3: Any, genome: dict[str, str], ann: Path, bob: Path, tmp_path: Path
) -> None:
    """By bob's index, the records of chr1 end before ann's last blocks."""
    rewrite(bob, lambda records: [*records, block_of_chr2(genome)])
    index = Path(f"{bob}.tbi").read_bytes()

    def change(records: list[str]) -> list[str]:
        longer = records[0].replace("\t.\t", f"\t{'x' * 900}\t", 1)
        return [longer, *records[1:], block_of_chr2(genome)]

    rewrite(ann, change)
    Path(f"{ann}.tbi").write_bytes(index)

    ended = merge(entry, s3, [listed(s3, "ann", ann), listed(s3, "bob", bob)])

    assert ended.code == 0, ended.log
    with pysam.VariantFile(str(fetched(s3, tmp_path))) as records:
        found = {row.pos: [row.samples[name]["GT"] for name in ("ann", "bob")] for row in records}
    assert found == {500: [(0, 1), (0, 0)], 1_500: [(0, 0), (0, 1)]}


def test_sample_that_alone_lacks_a_contig_is_named(
    entry: Entry, s3: Any, genome: dict[str, str], ann: Path, bob: Path
) -> None:
    rewrite(bob, lambda records: [*records, block_of_chr2(genome)])

    assert warnings_of_merge(entry, s3, ann, bob) == [
        {
            "code": "contigsMissing",
            "message": "the gVCF of ann alone has no record on chr2: its genotypes there are "
            "unknown",
        }
    ]


def test_gvcfs_of_several_versions_of_the_caller_are_merged_with_a_warning(
    entry: Entry, s3: Any, ann: Path, bob: Path
) -> None:
    header = f"{ann.parent}/header.txt"
    for path, version in ((ann, "2.9.10"), (bob, "2.9.9")):
        with gzip.open(path, "rt") as lines:
            rows = [row for row in lines if row.startswith("##") and "source_version" not in row]
        Path(header).write_text("".join([*rows, f"##source_version={version}\n"]))
        columns = f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{path.name[:3]}\n"
        with Path(header).open("a") as file:
            file.write(columns)
        made = path.with_suffix(".new")
        run_chain([["bcftools", "reheader", "-h", header, "-o", str(made), str(path)]], path.parent)
        made.replace(path)
        run_chain([["tabix", "-f", "-p", "vcf", str(path)]], path.parent)

    assert warnings_of_merge(entry, s3, ann, bob) == [
        {
            "code": "callersMixed",
            "message": "the gVCFs are of several versions of strelka: 1 by 2.9.10 (ann), 1 by "
            "2.9.9 (bob); differences between samples may be those of the versions",
        }
    ]


def warnings_of_merge(entry: Entry, s3: Any, ann: Path, bob: Path) -> list[dict[str, str]]:
    ended = merge(entry, s3, [listed(s3, "ann", ann), listed(s3, "bob", bob)])

    assert ended.code == 0, ended.log
    body = s3.get_object(Bucket=BUCKET, Key="joint/provenance/mergeGvcfs.json")["Body"].read()
    warnings: list[dict[str, str]] = json.loads(body)["warnings"]
    return warnings
