"""Failures: the exit code, what the log says, and that nothing stays behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqstack.domain.cost.usage import Usage
from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    Entry,
    copy_alignment,
    declare_whole,
    wait_for_children,
)
from tests.integration.containers.simulated import Sample
from tests.support.waiting import until

CHAIN = {"bwa": 1, "samtools": 3}


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/failures/{request.node.name}"


@pytest.fixture
def slow_bwa(entry: Entry, tmp_path: Path) -> Entry:
    """A PATH whose bwa writes a header and then works until it is killed, named bwa."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "bwa-sleep").mkdir()
    shutil.copy(shutil.which("sleep") or "sleep", folder / "bwa-sleep" / "bwa")
    script = folder / "bwa"
    script.write_text(
        "#!/bin/sh\n"
        '[ "$1" = mem ] || { echo "Version: 0.7.17-slow"; exit 1; }\n'
        "printf '@SQ\\tSN:chr1\\tLN:90000\\n'\n"
        'echo "[M::slow] aligning" >&2\n'
        f"exec {folder}/bwa-sleep/bwa 600\n"
    )
    script.chmod(0o755)
    entry.path_front = (folder,)
    return entry


def failing(tmp_path: Path, name: str, body: str) -> Path:
    folder = tmp_path / f"failing-{name}"
    folder.mkdir()
    script = folder / name
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return folder


