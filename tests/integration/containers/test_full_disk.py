"""A full disk, by a small tmpfs where the system lets us mount one, and by RLIMIT_FSIZE."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    Ended,
    Entry,
    copy_alignment,
    declare_whole,
)
from tests.integration.containers.gate import Gate, Request, gate
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

Keys = Callable[[str], set[str]]
KIB = 1024
MIB = 1024 * KIB
# In a mount namespace of its own: nothing of it is left when it ends. What the job has left in
# scratch then is printed as the last line.
MOUNTED = """
mkdir -p "$1" && mount -t tmpfs -o "size=$2" tmpfs "$1" || exit 99
folder="$1"; shift 2
"$@"; code=$?
echo "left in scratch: $(ls -A "$folder" | grep -vc ballast)"
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


class SmallDisk:
    """Runs entry points with a scratch of so many bytes."""

    def __init__(self, entry: Entry, watched: Gate) -> None:
        self._entry = entry
        self._watched = watched

    def run(self, size: int, tool: str, *given: str | Path) -> Ended:
        self._mount(size)
        return self._entry.run(tool, *given)

    def run_while_it_fills(self, room: int, of: str, tool: str, *given: str | Path) -> Ended:
        """Leave `room` bytes when the first object whose name ends in `of` is asked for.

        Before that, the disk is large enough for what the job expects to need. No other such
        object arrives before the disk is filled.
        """
        self._mount(64 * MIB)
        self._entry.environment = {"AWS_ENDPOINT_URL": self._watched.url}
        started = threading.Event()
        one_at_a_time = threading.Lock()

        def fill(request: Request) -> None:
            path = request.path.partition("?")[0]
            if request.method != "GET" or not path.endswith(of):
                return
            started.wait()
            # the job's own view of the file system: the mount is nowhere else
            scratch = Path(f"/proc/{process.pid}/root{self._entry.scratch}")
            with one_at_a_time:
                if not (scratch / "ballast").exists():
                    free = shutil.disk_usage(scratch).free
                    (scratch / "ballast").write_bytes(bytes(free - room))

        self._watched.before = fill
        process = self._entry.start(tool, *given)
        started.set()
        return self._entry.finish(process)

    def _mount(self, size: int) -> None:
        self._entry.prefix = (
            *("unshare", "--user", "--map-root-user", "--mount"),
            *("sh", "-c", MOUNTED, "sh", str(self._entry.scratch), str(size)),
        )


@pytest.fixture
def watched(s3_endpoint: str) -> Iterator[Gate]:
    with gate(s3_endpoint) as made:
        yield made


@pytest.fixture
def small_disk(entry: Entry, watched: Gate, tmp_path: Path) -> SmallDisk:
    if not can_mount(tmp_path / "try"):
        pytest.skip("this system does not let us mount a tmpfs")
    return SmallDisk(entry, watched)


@pytest.fixture
def root(request: pytest.FixtureRequest) -> str:
    return f"full/{request.node.name}"


@pytest.fixture
def out(root: str) -> str:
    return f"s3://{BUCKET}/{root}"


def told_what_to_do(log: str, tool: str) -> bool:
    return f"{tool} needs about 0." in log and "stack parameters InstanceTypes, Scratch" in log


def test_job_that_will_not_fit_ends_with_74_before_anything_is_fetched(
    small_disk: SmallDisk, watched: Gate, entry: Entry, sample: Sample, staged: str, out: str
) -> None:
    entry.environment = {"AWS_ENDPOINT_URL": watched.url}
    both = sample.first.stat().st_size + sample.second.stat().st_size
    ended = small_disk.run(3 * both, "bwa", *arguments.bwa(staged, out))  # bwa may need four times
    assert ended.code == 74, ended.log
    assert "FAILED align/bwa: scratch is full: " in ended.log
    assert "more are needed" in ended.log
    assert told_what_to_do(ended.log, "bwa")
    assert "left in scratch: 0" in ended.log
    fetched = [path for method, path in watched.seen if method == "GET" and ".fastq" in path]
    assert fetched == []


def test_alignment_that_does_not_fit_ends_with_74_and_shows_what_the_tool_said(
    small_disk: SmallDisk, sample: Sample, staged: str, out: str, root: str, keys: Keys
) -> None:
    both = sample.first.stat().st_size + sample.second.stat().st_size
    ended = small_disk.run_while_it_fills(
        both + MIB, ".fastq.gz", "bwa", *arguments.bwa(staged, out)
    )
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
    small_disk: SmallDisk,
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
    ended = small_disk.run_while_it_fills(bam + kib * KIB, ".bam", tool, *make(staged, out))
    assert ended.code == 74, ended.log
    assert f"FAILED {step}: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, step.partition("/")[2])
    assert "left in scratch: 0" in ended.log


def test_annotation_that_does_not_fit_ends_with_74(
    small_disk: SmallDisk,
    s3: Any,
    sample: Sample,
    staged: str,
    out: str,
    root: str,
    tmp_path: Path,
) -> None:
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    rows = "".join(f"chr1\t{pos}\t.\tA\tT\t50\tPASS\t.\n" for pos in range(1, 80_000))
    (tmp_path / "v.vcf").write_text(f"##fileformat=VCFv4.2\n##contig=<ID=chr1>\n{columns}\n{rows}")
    subprocess.run(["bgzip", tmp_path / "v.vcf"], check=True)  # noqa: S607
    name = "vcf/variants/variants.vcf.gz"
    s3.upload_file(str(tmp_path / "v.vcf.gz"), BUCKET, f"{root}/{name}")
    declare_whole(s3, out, "callVariants", name)
    # reference data pass through scratch on their way to the reference service
    size = sum(path.stat().st_size for path in (tmp_path / "v.vcf.gz", sample.fasta, sample.gff3))
    ended = small_disk.run_while_it_fills(
        size + 100 * KIB,
        "variants.vcf.gz",
        "snpeff",
        *arguments.snpeff(out, *arguments.annotation(staged)),
    )
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
    entry.prefix = ("prlimit", f"--fsize={limit}")
    ended = entry.run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 74, ended.log
    assert "FAILED align/bwa: scratch is full: " in ended.log
    assert told_what_to_do(ended.log, "bwa")
    assert entry.is_scratch_clean()
