"""A full disk, by a small tmpfs where the system lets us mount one, and by RLIMIT_FSIZE."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, copy_alignment, declare_whole
from tests.integration.containers.simulated import Sample

Keys = Callable[[str], set[str]]
KIB = 1024
# In a mount namespace of its own: nothing of it is left when it ends. What lies in scratch then is
# printed as the last line.
MOUNTED = """
mkdir -p "$1" && mount -t tmpfs -o "size=$2" tmpfs "$1" || exit 99
folder="$1"; shift 2
"$@"; code=$?
echo "left in scratch: $(ls -A "$folder" | wc -l)"
exit $code
"""


def can_mount(folder: Path) -> bool:
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*unshare, "sh", "-c", MOUNTED, "sh", folder, "1m", "true"],
        capture_output=True,
        check=False,
    )
    return shutil.which("unshare") is not None and done.returncode == 0


@pytest.fixture
def small_disk(entry: Entry, tmp_path: Path) -> Callable[[int], Entry]:
    """The entry point with a scratch of so many bytes."""
    if not can_mount(tmp_path / "try"):
        pytest.skip("this system does not let us mount a tmpfs")

    def of(size: int) -> Entry:
        entry.prefix = (
            *("unshare", "--user", "--map-root-user", "--mount"),
            *("sh", "-c", MOUNTED, "sh", str(entry.scratch), str(size)),
        )
        return entry

    return of


@pytest.fixture
def root(request: pytest.FixtureRequest) -> str:
    return f"full/{request.node.name}"


@pytest.fixture
def out(root: str) -> str:
    return f"s3://{BUCKET}/{root}"


def told_what_to_do(log: str, tool: str) -> bool:
    return f"{tool} needs about 1 GiB for the" in log and "stack parameter ScratchGiB" in log


def test_inputs_that_do_not_fit_end_with_74_before_anything_is_fetched(
    small_disk: Callable[[int], Entry], sample: Sample, staged: str, out: str
) -> None:
    size = sample.first.stat().st_size
    ended = small_disk(size).run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 74, ended.log
    both = size + sample.second.stat().st_size
    assert f"FAILED align/bwa: scratch is full: {both} bytes are to be fetched" in ended.log
    assert told_what_to_do(ended.log, "bwa")
    assert "left in scratch: 0" in ended.log


def test_alignment_that_does_not_fit_ends_with_74_and_shows_what_the_tool_said(
    small_disk: Callable[[int], Entry],
    sample: Sample,
    staged: str,
    out: str,
    root: str,
    keys: Keys,
) -> None:
    both = sample.first.stat().st_size + sample.second.stat().st_size
    ended = small_disk(both + 1024 * KIB).run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 74, ended.log
    assert "[markdup] error: writing output failed." in ended.log  # samtools does not say why
    assert "FAILED align/bwa: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, "bwa")
    assert "left in scratch: 0" in ended.log
    assert keys(root) == set()


@pytest.mark.parametrize(
    ("tool", "kib", "step"),
    [
        ("bcftools", 40, "callVariants/bcftools"),
        ("samtools_stats", 8, "alignmentStats/samtoolsStats"),
    ],
)
def test_results_that_do_not_fit_beside_the_bam_end_with_74(
    small_disk: Callable[[int], Entry],
    s3: Any,
    staged: str,
    aligned: str,
    out: str,
    tool: str,
    kib: int,
    step: str,
) -> None:
    copy_alignment(s3, aligned, out)
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/bam/sorted.bam"
    bam = s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"]
    make = arguments.caller if tool == "bcftools" else arguments.samtools_stats
    ended = small_disk(bam + kib * KIB).run(tool, *make(staged, out))
    assert ended.code == 74, ended.log
    assert f"FAILED {step}: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, step.partition("/")[2])
    assert "left in scratch: 0" in ended.log


def test_annotation_that_does_not_fit_ends_with_74(
    small_disk: Callable[[int], Entry], s3: Any, staged: str, out: str, root: str, tmp_path: Path
) -> None:
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    rows = "".join(f"chr1\t{pos}\t.\tA\tT\t50\tPASS\t.\n" for pos in range(1, 80_000))
    (tmp_path / "v.vcf").write_text(f"##fileformat=VCFv4.2\n##contig=<ID=chr1>\n{columns}\n{rows}")
    subprocess.run(["bgzip", tmp_path / "v.vcf"], check=True)  # noqa: S607
    name = "vcf/variants/variants.vcf.gz"
    s3.upload_file(str(tmp_path / "v.vcf.gz"), BUCKET, f"{root}/{name}")
    declare_whole(s3, out, "callVariants", name)
    size = (tmp_path / "v.vcf.gz").stat().st_size
    entry = small_disk(size + 100 * KIB)
    ended = entry.run("snpeff", *arguments.snpeff(out, *arguments.annotation(staged)))
    assert ended.code == 74, ended.log
    assert "FAILED annotate/snpEff: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, "snpEff")
    assert "left in scratch: 0" in ended.log


@pytest.mark.parametrize("part", ["fetch", "result"])
def test_file_larger_than_the_process_may_write_ends_with_74(
    entry: Entry, s3: Any, staged: str, aligned: str, out: str, sample: Sample, part: str
) -> None:
    fastq = max(path.stat().st_size for path in (sample.first, sample.second))
    bam = s3.head_object(Bucket=BUCKET, Key="aligned/bam/sorted.bam")["ContentLength"]
    assert fastq < bam - 64 * KIB
    limit = fastq - 1 if part == "fetch" else bam - 64 * KIB
    entry.references.mkdir()
    entry.prefix = ("prlimit", f"--fsize={limit}")
    ended = entry.run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 74, ended.log
    assert "FAILED align/bwa: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, "bwa")
    assert entry.is_scratch_clean()
