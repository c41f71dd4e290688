"""Jobs as containers of a real engine, isolated as a job definition asks for."""

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.engine.batch.container_engine import ContainerEngine
from emulator.job_runners import container_runner
from seqstack.domain.classification import classify_failure
from seqstack.domain.errors import OutOfMemoryError
from seqstack.domain.job_record import JobRecord
from tests.support.batch_world import batch_world, moto_server
from tests.support.container_jobs import CONTAINER, GRACE_SECONDS, ContainerJobs, Containers, left

pytestmark = pytest.mark.usefixtures("test_images")

# As the stack's job definitions have it.
ISOLATED = {
    **CONTAINER,
    "volumes": [
        {"name": "scratch"},
        {"name": "references", "host": {"sourcePath": "/scratch/references"}},
    ],
    "mountPoints": [
        {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False},
        {"sourceVolume": "references", "containerPath": "/references", "readOnly": True},
    ],
    "readonlyRootFilesystem": True,
    "linuxParameters": {
        "initProcessEnabled": True,
        "tmpfs": [{"containerPath": "/tmp", "size": 1, "mountOptions": ["noexec", "nosuid"]}],  # noqa: S108
    },
}
LIMIT = 256 << 20


class TestRealEngine(ContainerJobs):
    """Every test of container jobs, with docker or podman."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def containers(endpoint: str, engine: ContainerEngine) -> Iterator[Containers]:
    before = left(engine)
    runner = container_runner(engine, {"AWS_ENDPOINT_URL": endpoint})
    with batch_world(endpoint, runner, grace_seconds=GRACE_SECONDS) as world:
        world.define(container=ISOLATED)
        yield Containers(engine, world)
    runner.close()
    assert left(engine) == before


def lines_of(containers: Containers, body: str, **more: Any) -> list[str]:
    job, lines = containers.run(body, **more)
    assert job["status"] == "SUCCEEDED", lines
    return lines


def test_job_is_nobody_in_particular_and_writes_where_it_may(containers: Containers) -> None:
    lines = lines_of(
        containers,
        """
        import errno, os
        print(os.getuid(), os.getgid())
        for folder in ("/", "/opt/seqstack", "/tmp", "/scratch", "/references"):
            try:
                with open(f"{folder}/written", "wb") as file:
                    file.write(b"x" * 1000)
                print(folder, "written")
            except OSError as error:
                print(folder, errno.errorcode[error.errno])
        try:
            with open("/tmp/large", "wb") as file:
                file.write(bytes(2 << 20))
        except OSError as error:
            print("/tmp", errno.errorcode[error.errno])
        """,
    )

    assert lines == [
        "10001 10001",
        "/ EROFS",
        "/opt/seqstack EROFS",
        "/tmp written",  # noqa: S108
        "/scratch written",
        "/references EROFS",
        "/tmp ENOSPC",  # noqa: S108
    ]


def test_scratch_is_the_jobs_own_and_references_are_shared_through_the_reference_service(
    containers: Containers,
) -> None:
    body = """
        import hashlib, os, socket, time
        bases = b"ACGT"
        etag = hashlib.md5(bases).hexdigest()
        print(os.listdir("/scratch"))
        with open("/scratch/genome.fa", "w+b", buffering=0) as file:
            file.write(bases)
            while not os.path.exists("/references/socket"):
                time.sleep(0.05)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as service:
                service.connect("/references/socket")
                service.send(f"want {etag} 4".encode())
                print(answer := service.recv(100).decode())
                if answer == "fetch":
                    socket.send_fds(service, [f"give {etag} 4".encode()], [file.fileno()])
                    print(service.recv(100).decode())
        print(open(f"/references/objects/{etag}-4").read())
        """

    assert lines_of(containers, body) == ["[]", "fetch", "have", "ACGT"]
    assert lines_of(containers, body) == ["[]", "have", "ACGT"]


def test_job_reaches_the_emulator_on_its_loopback_address(containers: Containers) -> None:
    (line,) = lines_of(
        containers,
        """
        import os, urllib.request
        url = os.environ["AWS_ENDPOINT_URL"] + "/moto-api/data.json"
        print(urllib.request.urlopen(url).status)
        """,
    )

    assert line == "200"


def test_job_over_its_memory_is_killed_where_the_engine_limits_it(containers: Containers) -> None:
    job, lines = containers.run(
        f"""
        import glob
        found = glob.glob("/sys/fs/cgroup/memory.max") + glob.glob(
            "/sys/fs/cgroup/memory/memory.limit_in_bytes")
        limits = [open(path).read().strip() for path in found]
        print("limited" if "{LIMIT}" in limits else "not limited")
        kept = b"x" * {2 * LIMIT}
        """
    )

    if lines == ["not limited"]:
        assert job["status"] == "SUCCEEDED"
    else:
        assert job["container"]["exitCode"] == 137
        assert classify_failure(JobRecord.from_batch(job)) is OutOfMemoryError
