"""Jobs as processes: what they see, what they leave in the log, and that nothing of them stays."""

import json
import os
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from emulator.engine.batch.process_runner import ProcessJobRunner
from emulator.engine.batch.runner import Attempt
from emulator.image_digests import ImageDigests
from emulator.job_runners import RepositoryEntryPoints, job_environment
from tests.support.batch_world import BatchWorld, batch_world, moto_server
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[3]
MOUNTS = {
    "volumes": [
        {"name": "scratch"},
        {"name": "references", "host": {"sourcePath": "/scratch/references"}},
    ],
    "mountPoints": [
        {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False},
        {"sourceVolume": "references", "containerPath": "/references", "readOnly": False},
    ],
}


WRITES_SCRATCH_AND_HANGS = """
    if os.environ["AWS_BATCH_JOB_ATTEMPT"] == "1":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(os.path.join(sys.argv[1], "half.bam"), "w").write("half")
        child = subprocess.Popen(["sleep", "300"], start_new_session=True)
        print(json.dumps([os.getpid(), child.pid]))
        time.sleep(300)
    """


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


class Tools:
    """A repository's containers folder, and a world whose jobs come from it."""

    def __init__(self, folder: Path) -> None:
        self.containers = folder / "containers"
        self.work = folder / "work"
        self.host = folder / "host"
        self.references = self.host / "scratch" / "references"

    def write(self, body: str) -> None:
        script = self.containers / "tool" / "run_tool.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(
            "import json, os, signal, subprocess, sys, time\n" + textwrap.dedent(body)
        )

    def runner(self) -> ProcessJobRunner:
        root = self.containers.parent
        return ProcessJobRunner(
            entry_points=RepositoryEntryPoints(root, ImageDigests(root)),
            work=self.work,
            host_root=self.host,
            environment=job_environment(REPOSITORY, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}),
        )


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


@pytest.fixture
def world(endpoint: str, tools: Tools) -> Iterator[BatchWorld]:
    with batch_world(endpoint, tools.runner()) as world:
        world.define(container=MOUNTS)
        yield world


def run(world: BatchWorld, *command: str, **more: Any) -> tuple[dict[str, Any], list[str]]:
    job = world.finish(world.submit(containerOverrides={"command": list(command)}, **more))
    return job, list(world.log_lines(job["container"]["logStreamName"]))


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but is not reaped does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_job_writes_both_outputs_to_its_log_in_order(world: BatchWorld, tools: Tools) -> None:
    tools.write(
        """
        for number in range(50):
            print("out", number)
            print("err", number, file=sys.stderr)
        print()
        sys.stdout.write("no newline at the end")
        """
    )

    job, lines = run(world)

    expected = [f"{name} {number}" for number in range(50) for name in ("out", "err")]
    assert lines == [*expected, "no newline at the end"]
    assert job["container"]["logStreamName"].startswith("tool/default/")
    assert job["container"]["exitCode"] == 0


def test_job_gets_what_its_definition_sets_but_the_name_of_an_image(
    endpoint: str, tools: Tools
) -> None:
    tools.write("print({name: os.environ.get(name) for name in sys.argv[1:]})")
    names = ["SEQSTACK_IMAGE", "AWS_REGION"]
    variables = [{"name": name, "value": "x"} for name in names]
    with batch_world(endpoint, tools.runner()) as world:
        world.define(container={**MOUNTS, "environment": variables})
        _, lines = run(world, *names)
    assert lines == ["{'SEQSTACK_IMAGE': None, 'AWS_REGION': 'x'}"]


def test_log_is_readable_while_the_job_runs(world: BatchWorld, tools: Tools) -> None:
    tools.write(
        """
        print("aligned 1 read")
        time.sleep(60)
        """
    )
    job_id = world.submit()
    world.wait_for(job_id, "RUNNING")
    stream = world.describe(job_id)["container"]["logStreamName"]

    assert until(lambda: world.log_lines(stream)) == ["aligned 1 read"]


