"""A job reads what its own run has written, and nothing that was put in its place."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.gate import Gate, Request, gate

pytestmark = pytest.mark.long

REPLACED = 67


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/own/{request.node.name}"


@pytest.fixture
def root(out: str) -> str:
    """The keys' prefix of `out`."""
    return out.removeprefix(f"s3://{BUCKET}/")


@pytest.fixture
def told(entry: Entry, s3: Any, staged: str, out: str, root: str) -> str:
    """A job's arguments about earlier steps, after the sample is aligned below `out`."""
    ended = entry.run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 0, ended.log
    body = s3.get_object(Bucket=BUCKET, Key=f"{root}/provenance/align.json")["Body"].read()
    return f"--made_by=align:{hashlib.sha256(body).hexdigest()}"


def swap(s3: Any, key: str) -> None:
    """Another object of the same size."""
    size = s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"]
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * size)


def append_to(s3: Any, key: str) -> None:
    """The same provenance with a space more."""
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key, Body=body + b" ")


def delete(s3: Any, key: str) -> None:
    s3.delete_object(Bucket=BUCKET, Key=key)


def test_job_reads_what_its_run_has_written(entry: Entry, staged: str, out: str, told: str) -> None:
    ended = entry.run("samtools_stats", *arguments.samtools_stats(staged, out, told))

    assert ended.code == 0, ended.log


@pytest.mark.parametrize(
    ("name", "happens"),
    [
        ("bam/sorted.bam", swap),
        ("bam/sorted.bam", delete),
        ("provenance/align.json", append_to),
        ("provenance/align.json", delete),
    ],
)
def test_job_whose_runs_results_were_replaced_says_so(
    entry: Entry,
    s3: Any,
    staged: str,
    out: str,
    root: str,
    told: str,
    name: str,
    happens: Callable[[Any, str], None],
) -> None:
    happens(s3, f"{root}/{name}")

    ended = entry.run("samtools_stats", *arguments.samtools_stats(staged, out, told))

    assert ended.code == REPLACED, ended.log
    said = ("earlier step of this run was deleted", "of this run has written", "differ from")
    assert any(words in ended.log for words in said), ended.log
    assert entry.is_scratch_clean()


@pytest.fixture
def watched(s3_endpoint: str) -> Iterator[Gate]:
    with gate(s3_endpoint) as made:
        yield made


def test_object_that_is_another_only_while_it_is_fetched_is_not_read(
    entry: Entry, watched: Gate, s3: Any, staged: str, out: str, root: str, told: str
) -> None:
    key = f"{root}/bam/sorted.bam"
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    heads = 0

    def change(request: Request) -> None:
        nonlocal heads
        if not request.path.partition("?")[0].endswith("/bam/sorted.bam"):
            return
        if request.method == "GET":
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * len(body))
        elif request.method == "HEAD":
            heads += 1
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    watched.before = change
    entry.environment = {"AWS_ENDPOINT_URL": watched.url}

    ended = entry.run("samtools_stats", *arguments.samtools_stats(staged, out, told))

    assert heads >= 2  # before and after, and both times it was as written
    assert ended.code == REPLACED, ended.log
    assert "another SHA-256 than when it was written" in ended.log


def test_job_without_a_digest_is_called_wrongly(entry: Entry, staged: str, out: str) -> None:
    ended = entry.run(
        "samtools_stats", *arguments.samtools_stats(staged, out, "--made_by=align:latest")
    )

    assert ended.code == 64, ended.log
