"""Outputs are whole or absent: what uploads leave behind when they are killed, spoilt or late."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobkit.errors import TransferError
from jobkit.s3_requests import S3Requests
from jobkit.s5cmd import S5cmd
from jobkit.upload import upload_verified
from seqstack.domain.s3uri import S3Uri
from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    S5CMD,
    Entry,
    copy_alignment,
    declare_whole,
    descendants,
)
from tests.integration.containers.gate import Gate, HeldUp, Request, gate

pytestmark = pytest.mark.long

MIB = 1 << 20
Keys = Callable[[str], set[str]]
ALIGNMENT = {"bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5"}


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/whole/{request.node.name}"


@pytest.fixture
def root(out: str) -> str:
    """The keys' prefix of `out`."""
    return out.removeprefix(f"s3://{BUCKET}/") + "/"


@pytest.fixture
def watched(s3_endpoint: str) -> Iterator[Gate]:
    with gate(s3_endpoint) as made:
        yield made


@pytest.fixture
def gated(entry: Entry, watched: Gate) -> Entry:
    entry.environment = {"AWS_ENDPOINT_URL": watched.url}
    return entry


def is_put_of(name: str) -> Callable[[Request], bool]:
    return lambda request: request.method == "PUT" and request.path.endswith(name)


def kill_tree(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the entry point and all it has started, as the end of a container is."""
    below = descendants(process.pid)
    process.kill()
    for pid in below:
        os.kill(pid, signal.SIGKILL)


def few(staged: str, out: str) -> list[str]:
    return arguments.bwa(staged, out, reads="few")


def test_rerun_removes_the_provenance_before_the_first_upload_and_writes_it_last(
    gated: Entry, watched: Gate, staged: str, out: str, root: str, keys: Keys
) -> None:
    for _ in range(2):
        watched.seen.clear()
        ended = gated.run("bwa", *few(staged, out))
        assert ended.code == 0, ended.log
        writes = [(method, path) for method, path in watched.seen if method in {"POST", "PUT"}]
        names = [path.removeprefix(f"/{BUCKET}/{root}") for _, path in writes]
        assert names[0] == f"/{BUCKET}?delete="
        assert set(names[1:-1]) == ALIGNMENT
        assert names[-1] == "provenance/align.json"
        assert watched.seen[-1] == ("HEAD", f"/{BUCKET}/{root}provenance/align.json")
    assert keys(root) == {*ALIGNMENT, "provenance/align.json"}


def test_entry_point_killed_while_it_uploads_leaves_nothing_that_a_later_step_reads(
    gated: Entry, watched: Gate, s3_endpoint: str, staged: str, out: str, root: str, keys: Keys
) -> None:
    assert gated.run("bwa", *few(staged, out)).code == 0  # an earlier run's results are there
    held = watched.before = HeldUp(is_put_of("bam/sorted.bam"))
    process = gated.start("bwa", *few(staged, out))
    assert held.is_reached.wait(60)
    kill_tree(process)
    held.let_go()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert "provenance/align.json" not in keys(root)
    assert not gated.is_scratch_clean()  # it was killed before: on AWS its volume is removed
    shutil.rmtree(gated.scratch)

    gated.environment = {"AWS_ENDPOINT_URL": s3_endpoint}
    for tool, given in (
        ("bcftools", arguments.caller(staged, out)),
        ("samtools_stats", arguments.samtools_stats(staged, out)),
    ):
        ended = gated.run(tool, *given)
        assert ended.code == 66, ended.log
        assert f"the align step has not finished: {out}/provenance/align.json is" in ended.log
        assert gated.is_scratch_clean()


def test_s5cmd_killed_while_it_uploads_ends_with_75_without_provenance(
    gated: Entry, watched: Gate, staged: str, out: str, root: str, keys: Keys
) -> None:
    held = watched.before = HeldUp(is_put_of("bam/sorted.bam"))
    process = gated.start("bwa", *few(staged, out))
    assert held.is_reached.wait(60)
    (s5cmd,) = [pid for pid, name in descendants(process.pid).items() if name == "s5cmd"]
    os.kill(s5cmd, signal.SIGKILL)
    ended = gated.finish(process)
    held.let_go()
    assert ended.code == 75, ended.log
    assert "s5cmd failed: killed by signal 9 (SIGKILL)" in ended.log
    assert "provenance/align.json" not in keys(root)
    assert gated.is_scratch_clean()


def test_entry_point_that_is_stopped_while_it_uploads_ends_with_143_without_provenance(
    gated: Entry, watched: Gate, staged: str, out: str, root: str, keys: Keys
) -> None:
    held = watched.before = HeldUp(is_put_of("bam/sorted.bam"))
    process = gated.start("bwa", *few(staged, out))
    assert held.is_reached.wait(60)
    process.send_signal(signal.SIGTERM)
    ended = gated.finish(process)
    held.let_go()
    assert ended.code == 143, ended.log
    assert "provenance/align.json" not in keys(root)
    assert gated.is_scratch_clean()


def test_output_whose_bytes_change_on_the_way_ends_with_75_without_provenance(
    gated: Entry, watched: Gate, staged: str, out: str, root: str, keys: Keys
) -> None:
    def spoil(request: Request) -> None:  # S3 itself checks Content-MD5; this server does not
        if request.method == "PUT" and request.path.endswith("sorted.bam"):
            request.body = request.body[:-1] + bytes([request.body[-1] ^ 1])

    watched.before = spoil
    ended = gated.run("bwa", *few(staged, out))
    assert ended.code == 75, ended.log
    assert "sorted.bam differs from its file: SHA-256" in ended.log
    assert "provenance/align.json" not in keys(root)
    assert gated.is_scratch_clean()


def test_output_whose_etag_is_no_md5_is_read_back(
    gated: Entry, watched: Gate, staged: str, out: str, root: str, keys: Keys
) -> None:
    def as_with_kms(request: Request) -> None:
        if request.method == "HEAD" and request.path.endswith("sorted.bam"):
            request.answer_headers["etag"] = '"00000000000000000000000000000000"'

    watched.before = as_with_kms
    ended = gated.run("bwa", *few(staged, out))
    assert ended.code == 0, ended.log
    assert "sorted.bam is not an MD5 of its file: reading it back" in ended.log
    assert "provenance/align.json" in keys(root)


def test_upload_in_parts_has_the_etag_that_was_worked_out(
    s3: Any, s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_s3_user(monkeypatch)
    monkeypatch.setattr("jobkit.upload.part_mib_for", lambda _: 5)
    uri = S3Uri(BUCKET, "whole/parts")
    (tmp_path / "file").write_bytes(os.urandom(11 * MIB))
    s3cmd = S5cmd(tmp_path, program=str(S5CMD), endpoint_url=s3_endpoint)
    (stored,) = upload_verified(s3cmd, {tmp_path / "file": uri})
    assert stored.item.etag.endswith("-3")
    assert s3.head_object(Bucket=BUCKET, Key=uri.key)["ETag"] == f'"{stored.item.etag}"'
    assert b"".join(s3cmd.read(stored.item)) == (tmp_path / "file").read_bytes()


def test_requests_are_counted_as_s3_gets_them(
    watched: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_s3_user(monkeypatch)
    monkeypatch.setattr("jobkit.upload.part_mib_for", lambda _: 5)
    sizes = {"nothing": 0, "small": 10, "exact": 5 * MIB, "parts": 11 * MIB, "more": 51 * MIB}
    files = {tmp_path / name: S3Uri(BUCKET, f"whole/counted/{name}") for name in sizes}
    for path in files:
        path.write_bytes(bytes(sizes[path.name]))
    counted = S3Requests()
    s3cmd = S5cmd(tmp_path, program=str(S5CMD), endpoint_url=watched.url, requests=counted)
    stored = upload_verified(s3cmd, files)
    s3cmd.download({one.item: tmp_path / "fetched" / one.item.uri.name for one in stored})
    for one in stored:
        assert sum(map(len, s3cmd.read(one.item))) == one.item.size
    s3cmd.remove(stored[0].item.uri)
    methods = [method for method, path in watched.seen if "?delete" not in path]
    assert counted.reads == methods.count("HEAD") + methods.count("GET")
    assert counted.writes == methods.count("PUT") + methods.count("POST")


def test_upload_in_parts_killed_before_the_last_leaves_no_object(
    s3: Any, watched: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_s3_user(monkeypatch)
    monkeypatch.setattr("jobkit.upload.part_mib_for", lambda _: 5)
    uri = S3Uri(BUCKET, "whole/killed-parts")
    (tmp_path / "file").write_bytes(os.urandom(11 * MIB))
    held = watched.before = HeldUp(lambda request: "partNumber=3" in request.path)

    def kill_when_held() -> None:
        held.is_reached.wait(60)
        for pid, name in descendants(os.getpid()).items():
            if name == "s5cmd":
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_when_held)
    killer.start()
    s3cmd = S5cmd(tmp_path, program=str(S5CMD), endpoint_url=watched.url)
    with pytest.raises(TransferError, match="SIGKILL"):
        upload_verified(s3cmd, {tmp_path / "file": uri})
    held.let_go()
    killer.join()
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key=uri.key)


def as_s3_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def test_alignment_that_was_written_over_is_refused(
    entry: Entry, s3: Any, staged: str, aligned: str, out: str, root: str
) -> None:
    copy_alignment(s3, aligned, out)
    body = s3.get_object(Bucket=BUCKET, Key=f"{root}bam/sorted.bam")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=f"{root}bam/sorted.bam", Body=body[:-1] + b"x")  # same size
    for tool, given in (
        ("bcftools", arguments.caller(staged, out)),
        ("samtools_stats", arguments.samtools_stats(staged, out)),
    ):
        ended = entry.run(tool, *given)
        assert ended.code == 65, ended.log
        assert f"{out}/bam/sorted.bam has {len(body)} bytes and ETag" in ended.log
        assert f"differ from {out}/provenance/align.json" in ended.log
        assert entry.is_scratch_clean()


def test_annotation_of_calls_that_are_not_whole_is_refused(
    entry: Entry, s3: Any, staged: str, out: str, root: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{root}vcf/variants/variants.vcf.gz", Body=b"half a VC")
    ended = entry.run("snpeff", *arguments.snpeff(out, *arguments.annotation(staged)))
    assert ended.code == 66, ended.log
    assert "the callVariants step has not finished" in ended.log
    declare_whole(s3, out, "callVariants", "vcf/variants/variants.vcf.gz")
    s3.put_object(Bucket=BUCKET, Key=f"{root}vcf/variants/variants.vcf.gz", Body=b"another")
    ended = entry.run("snpeff", *arguments.snpeff(out, *arguments.annotation(staged)))
    assert ended.code == 65, ended.log
    assert "callVariants.json" in ended.log
    assert entry.is_scratch_clean()


@pytest.mark.parametrize(
    ("method", "code", "problem"),
    [
        ("HEAD", 66, "an input does not exist or may not be read"),  # gone since validation
        ("GET", 66, "an input does not exist or may not be read"),  # gone since we looked
    ],
)
def test_object_that_vanishes_before_it_is_fetched_ends_with_66_and_names_it(
    gated: Entry,
    watched: Gate,
    s3: Any,
    staged: str,
    out: str,
    method: str,
    code: int,
    problem: str,
) -> None:
    key = f"whole/vanishing-{method}_1.fastq.gz"
    source = {"Bucket": BUCKET, "Key": "in/few_1.fastq.gz"}
    s3.copy_object(Bucket=BUCKET, Key=key, CopySource=source)

    def vanish(request: Request) -> None:
        if request.method == method and key in request.path:
            s3.delete_object(Bucket=BUCKET, Key=key)

    watched.before = vanish
    given = [
        word.replace(f"{staged}/few_1.fastq.gz", f"s3://{BUCKET}/{key}")
        for word in few(staged, out)
    ]
    ended = gated.run("bwa", *given)
    assert ended.code == code, ended.log
    assert problem in ended.log
    assert key in ended.log
    assert gated.is_scratch_clean()


def test_object_that_changes_while_it_is_fetched_ends_with_75(
    gated: Entry, watched: Gate, s3: Any, staged: str, out: str
) -> None:
    key = "whole/changing_1.fastq.gz"
    body = s3.get_object(Bucket=BUCKET, Key="in/few_1.fastq.gz")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def change(request: Request) -> None:
        if request.method == "GET" and key in request.path:
            s3.put_object(Bucket=BUCKET, Key=key, Body=body[:-1] + b"x")

    watched.before = change
    given = [
        word.replace(f"{staged}/few_1.fastq.gz", f"s3://{BUCKET}/{key}")
        for word in few(staged, out)
    ]
    ended = gated.run("bwa", *given)
    assert ended.code == 75, ended.log
    assert f"changed while it was fetched: s3://{BUCKET}/{key}" in ended.log
    assert gated.is_scratch_clean()
