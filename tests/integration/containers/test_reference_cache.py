"""What a job can do to the reference data of its host, and what the next job makes of that."""

import gzip
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Ended, Entry, copy_alignment
from tests.integration.containers.gate import Request, gate
from tests.integration.containers.simulated import Sample
from tests.support.reference_service import ServiceProcess, serving

pytestmark = pytest.mark.long

ANEW = "on this host differed from S3: it is fetched again"
# What a container's mount is: read-only, for a process that can't change that.
READ_ONLY = """
folder="$1"; shift
mount --bind "$folder" "$folder" && mount -o remount,bind,ro "$folder" || exit 99
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
"""
TRY_TO_CHANGE = """
import errno, os, sys
def attempt(what, do):
    try:
        do()
        print(what, "done")
    except OSError as error:
        print(what, errno.errorcode[error.errno])
folder, name = sys.argv[1:]
file = f"{folder}/objects/{name}"
if os.system(f"mount -o remount,bind,rw {folder} 2>/dev/null"):
    print("mount refused")
attempt("write", lambda: open(file, "r+b"))
attempt("allow", lambda: os.chmod(file, 0o666))
attempt("replace", lambda: os.rename(file, file + ".old"))
attempt("delete", lambda: os.unlink(file))
attempt("plant", lambda: open(f"{folder}/objects/planted", "x"))
attempt("take over", lambda: os.unlink(f"{folder}/socket"))
attempt("read", lambda: open(file, "rb"))
"""


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/cache/{request.node.name}"


@pytest.fixture
def same_user(s3_endpoint: str, tmp_path: Path) -> Iterator[Entry]:
    """Jobs that can write what the reference service stores, as processes of the emulator can."""
    with serving(tmp_path / "open" / "references", every_time=True) as service:
        yield Entry(s3_endpoint, tmp_path / "open" / "scratch", service.folder)


def call(entry: Entry, s3: Any, staged: str, aligned: str, out: str) -> tuple[Ended, list[bytes]]:
    """Call variants; gives the records of the VCF."""
    copy_alignment(s3, aligned, out)
    ended = entry.run("bcftools", *arguments.caller(staged, out))
    assert ended.code == 0, ended.log
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/vcf/variants/variants.vcf.gz"
    vcf = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return ended, [line for line in vcf.splitlines() if not line.startswith(b"#")]


def references_of(s3: Any, out: str, step: str) -> dict[str, tuple[bool, str]]:
    """Of each reference object in the provenance: whether it was cached, and how verified."""
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/provenance/{step}.json"
    record = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return {
        row["uri"].rpartition("/")[2]: (row["cached"], row["verifiedBy"])
        for row in record["inputs"]
        if "verifiedBy" in row
    }


def kept_file(folder: Path, original: Path) -> Path:
    (found,) = [
        path
        for path in (folder / "objects").iterdir()
        if path.stat().st_size == original.stat().st_size
    ]
    return found


def change_bases(path: Path) -> None:
    """Every hundredth base is another; the size is the same."""
    path.chmod(0o644)
    text = bytearray(path.read_bytes())
    for at in range(150, len(text), 100):
        if chr(text[at]) in "ACGT":
            text[at] = ord({"A": "C", "C": "G", "G": "T", "T": "A"}[chr(text[at])])
    path.write_bytes(text)


def test_bases_that_a_job_has_changed_are_not_believed_by_the_next(
    same_user: Entry, s3: Any, sample: Sample, staged: str, aligned: str, out: str
) -> None:
    _, right = call(same_user, s3, staged, aligned, f"{out}/1")
    change_bases(kept_file(same_user.references, sample.fasta))

    ended, found = call(same_user, s3, staged, aligned, f"{out}/2")

    assert found == right
    assert f"{staged}/genome.fa {ANEW}" in ended.log
    assert references_of(s3, f"{out}/2", "callVariants") == {
        "genome.fa": (False, "etag"),
        "genome.fa.fai": (True, "etag"),
    }


def test_bases_that_changed_while_the_host_was_down_are_not_believed(
    entry: Entry,
    service: ServiceProcess,
    s3: Any,
    sample: Sample,
    staged: str,
    aligned: str,
    out: str,
) -> None:
    _, right = call(entry, s3, staged, aligned, f"{out}/1")
    service.end()
    change_bases(kept_file(service.folder, sample.fasta))
    service.start()

    ended, found = call(entry, s3, staged, aligned, f"{out}/2")

    assert found == right
    assert f"{staged}/genome.fa {ANEW}" in ended.log