def test_log_is_complete_when_the_last_event_is_published(
    endpoint: str, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.write("print('x' * 100_000); [print(number) for number in range(5_000)]")
    seen: list[str] = []
    with batch_world(endpoint, tools.runner()) as world:

        def publish(event: dict[str, Any]) -> None:
            if event["detail"]["status"] == "SUCCEEDED":
                stream = event["detail"]["container"]["logStreamName"]
                seen.extend(world.log_lines(stream)[-1:])

        monkeypatch.setattr(world.engine._publisher, "_publish", publish)
        world.finish(world.submit())

    assert seen == ["4999"]


def test_runner_waits_until_slow_logs_are_stored(tools: Tools) -> None:
    tools.write("[print(number) for number in range(3)]")
    stored: list[str] = []

    def store_slowly(lines: Sequence[str]) -> None:
        time.sleep(0.3)
        stored.extend(lines)

    attempt = Attempt("id", "name", 1, "tool", [], {}, {"mountPoints": []}, store_slowly)
    outcome = tools.runner().start(attempt).wait()

    assert outcome.succeeded
    assert stored == ["0", "1", "2"]


def test_job_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(
    world: BatchWorld, tools: Tools
) -> None:
    tools.write("print(os.getsid(0) == os.getpid())")

    assert run(world)[1] == ["True"]


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "PYTHONSTARTUP", "PYTHONPATH", "PATH", "BASH_ENV", "HOME", "AWS_ENDPOINT_URL"],
)
@pytest.mark.parametrize("by", ["submission", "definition"])
def test_job_that_sets_a_variable_of_the_process_does_not_run(
    world: BatchWorld, tools: Tools, tmp_path: Path, name: str, by: str
) -> None:
    tools.write(f"open({str(tmp_path / 'ran')!r}, 'w')")
    environment = [{"name": name, "value": str(tmp_path)}]
    if by == "definition":
        world.define(container={"environment": environment})
    overrides = {"environment": environment} if by == "submission" else {}

    job = world.finish(world.submit(containerOverrides=overrides))

    assert job["status"] == "FAILED"
    reason = job["attempts"][0]["container"]["reason"]
    assert reason.startswith("CannotStartContainerError: ")
    assert f"no {name};" in reason
    assert "SEQSTACK_REFERENCE_CACHE" in reason
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "image", ["tool/..", "..", "jobkit", "sh", "tool/run_tool.py", "other/tool/../../sh:1"]
)
def test_definition_of_an_image_that_is_no_tool_runs_nothing(
    world: BatchWorld, tools: Tools, tmp_path: Path, image: str
) -> None:
    tools.write(f"open({str(tmp_path / 'ran')!r}, 'w')")
    world.define(container={"image": image, "command": ["touch", str(tmp_path / "ran")]})

    job = world.finish(world.submit())

    reason = job["attempts"][0]["container"]["reason"]
    assert reason.startswith("CannotPullContainerError: ")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "v", "host": {"sourcePath": "/../../outside"}},
        {"name": "../../../../outside"},
    ],
)
def test_volume_outside_of_its_root_is_refused_and_not_made(
    world: BatchWorld, tools: Tools, tmp_path: Path, volume: dict[str, Any]
) -> None:
    tools.write("print('runs')")
    point = {"sourceVolume": volume["name"], "containerPath": "/v"}
    world.define(container={"volumes": [volume], "mountPoints": [point]})

    job = world.finish(world.submit())

    assert "may not have '..'" in job["attempts"][0]["container"]["reason"]
    assert not list(tmp_path.rglob("outside"))


