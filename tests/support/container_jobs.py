"""Tests of jobs in containers with any engine: the stand-in here, a real one in tests/engine.

The engine has an image `seqstack/tool:1.0`, whose entry point runs the Python program that it is
given, and `seqstack/broken:1.0`, whose entry point does not exist.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.engine.batch.container_engine import ContainerEngine
from emulator.job_runners import container_runner
from seqstack.domain.classification import classify_failure
from seqstack.domain.errors import ImagePullError
from seqstack.domain.job_record import JobRecord
from tests.support.batch_world import IMAGE, BatchWorld, batch_world, moto_server
from tests.support.waiting import until

GRACE_SECONDS = 2
IGNORES_SIGTERM = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready")
    time.sleep(300)
    """
# Starts a runner and a job under a guardian, says so, and is then killed by the test.
KILLED = textwrap.dedent(
    """
    import json, sys, time
    from emulator.engine.batch.container_engine import ContainerEngine
    from emulator.job_runners import container_runner
    from emulator.engine.batch.runner import Attempt
    from emulator.engine.guardian import Guardian
    container = json.loads(sys.argv[2])
    runner = container_runner(ContainerEngine(sys.argv[1]), {}, Guardian())
    command = ["import time; print('ready'); time.sleep(300)"]
    runner.start(Attempt("id", "name", 1, "tool:1.0", command, {}, container,
                         lambda lines: print(*lines, flush=True)))
    time.sleep(300)
    """
)
CONTAINER = {
    "image": IMAGE.format(tool="tool"),
    "resourceRequirements": [
        {"type": "VCPU", "value": "1"},
        {"type": "MEMORY", "value": "256"},
    ],
    "linuxParameters": {"initProcessEnabled": True},
    "volumes": [{"name": "scratch"}, {"name": "cache", "host": {"sourcePath": "/mnt/references"}}],
    "mountPoints": [
        {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False},
        {"sourceVolume": "cache", "containerPath": "/references", "readOnly": False},
    ],
}


class Containers:
    """An engine, and a Batch whose jobs run in it."""

    def __init__(self, engine: ContainerEngine, world: BatchWorld) -> None:
        self.engine = engine
        self.world = world

    def submit(self, body: str, **more: Any) -> str:
        command = [textwrap.dedent(body)]
        return self.world.submit(containerOverrides={"command": command}, **more)

    def finish(self, job_id: str) -> tuple[dict[str, Any], list[str]]:
        job = self.world.finish(job_id)
        stream = job["container"].get("logStreamName")
        return job, list(self.world.log_lines(stream)) if stream else []

    def run(self, body: str, **more: Any) -> tuple[dict[str, Any], list[str]]:
        return self.finish(self.submit(body, **more))

    def wait_for_line(self, job_id: str, wanted: str) -> None:
        self.world.wait_for(job_id, "RUNNING")
        stream = self.world.describe(job_id)["container"]["logStreamName"]
        until(lambda: wanted in self.world.log_lines(stream))