def test_bwa_given_a_truncated_gzip_ends_with_65_and_names_the_file(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str, keys: Callable[[str], set[str]]
) -> None:
    body = sample.second.read_bytes()
    s3.put_object(Bucket=BUCKET, Key="failures/cut_2.fastq.gz", Body=body[: len(body) * 2 // 3])
    given = [
        word.replace(f"{staged}/reads_2.fastq.gz", f"s3://{BUCKET}/failures/cut_2.fastq.gz")
        for word in arguments.bwa(staged, out)
    ]
    ended = entry.run("bwa", *given)
    assert ended.code == 65, ended.log
    assert "FAILED align/bwa: cut_2.fastq.gz is not a complete gzip file" in ended.log
    assert entry.is_scratch_clean()
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()


def test_bwa_killed_while_it_works_ends_with_137_and_the_log_has_the_reason(
    slow_bwa: Entry, staged: str, out: str, keys: Callable[[str], set[str]]
) -> None:
    process = slow_bwa.start("bwa", *arguments.bwa(staged, out, reads="few"))
    children = wait_for_children(process, CHAIN)
    (bwa,) = [pid for pid, name in children.items() if name == "bwa"]
    until(lambda: Path(f"/proc/{bwa}/exe").readlink().parent.name == "bwa-sleep")
    os.kill(bwa, signal.SIGKILL)
    ended = slow_bwa.finish(process)
    last = ended.log.splitlines()[-8:]
    assert ended.code == 137, ended.log
    assert "FAILED align/bwa: bwa failed: killed by signal 9 (SIGKILL); exit code 137" in last[-1]
    assert any("ran: bwa mem -K 100000000" in line for line in last)
    assert any("[M::slow] aligning" in line for line in last)
    assert any("ran out of memory" in line for line in last)
    usage = Usage.from_log(ended.log.splitlines())
    assert usage
    assert usage.peak_memory_bytes > 1 << 20
    assert slow_bwa.is_scratch_clean()
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()


def test_sort_killed_while_bwa_works_is_named_as_the_cause(
    slow_bwa: Entry, staged: str, out: str
) -> None:
    process = slow_bwa.start("bwa", *arguments.bwa(staged, out, reads="few"))
    children = wait_for_children(process, CHAIN)
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in children}
    (sort,) = [pid for pid, words in commands.items() if words[:2] == [b"samtools", b"sort"]]
    os.kill(sort, signal.SIGKILL)
    ended = slow_bwa.finish(process)
    assert ended.code == 137, ended.log
    assert "ran: samtools sort" in ended.log
    assert "samtools failed: killed by signal 9" in ended.log


def test_entry_point_that_is_stopped_ends_with_143_without_children_or_scratch(
    slow_bwa: Entry, staged: str, out: str
) -> None:
    process = slow_bwa.start("bwa", *arguments.bwa(staged, out, reads="few"))
    children = wait_for_children(process, CHAIN)
    process.send_signal(signal.SIGTERM)
    ended = slow_bwa.finish(process)
    assert Usage.from_log(ended.log.splitlines())
    assert ended.code == 143, ended.log
    assert slow_bwa.is_scratch_clean()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_bwa_missing_object_ends_with_66_and_names_it(entry: Entry, staged: str, out: str) -> None:
    given = [word.replace("reads_1", "absent_1") for word in arguments.bwa(staged, out)]
    ended = entry.run("bwa", *given)
    assert ended.code == 66, ended.log
    assert "absent_1.fastq.gz not found" in ended.log
    assert entry.is_scratch_clean()


def test_bwa_reference_without_an_index_ends_with_66_and_names_each_part(
    entry: Entry, s3: Any, sample: Sample, staged: str, out: str
) -> None:
    s3.upload_file(str(sample.fasta), BUCKET, "failures/bare/genome.fa")
    given = [
        word.replace(f"{staged}/genome.fa", f"s3://{BUCKET}/failures/bare/genome.fa")
        for word in arguments.bwa(staged, out)
    ]
    ended = entry.run("bwa", *given)
    assert ended.code == 66, ended.log
    for suffix in (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa"):
        assert f"genome.fa{suffix} not found" in ended.log


def test_bcftools_refusing_its_arguments_ends_with_80_and_shows_its_words(
    entry: Entry, s3: Any, staged: str, aligned: str, out: str
) -> None:
    copy_alignment(s3, aligned, out)
    ended = entry.run("bcftools", *arguments.caller(staged, out, "--cmd_args", "-a FORMAT/NONE"))
    assert ended.code == 80, ended.log
    assert "FAILED callVariants/bcftools: bcftools failed: exit status 1" in ended.log
    assert 'Could not parse tag "FORMAT/NONE"' in ended.log
    assert entry.is_scratch_clean()


def test_samtools_crash_ends_with_its_signal(
    entry: Entry, s3: Any, staged: str, out: str, tmp_path: Path
) -> None:
    real = shutil.which("samtools")
    body = f'case "$1" in sort) kill -SEGV $$;; *) exec {real} "$@";; esac'
    entry.path_front = (failing(tmp_path, "samtools", body),)
    ended = entry.run("bwa", *arguments.bwa(staged, out, reads="few"))
    assert ended.code == 139, ended.log
    assert "samtools failed: killed by signal 11 (SIGSEGV)" in ended.log
    assert entry.is_scratch_clean()


def test_tool_that_ends_well_without_output_ends_with_73(
    entry: Entry, staged: str, out: str, tmp_path: Path
) -> None:
    real = shutil.which("samtools")
    body = f'case "$1" in markdup) cat >/dev/null;; *) exec {real} "$@";; esac'
    entry.path_front = (failing(tmp_path, "samtools", body),)
    ended = entry.run("bwa", *arguments.bwa(staged, out, reads="few"))
    assert ended.code == 73, ended.log
    assert "did not write sorted.bam" in ended.log


def test_truncated_bam_is_refused_by_caller_and_statistics(
    entry: Entry, s3: Any, staged: str, aligned: str, out: str
) -> None:
    copy_alignment(s3, aligned, out)
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/bam/sorted.bam"
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key, Body=body[: len(body) // 2])
    for whole, problem in (
        (False, "1 input(s) differ from"),
        (True, "sorted.bam is truncated or not a BAM"),  # even if provenance says it is as written
    ):
        if whole:
            declare_whole(s3, out, "align", "bam/sorted.bam", "bam/sorted.bam.bai")
        for tool, given in (
            ("bcftools", arguments.caller(staged, out)),
            ("samtools_stats", arguments.samtools_stats(staged, out)),
        ):
            ended = entry.run(tool, *given)
            assert ended.code == 65, ended.log
            assert problem in ended.log
            assert entry.is_scratch_clean()


def test_snpeff_without_a_reachable_database_ends_with_66_and_says_what_to_do(
    entry: Entry, s3: Any, out: str, tmp_path: Path
) -> None:
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/vcf/variants/variants.vcf.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"not read")
    declare_whole(s3, out, "callVariants", "vcf/variants/variants.vcf.gz")
    ended = entry.run("snpeff", *arguments.snpeff(out, "--cmd_args", " -t no_such_genome "))
    assert ended.code == 66, ended.log
    assert "snpEff's database 'no_such_genome' is unknown or cannot be downloaded" in ended.log
    assert "annotationS3Path" in ended.log
    assert entry.is_scratch_clean()


def test_two_jobs_that_want_one_reference_fetch_it_once(
    entry: Entry, s3: Any, staged: str, out: str
) -> None:
    first = entry.start("bwa", *arguments.bwa(staged, f"{out}/1", reads="few"))
    second = entry.start("bwa", *arguments.bwa(staged, f"{out}/2", reads="few"))
    logs = [entry.finish(process) for process in (first, second)]
    assert [ended.code for ended in logs] == [0, 0]
    lines = [line for ended in logs for line in ended.log.splitlines() if " reference s3:" in line]
    fetched = [line for line in lines if line.endswith("from S3")]
    cached = [line for line in lines if line.endswith("from the host's cache")]
    assert (len(fetched), len(cached)) == (7, 7)
    assert len(list((entry.references / "objects").iterdir())) == 7  # and no .part is left


def test_changed_reference_is_fetched_again(
    entry: Entry, s3: Any, sample: Sample, staged: str, out: str
) -> None:
    base = f"s3://{BUCKET}/failures/changing"
    for path in sample.folder.glob("genome.fa*"):
        s3.upload_file(str(path), BUCKET, f"failures/changing/{path.name}")
    given = [
        word.replace(f"{staged}/genome", f"{base}/genome")
        for word in arguments.bwa(staged, out, reads="few")
    ]
    assert entry.run("bwa", *given).code == 0
    changed = sample.fasta.read_bytes() + b"\n"
    s3.put_object(Bucket=BUCKET, Key="failures/changing/genome.fa", Body=changed)
    log = entry.run("bwa", *given).log
    assert log.count("from S3") == 1
    assert log.count("from the host's cache") == 6


def test_output_that_s3_refuses_ends_with_75_and_writes_no_provenance(
    entry: Entry, staged: str, out: str, keys: Callable[[str], set[str]]
) -> None:
    given = [
        word.replace(f"{out}/bam/", "s3://no-such-bucket-here/bam/")
        for word in arguments.bwa(staged, out, reads="few")
    ]
    ended = entry.run("bwa", *given)
    assert ended.code == 75, ended.log
    assert "S3 did not accept every output" in ended.log
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()


def test_arguments_that_do_not_parse_end_with_64() -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, str(root / "containers/bwa/run_bwa.py"), "--sample_id", "a b"],
        env={"PYTHONPATH": f"{root}/containers:{root}/layers/common"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert "'a b' is not a sample id" in done.stderr