def test_job_sees_its_own_environment_and_nothing_of_this_process(
    world: BatchWorld, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "1")
    tools.write("print(json.dumps(dict(os.environ)))")

    cache = {"name": "SEQSTACK_REFERENCE_CACHE", "value": "/references"}
    job_id = world.submit(containerOverrides={"environment": [cache]})
    job = world.finish(job_id)

    (line,) = world.log_lines(job["container"]["logStreamName"])
    environment = json.loads(line)
    path = environment.pop("PATH").split(os.pathsep)
    assert Path(path[0], "s5cmd").read_bytes()[:4] == b"\x7fELF"
    assert Path(path[1], "python").exists()
    folder = tools.work / f"{job_id}-1"
    assert environment == {
        "AWS_BATCH_JOB_ID": job_id,
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JQ_NAME": "low",
        "AWS_BATCH_CE_NAME": "spot-test",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "SEQSTACK_REFERENCE_CACHE": str(tools.references),
        "PYTHONPATH": f"{REPOSITORY}/containers{os.pathsep}{REPOSITORY}/layers/common",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
    }


def test_job_imports_the_common_code(world: BatchWorld, tools: Tools) -> None:
    tools.write("from seqstack.domain.s3uri import S3Uri; print(S3Uri.__name__)")

    assert run(world)[1] == ["S3Uri"]


def test_scratch_is_the_jobs_own_and_gone_after_it(world: BatchWorld, tools: Tools) -> None:
    tools.write(
        """
        folder, cache, other = sys.argv[1:]
        open(os.path.join(folder, "reads.bam"), "w").close()
        open(os.path.join(cache, "hg38.fa"), "w").close()
        print(folder, other)
        """
    )

    job, lines = run(world, "/scratch", "/references", "/scratches")

    scratch = tools.work / f"{job['jobId']}-1" / "volumes" / "scratch"
    assert lines == [f"{scratch} /scratches"]
    assert list(tools.work.iterdir()) == []
    assert [path.name for path in tools.references.iterdir()] == ["hg38.fa"]


def test_job_that_fails_keeps_its_exit_code(world: BatchWorld, tools: Tools) -> None:
    tools.write("sys.exit('bwa failed')")

    job, lines = run(world)

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 1)
    assert lines == ["bwa failed"]
    assert list(tools.work.iterdir()) == []


