"""The reference service as jobs find it, well-meaning ones and others."""

import ast
import contextlib
import hashlib
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hosts import keep_references
from jobkit.reference_service import (
    Answer,
    ReferenceServiceGoneError,
    ReferenceSession,
    reference_session,
)
from jobkit.s5cmd import S3Object
from seqstack.domain.s3uri import S3Uri
from tests.support.reference_service import PROGRAM, ServiceProcess, serving

MIB = 1 << 20
BASES = b"ACGT" * 5


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with serving(tmp_path / "references") as service:
        yield service


@pytest.fixture
def job(service: ServiceProcess) -> Iterator[ReferenceSession]:
    with reference_session(service.folder) as session:
        yield session


@pytest.fixture
def other_job(service: ServiceProcess) -> Iterator[ReferenceSession]:
    with reference_session(service.folder) as session:
        yield session


def md5(content: bytes) -> "hashlib._Hash":
    return hashlib.md5(content, usedforsecurity=False)


def described(content: bytes, etag: str | None = None) -> S3Object:
    """An object as S3 describes it that was uploaded at once."""
    return S3Object(S3Uri("b", "genome.fa"), len(content), etag or md5(content).hexdigest())


def in_parts(content: bytes, part: int) -> S3Object:
    """An object as S3 describes it that came in parts of `part` bytes."""
    starts = range(0, len(content), part)
    digests = [md5(content[start : start + part]).digest() for start in starts]
    return described(content, f"{md5(b''.join(digests)).hexdigest()}-{len(digests)}")


def offer(job: ReferenceSession, item: S3Object, content: bytes, folder: Path) -> Answer:
    path = folder / "offered"
    path.write_bytes(content)
    answer, _ = job.give(item, path)
    return answer


def path_of(service: ServiceProcess, item: S3Object) -> Path:
    return service.objects / f"{item.etag}-{item.size}"


def in_background[T](do: Callable[[], T]) -> Callable[[], T]:
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(do()), daemon=True)
    thread.start()

    def result() -> T:
        thread.join(60)
        return found[0]

    return result