def test_job_that_cannot_write_the_folder_is_served_and_can_change_nothing_there(
    entry: Entry,
    service: ServiceProcess,
    s3: Any,
    sample: Sample,
    staged: str,
    aligned: str,
    out: str,
) -> None:
    confined = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(service.folder))
    tried = subprocess.run([*confined, "true"], capture_output=True, check=False)
    if os.geteuid() != 0 or tried.returncode:
        pytest.skip("this user or this system can have no mounts")
    entry.prefix = confined

    call(entry, s3, staged, aligned, out)
    name = kept_file(service.folder, sample.fasta).name
    tried = subprocess.run(
        [*confined, "python3", "-c", TRY_TO_CHANGE, service.folder, name],
        capture_output=True,
        check=False,
    )

    assert tried.stdout.decode().splitlines() == [
        "mount refused",
        "write EACCES",
        "allow EROFS",
        "replace EROFS",
        "delete EROFS",
        "plant EROFS",
        "take over EROFS",
        "read done",
    ]


def test_provenance_says_what_was_verified_and_how(
    entry: Entry,
    service: ServiceProcess,
    s3: Any,
    sample: Sample,
    staged: str,
    aligned: str,
    out: str,
) -> None:
    """Of an object under KMS, S3 has no MD5: no other job could know that it is right."""
    base = f"{out.removeprefix(f's3://{BUCKET}/')}/in"
    body = sample.fasta.read_bytes()
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/mine"}
    s3.put_object(Bucket=BUCKET, Key=f"{base}/genome.fa", Body=body, **kms)
    s3.upload_file(f"{sample.fasta}.fai", BUCKET, f"{base}/genome.fa.fai")

    for cached in (False, True):
        call(entry, s3, f"s3://{BUCKET}/{base}", aligned, out)
        assert references_of(s3, out, "callVariants") == {
            "genome.fa": (False, "transfer"),
            "genome.fa.fai": (cached, "etag"),
        }
    (only,) = service.objects.iterdir()
    assert only.read_bytes() == Path(f"{sample.fasta}.fai").read_bytes()


def test_job_without_a_shared_folder_keeps_references_to_itself(
    entry: Entry, service: ServiceProcess, s3: Any, staged: str, aligned: str, out: str
) -> None:
    entry.environment = {"SEQSTACK_REFERENCE_CACHE": ""}

    call(entry, s3, staged, aligned, out)

    assert set(references_of(s3, out, "callVariants").values()) == {(False, "transfer")}
    assert list(service.objects.iterdir()) == []
    assert entry.is_scratch_clean()


def test_database_that_snpeff_builds_is_left_to_no_other_job(
    entry: Entry, service: ServiceProcess, s3: Any, staged: str, aligned: str, out: str
) -> None:
    call(entry, s3, staged, aligned, out)
    for _ in range(2):
        ended = entry.run("snpeff", *arguments.snpeff(out, *arguments.annotation(staged)))
        assert ended.code == 0, ended.log
    assert {path.name for path in service.folder.iterdir()} == {"socket", "objects"}
    assert len(list(service.objects.iterdir())) == 3  # FASTA, its index, GFF3


def before_fetching(name: str, do: Callable[[], object]) -> Callable[[Request], None]:
    """A hook of a gate: does something once, when the bytes of an object are asked for."""
    once = threading.Lock()

    def hook(request: Request) -> None:
        path = request.path.partition("?")[0]
        if request.method == "GET" and path.endswith(name) and once.acquire(blocking=False):
            do()

    return hook


def test_reference_service_that_ends_while_a_job_fetches_ends_the_job_with_75(
    entry: Entry,
    service: ServiceProcess,
    s3: Any,
    s3_endpoint: str,
    staged: str,
    aligned: str,
    out: str,
) -> None:
    copy_alignment(s3, aligned, out)
    with gate(s3_endpoint) as watched:
        watched.before = before_fetching("/genome.fa", service.end)
        entry.environment = {"AWS_ENDPOINT_URL": watched.url}
        ended = entry.run("bcftools", *arguments.caller(staged, out))
    assert ended.code == 75, ended.log
    assert f"this host's reference service, {service.folder}, does not" in ended.log
    assert "systemctl status seqstack-references" in ended.log
    assert entry.is_scratch_clean()


def test_object_that_comes_with_other_bytes_than_its_etag_ends_with_75_and_is_not_kept(
    entry: Entry,
    service: ServiceProcess,
    s3: Any,
    s3_endpoint: str,
    sample: Sample,
    aligned: str,
    out: str,
) -> None:
    copy_alignment(s3, aligned, out)
    base = f"{out.removeprefix(f's3://{BUCKET}/')}/in"
    for path in (sample.fasta, Path(f"{sample.fasta}.fai")):
        s3.upload_file(str(path), BUCKET, f"{base}/{path.name}")
    other = sample.fasta.read_bytes().swapcase()

    def replace() -> None:
        s3.put_object(Bucket=BUCKET, Key=f"{base}/genome.fa", Body=other)

    with gate(s3_endpoint) as watched:
        watched.before = before_fetching("/in/genome.fa", replace)
        entry.environment = {"AWS_ENDPOINT_URL": watched.url}
        ended = entry.run("bcftools", *arguments.caller(f"s3://{BUCKET}/{base}", out))
    assert ended.code == 75, ended.log
    assert "genome.fa does not match its ETag" in ended.log
    sizes = [path.stat().st_size for path in service.objects.iterdir()]
    assert len(other) not in sizes