def left(engine: ContainerEngine) -> list[str]:
    """Containers and volumes that emulators have left in an engine."""
    listings = (["ps", "--all", "--quiet"], ["volume", "ls", "--quiet"])
    return [
        name
        for listing in listings
        for name in subprocess.run(
            [engine.program, *listing, "--filter", "label=seqstack.emulator"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    ]


class ContainerJobs:
    """The tests; a subclass' module has the fixture `engine`."""

    @pytest.fixture(scope="class")
    @classmethod
    def endpoint(cls) -> Iterator[str]:
        with moto_server() as endpoint:
            yield endpoint

    @pytest.fixture
    def containers(self, endpoint: str, engine: ContainerEngine) -> Iterator[Containers]:
        runner = container_runner(engine, {"AWS_ENDPOINT_URL": endpoint})
        with batch_world(endpoint, runner, grace_seconds=GRACE_SECONDS) as world:
            world.define(container=CONTAINER)
            yield Containers(engine, world)
        runner.close()

    def test_job_writes_both_outputs_to_its_log_each_in_order(self, containers: Containers) -> None:
        job, lines = containers.run(
            """
            import sys
            for number in range(50):
                print("out", number, flush=True)
                print("err", number, file=sys.stderr, flush=True)
            print()
            sys.stdout.write("no newline at the end")
            """
        )

        assert job["status"] == "SUCCEEDED"
        assert job["container"]["exitCode"] == 0
        numbers = range(50)
        errors = [line for line in lines if line.startswith("err")]
        assert errors == [f"err {number}" for number in numbers]
        others = [line for line in lines if line not in errors]
        assert others == [*(f"out {number}" for number in numbers), "no newline at the end"]

    def test_job_sees_its_own_environment_and_nothing_of_this_process(
        self, containers: Containers, endpoint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_OF_THE_SHELL", "1")
        variable = {"name": "SEQSTACK_IMAGE", "value": "a b=c\nd"}

        job_id = containers.world.submit(
            containerOverrides={
                "command": ["import json, os; print(json.dumps(dict(os.environ)))"],
                "environment": [variable],
            }
        )

        _, (line,) = containers.finish(job_id)
        environment = json.loads(line)
        assert {
            "AWS_BATCH_JOB_ID": job_id,
            "AWS_BATCH_JOB_ATTEMPT": "1",
            "AWS_BATCH_JQ_NAME": "low",
            "AWS_BATCH_CE_NAME": "spot-test",
            "AWS_ENDPOINT_URL": endpoint,
            "SEQSTACK_IMAGE": "a b=c\nd",
        }.items() <= environment.items()
        assert "SECRET_OF_THE_SHELL" not in environment

    @pytest.mark.parametrize("code", [1, 80, 125, 137])
    def test_job_that_fails_keeps_its_exit_code(self, containers: Containers, code: int) -> None:
        job, lines = containers.run(f"import sys; print('bwa failed'); sys.exit({code})")

        assert (job["status"], job["container"]["exitCode"]) == ("FAILED", code)
        assert job["statusReason"] == "Essential container in task exited"
        assert "reason" not in job["container"]
        assert lines == ["bwa failed"]

    def test_terminated_job_gets_sigterm_and_may_clean_up(self, containers: Containers) -> None:
        job_id = containers.submit(
            """
            import signal, sys, time
            def stop(number, frame):
                print("cleaned up")
                sys.exit(143)
            signal.signal(signal.SIGTERM, stop)
            print("ready")
            time.sleep(60)
            """
        )
        containers.wait_for_line(job_id, "ready")

        containers.world.client("batch").terminate_job(jobId=job_id, reason="aborted")

        job, lines = containers.finish(job_id)
        assert (job["statusReason"], job["container"]["exitCode"]) == ("aborted", 143)
        assert lines == ["ready", "cleaned up"]

    def test_job_that_ignores_sigterm_is_killed(self, containers: Containers) -> None:
        job_id = containers.submit(IGNORES_SIGTERM)
        containers.wait_for_line(job_id, "ready")

        containers.world.client("batch").terminate_job(jobId=job_id, reason="aborted")
        containers.world.clock.advance(GRACE_SECONDS)

        job, lines = containers.finish(job_id)
        assert (job["statusReason"], job["container"]["exitCode"]) == ("aborted", 137)
        assert lines == ["ready"]

    def test_image_that_was_not_built_cannot_be_pulled(self, containers: Containers) -> None:
        image = IMAGE.format(tool="missing")
        containers.world.define("other", container={**CONTAINER, "image": image})

        job, lines = containers.run("", jobDefinition="other")

        assert job["statusReason"] == "Task failed to start"
        assert job["container"]["reason"] == (
            f"CannotPullContainerError: Error response from daemon: manifest for {image} not found:"
            " manifest unknown: Requested image not found"
        )
        assert "exitCode" not in job["container"]
        assert classify_failure(JobRecord.from_batch(job)) is ImagePullError
        assert lines == []

    def test_image_whose_entry_point_is_missing_does_not_start(
        self, containers: Containers
    ) -> None:
        image = IMAGE.format(tool="broken")
        containers.world.define("other", container={**CONTAINER, "image": image})

        job, _ = containers.run("", jobDefinition="other")

        assert job["statusReason"] == "Task failed to start"
        assert job["container"]["reason"].startswith("CannotStartContainerError: ")
        assert "exitCode" not in job["container"]
        assert "RUNNING" not in containers.world.states(job["jobId"])

    def test_nothing_of_a_job_stays_and_at_the_end_nothing_at_all(
        self, endpoint: str, engine: ContainerEngine
    ) -> None:
        before = left(engine)
        runner = container_runner(engine, {})
        with batch_world(endpoint, runner, grace_seconds=0.2) as world:
            world.define(container=CONTAINER)
            containers = Containers(engine, world)
            containers.run("print('done')")
            between = left(engine)
            containers.wait_for_line(containers.submit(IGNORES_SIGTERM), "ready")
        runner.close()

        assert len(between) == len(before) + 1, "the volume of the shared folder, and no container"
        assert left(engine) == before

    def test_killed_emulator_leaves_no_container_and_no_volume(
        self, engine: ContainerEngine, pytestconfig: pytest.Config
    ) -> None:
        before = left(engine)
        emulator = subprocess.Popen(
            [sys.executable, "-c", KILLED, engine.program, json.dumps(CONTAINER)],
            cwd=pytestconfig.rootpath,
            env={**os.environ, "PYTHONPATH": str(Path(pytestconfig.rootpath))},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert emulator.stdout is not None
        try:
            with emulator.stdout as output:
                assert output.readline() == "ready\n"
            assert len(left(engine)) == len(before) + 2
        finally:
            emulator.send_signal(signal.SIGKILL)
            emulator.wait()

        until(lambda: left(engine), lambda names: names == before)