def test_object_that_was_given_is_there_for_the_next_whoever_has_given_it(
    service: ServiceProcess, job: ReferenceSession, other_job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    assert job.want(item) is Answer.FETCH
    assert offer(job, item, BASES, tmp_path) is Answer.HAVE
    (tmp_path / "offered").write_bytes(BASES.lower())  # the job's own file is another
    assert other_job.want(item) is Answer.HAVE
    assert path_of(service, item).read_bytes() == BASES
    assert path_of(service, item).stat().st_mode & 0o222 == 0


@pytest.mark.parametrize("planted", [BASES[::-1], BASES[:-1], BASES + b"A", b""])
def test_job_cannot_plant_other_bytes(
    service: ServiceProcess,
    job: ReferenceSession,
    other_job: ReferenceSession,
    tmp_path: Path,
    planted: bytes,
) -> None:
    item = described(BASES)
    assert job.want(item) is Answer.FETCH
    # of a file that is too long, the beginning is taken, which is the object
    expected = Answer.HAVE if planted.startswith(BASES) else Answer.DIFFERS
    assert offer(job, item, planted, tmp_path) is expected
    assert other_job.want(item) is (Answer.HAVE if expected is Answer.HAVE else Answer.FETCH)
    assert {path.read_bytes() for path in service.objects.iterdir()} <= {BASES}


def test_job_cannot_give_what_it_was_not_asked_to_fetch(
    service: ServiceProcess, job: ReferenceSession, other_job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    assert job.want(item) is Answer.FETCH
    assert offer(other_job, item, BASES, tmp_path) is Answer.FAILED
    assert list(service.objects.iterdir()) == []


def test_job_cannot_give_a_pipe_which_would_never_end(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    job.want(item)
    os.mkfifo(tmp_path / "pipe")
    held = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        assert job.give(item, tmp_path / "pipe") == (Answer.FAILED, "not a regular file")
    finally:
        os.close(held)
    assert list(service.objects.iterdir()) == []


@pytest.mark.parametrize(
    "message",
    [
        b"want ../../etc/passwd 5",
        b"want 0123456789abcdef0123456789abcdef/../x 5",
        b"want 0123456789ABCDEF0123456789ABCDEF 5",
        b"want 0123456789abcdef0123456789abcdef -5",
        b"give 0123456789abcdef0123456789abcdef 5",  # with no file
        b"stop",
        b"\xff" * 300,
    ],
)
def test_what_is_not_understood_ends_the_connection_and_no_other(
    service: ServiceProcess, job: ReferenceSession, message: bytes
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        descriptor = os.open(service.folder, os.O_PATH)
        connection.connect(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)
        connection.send(message)
        assert connection.recv(100) == b""
    assert job.want(described(BASES)) is Answer.FETCH
    assert list(service.objects.iterdir()) == []


def test_jobs_that_want_one_object_fetch_it_once(
    service: ServiceProcess, job: ReferenceSession, other_job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    assert job.want(item) is Answer.FETCH
    second = in_background(lambda: other_job.want(item))
    assert offer(job, item, BASES, tmp_path) is Answer.HAVE
    assert second() is Answer.HAVE


def test_job_that_dies_while_it_fetches_leaves_it_to_the_next(
    service: ServiceProcess, job: ReferenceSession
) -> None:
    item = described(BASES)
    with contextlib.ExitStack() as dying:
        first = dying.enter_context(reference_session(service.folder))
        assert first.want(item) is Answer.FETCH
        second = in_background(lambda: job.want(item))
    assert second() is Answer.FETCH
    assert list(service.objects.iterdir()) == []


def test_file_is_verified_once_after_each_start(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    job.want(item)
    offer(job, item, BASES, tmp_path)
    path = path_of(service, item)
    path.chmod(0o644)
    path.write_bytes(BASES[::-1])  # which only the service's own user can do
    assert job.want(item) is Answer.HAVE

    service.end()
    service.start()
    with reference_session(service.folder) as after:
        assert after.want(item) is Answer.SPOILT
        assert not path.exists()
        assert offer(after, item, BASES, tmp_path) is Answer.HAVE
    assert path.read_bytes() == BASES


@pytest.mark.parametrize(("every_time", "verifications"), [(False, 1), (True, 4)])
def test_jobs_that_start_together_verify_a_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, every_time: bool, verifications: int
) -> None:
    item = described(BASES)
    store = keep_references.Store(tmp_path, every_time=every_time)
    (tmp_path / "objects" / f"{item.etag}-{item.size}").write_bytes(BASES)  # of an earlier boot
    verified: list[Path] = []
    all_wait = threading.Event()

    def is_sound(path: Path, *_: object) -> bool:
        verified.append(path)
        return all_wait.wait(60)

    monkeypatch.setattr(keep_references, "is_sound", is_sound)
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(4)]
    wants = [
        in_background(lambda caller=caller: store.want(caller, item.etag, item.size))
        for _, caller in pairs
    ]
    jobs = {job for job, _ in pairs}
    waiting = set[socket.socket]()
    while len(waiting) < len(pairs) - 1:
        (job, *_), _, _ = select.select(jobs - waiting, [], [], 60)
        assert job.recv(100) == b"wait"
        waiting.add(job)
    all_wait.set()

    for want in wants:
        want()
    for job, caller in pairs:
        assert job.recv(100) == b"have"
        job.close()
        caller.close()
    assert len(verified) == verifications


def test_file_is_verified_every_time_where_jobs_could_write_it(tmp_path: Path) -> None:
    item = described(BASES)
    with (
        serving(tmp_path / "references", every_time=True) as service,
        reference_session(service.folder) as job,
    ):
        path = path_of(service, item)
        job.want(item)
        offer(job, item, BASES, tmp_path)
        assert job.want(item) is Answer.HAVE
        path.unlink()
        path.symlink_to(tmp_path / "offered")  # whose bytes can change later
        assert job.want(item) is Answer.SPOILT


def test_half_a_file_of_a_service_that_was_killed_is_removed(service: ServiceProcess) -> None:
    item = described(BASES)
    service.end()
    path_of(service, item).with_suffix(".part").write_bytes(BASES[:3])
    service.start()
    assert list(service.objects.iterdir()) == []


def test_job_without_its_reference_service_fails_with_the_reason(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path
) -> None:
    item = described(BASES)
    assert job.want(item) is Answer.FETCH
    service.end()
    with pytest.raises(ReferenceServiceGoneError, match="does not answer"):
        offer(job, item, BASES, tmp_path)
    with (
        pytest.raises(ReferenceServiceGoneError, match="Connection refused"),
        reference_session(service.folder, patience=0),
    ):
        pass
    with (
        pytest.raises(ReferenceServiceGoneError, match="No such file"),
        reference_session(tmp_path / "nothing", patience=0),
    ):
        pass


def test_job_waits_for_a_service_that_restarts(
    service: ServiceProcess, job: ReferenceSession
) -> None:
    service.end()

    def ask() -> Answer:
        with reference_session(service.folder) as session:
            return session.want(described(BASES))

    answer = in_background(ask)
    service.start()
    assert answer() is Answer.FETCH


# What the AWS CLI sends is 8 MiB, s5cmd 50, AWS's Java SDK 5, and the S3 console 17179870 bytes.
@pytest.mark.parametrize("part", [5 * MIB, 8 * MIB, 16 * MIB, 17_179_870, 50 * MIB])
def test_etag_of_an_upload_in_parts_is_verified(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path, part: int
) -> None:
    content = bytes(51 * MIB) + BASES
    item = in_parts(content, part)
    assert job.want(item) is Answer.FETCH
    assert offer(job, item, content[::-1], tmp_path) is Answer.DIFFERS
    assert job.want(item) is Answer.FETCH
    assert offer(job, item, content, tmp_path) is Answer.HAVE


def test_upload_in_one_part_or_of_nothing_is_verified(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path
) -> None:
    for content, item in ((BASES, in_parts(BASES, 100)), (b"", described(b""))):
        assert job.want(item) is Answer.FETCH
        assert offer(job, item, content, tmp_path) is Answer.HAVE


def test_upload_in_parts_of_an_odd_size_is_not_kept(
    service: ServiceProcess, job: ReferenceSession, tmp_path: Path
) -> None:
    content = bytes(6 * MIB)
    item = in_parts(content, 5 * MIB + 1)
    assert job.want(item) is Answer.FETCH
    assert offer(job, item, content, tmp_path) is Answer.DIFFERS
    assert list(service.objects.iterdir()) == []


def test_program_is_one_that_the_python_of_amazon_linux_2023_reads() -> None:
    ast.parse(PROGRAM.read_text(), feature_version=(3, 9))