@pytest.mark.parametrize("body", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(137)"])
def test_killed_tool_gives_exit_code_137_without_a_reason(
    world: BatchWorld, tools: Tools, body: str
) -> None:
    tools.write(body)

    job, _lines = run(world)

    assert job["container"]["exitCode"] == 137
    assert "reason" not in job["container"]


def test_terminated_job_gets_sigterm_and_may_clean_up(world: BatchWorld, tools: Tools) -> None:
    tools.write(
        """
        def stop(number, frame):
            print("cleaned up")
            sys.exit(143)
        signal.signal(signal.SIGTERM, stop)
        print("ready")
        time.sleep(60)
        """
    )
    job_id = world.submit()
    wait_for_line(world, job_id, "ready")

    world.client("batch").terminate_job(jobId=job_id, reason="aborted")

    job = world.finish(job_id)
    assert job["container"]["exitCode"] == 143
    assert world.log_lines(job["container"]["logStreamName"]) == ["ready", "cleaned up"]


def test_job_that_ignores_sigterm_is_killed_with_all_it_started(
    world: BatchWorld, tools: Tools
) -> None:
    tools.write(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "300"])
        daemon = subprocess.Popen(["sleep", "300"], start_new_session=True)
        print(child.pid, daemon.pid)
        child.wait()
        """
    )
    job_id = world.submit()
    pids = [int(pid) for pid in wait_for_line(world, job_id).split()]
    assert all(alive(pid) for pid in pids)

    world.client("batch").terminate_job(jobId=job_id, reason="aborted")
    world.clock.advance(0.25)
    assert alive(pids[0])
    world.clock.advance(0.25)

    assert world.finish(job_id)["container"]["exitCode"] == 137
    assert not any(alive(pid) for pid in pids)
    assert list(tools.work.iterdir()) == []


def test_what_a_job_leaves_running_ends_with_it(world: BatchWorld, tools: Tools) -> None:
    tools.write(
        """
        child = subprocess.Popen(["sleep", "300"])
        daemon = subprocess.Popen(["sleep", "300"], start_new_session=True)
        nameless = subprocess.Popen(["/bin/sleep", "300"], env={}, process_group=0)
        print(child.pid, daemon.pid, nameless.pid)
        """
    )

    job, (line,) = run(world)

    assert job["status"] == "SUCCEEDED"
    assert not any(alive(int(pid)) for pid in line.split())


def test_job_over_its_time_leaves_no_process(world: BatchWorld, tools: Tools) -> None:
    tools.write("print(os.getpid()); time.sleep(300)")
    job_id = world.submit(timeout={"attemptDurationSeconds": 3600})
    line = wait_for_line(world, job_id)

    world.clock.advance(3600)

    job = world.finish(job_id)
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["container"]["exitCode"] == 143
    assert not alive(int(line))


def test_lost_host_takes_every_process_and_the_scratch_and_the_job_runs_again(
    world: BatchWorld, tools: Tools
) -> None:
    tools.write(WRITES_SCRATCH_AND_HANGS)
    again = [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    job_id = world.submit(
        retryStrategy={"attempts": 2, "evaluateOnExit": again},
        containerOverrides={"command": ["/scratch"]},
    )
    pids = json.loads(wait_for_line(world, job_id))
    assert [path.name for path in tools.work.rglob("half.bam")] == ["half.bam"]

    world.engine.reclaim_host(job_id)

    job = world.finish(job_id)
    assert job["status"] == "SUCCEEDED"
    assert job["attempts"][0]["statusReason"].startswith("Host EC2 (instance i-")
    assert not any(alive(pid) for pid in pids)
    assert list(tools.work.iterdir()) == []


def test_exhausted_memory_kills_every_process_and_leaves_no_scratch(
    world: BatchWorld, tools: Tools
) -> None:
    tools.write(WRITES_SCRATCH_AND_HANGS)
    job_id = world.submit(containerOverrides={"command": ["/scratch"]})
    pids = json.loads(wait_for_line(world, job_id))

    world.engine.exhaust_memory(job_id)

    job = world.finish(job_id)
    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"].startswith("OutOfMemoryError: ")
    assert not any(alive(pid) for pid in pids)
    assert list(tools.work.iterdir()) == []


def test_image_without_an_entry_point_cannot_be_pulled(world: BatchWorld) -> None:
    world.define("other", container={"image": "repository/missing:2"})

    job = world.finish(world.submit(jobDefinition="other"))

    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"].startswith("CannotPullContainerError: repository/missing:2")


def test_job_that_finds_no_place_on_disk_does_not_start(world: BatchWorld, tools: Tools) -> None:
    tools.write("print('never')")
    tools.work.write_text("a file where the jobs' folders should be")

    job = world.finish(world.submit())

    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"].startswith("CannotStartContainerError: ")


def test_close_kills_every_job_in_its_grace_period(endpoint: str, tools: Tools) -> None:
    tools.write(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(os.getpid())
        time.sleep(300)
        """
    )
    with batch_world(endpoint, tools.runner(), grace_seconds=30) as world:
        pid = int(wait_for_line(world, world.submit()))

        world.engine.close(grace_seconds=0.2)

        assert not alive(pid)
        assert world.clock.monotonic() < 30


def wait_for_line(world: BatchWorld, job_id: str, wanted: str | None = None) -> str:
    """Wait for a job's first line of output, or for one that is `wanted`."""
    world.wait_for(job_id, "RUNNING")
    stream = world.describe(job_id)["container"]["logStreamName"]
    return until(
        lambda: next((line for line in world.log_lines(stream) if wanted in {None, line}), "")
    )
