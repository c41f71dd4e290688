"""Starting and ending: what the emulator takes, it gives back, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from moto.core.config import default_user_config
from moto.stepfunctions.parser.backend.execution import Execution

from tests.harness.emulator import Emulator
from tests.harness.standing_clock import StandingClock
from tests.support.small_stack import TEMPLATE, SmallStack
from tests.support.waiting import until

REPOSITORY = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 600  # it ends what hangs
BUSY = {"mode": "fail", "how": "sleep"}

# Starts the emulator, makes a function's worker busy, says so, and waits for what the test does.
PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from emulator.stack import Emulator
    with Emulator(Path(sys.argv[1])) as emulator:
        emulator.client("lambda").invoke(FunctionName="echo-test", Payload="{}")
        (emulator.temporary_folder("inputs") / "reads.fastq").write_text("")
        print("ready", flush=True)
        if sys.argv[2] == "raise":
            raise ValueError("on purpose")
        for _ in range(600):  # a signal just before a sleep does not cut it short
            time.sleep(0.1)
    """
)

# Starts a job that ignores SIGTERM and has a child of its own and one with its own session.
JOB = textwrap.dedent(
    """
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    children = [subprocess.Popen(["sleep", "300"], start_new_session=own) for own in (0, 1)]
    print(os.getpid(), *(child.pid for child in children), flush=True)
    time.sleep(300)
    """
)
JOB_PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from emulator import stack
    stack._REPOSITORY = Path(sys.argv[3]).parent
    with stack.Emulator(Path(sys.argv[1])) as emulator:
        print("ready", flush=True)
        batch = emulator.client("batch")
        role = emulator.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")
        environment = batch.create_compute_environment(
            computeEnvironmentName="spot", type="UNMANAGED", state="ENABLED",
            serviceRole=role["Role"]["Arn"],
        )["computeEnvironmentArn"]
        batch.create_job_queue(
            jobQueueName="low", priority=1, state="ENABLED",
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}],
        )
        batch.register_job_definition(
            jobDefinitionName="tool", type="container",
            containerProperties={"image": "tool", "vcpus": 1, "memory": 64},
        )
        logs = emulator.client("logs")
        logs.create_log_group(logGroupName="/aws/batch/job")
        batch.submit_job(jobName="job", jobQueue="low", jobDefinition="tool")
        while not (events := logs.filter_log_events(logGroupName="/aws/batch/job")["events"]):
            time.sleep(0.05)
        print(events[0]["message"], flush=True)
        time.sleep(60)
    """
)
# Makes a worker busy for longer than the test looks.
BUSY_PROGRAM = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from emulator.stack import Emulator
    with Emulator(Path(sys.argv[1])) as emulator:
        emulator.client("lambda").invoke(FunctionName="echo-test", Payload="{}")
        emulator.lambda_.invoke_async("echo-test", b'{"seconds": 300}')
        logs = emulator.client("logs")
        while len(logs.filter_log_events(
            logGroupName="/aws/lambda/echo-test", filterPattern="echoing"
        )["events"]) < 2:
            time.sleep(0.05)
        print("ready", flush=True)
        time.sleep(60)
    """
)


def children_of(pid: int) -> set[int]:
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.add(int(folder.name))
    return found


def descendants_of(pid: int) -> set[int]:
    """Workers are forked by a child."""
    children = children_of(pid)
    return children.union(*map(descendants_of, children))


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_close_leaves_no_thread_no_process_and_no_changed_environment() -> None:
    threads = set(threading.enumerate())
    children = children_of(os.getpid())
    environment = dict(os.environ)
    with Emulator(TEMPLATE) as emulator:
        stack = SmallStack(emulator)
        stack.run(stack.parent, {"first": "greet", "left": "greet", "right": "greet"})
        stack.start(stack.child, {"mode": "park", "key": "left-waiting"})
        stack.start(stack.child, {"mode": "wait"})
        stack.start(stack.child, BUSY)
        emulator.client("lambda").invoke(
            FunctionName="fail-test", Payload="{}", InvocationType="Event"
        )
        stack.token("left-waiting")
        assert children_of(os.getpid()) > children
    assert children_of(os.getpid()) == children
    until(lambda: set(threading.enumerate()) - threads, lambda left: not left)
    assert dict(os.environ) == environment


def test_close_gives_moto_back_as_it_was() -> None:
    start, lambda_config = Execution.start, default_user_config["lambda"]
    with Emulator(TEMPLATE):
        assert Execution.start is not start
    assert Execution.start is start
    assert default_user_config["lambda"] is lambda_config


def test_close_waits_for_no_limit_of_the_work_in_hand() -> None:
    clock = StandingClock()
    with Emulator(TEMPLATE, {"Patience": "100000"}, clock=clock) as emulator:
        stack = SmallStack(emulator, clock)
        stack.start(stack.child, BUSY)
        stack.start(stack.child, {"mode": "park", "key": "in-hand"})
        stack.token("in-hand")
    assert clock.monotonic() < 600


def test_next_emulator_knows_nothing_of_the_last() -> None:
    with Emulator(TEMPLATE) as emulator:
        emulator.client("s3").create_bucket(Bucket="of-the-first")
    with Emulator(TEMPLATE) as emulator:
        names = [bucket["Name"] for bucket in emulator.client("s3").list_buckets()["Buckets"]]
    assert "of-the-first" not in names


def test_second_emulator_at_the_same_time_is_refused() -> None:
    with Emulator(TEMPLATE) as first:
        with pytest.raises(RuntimeError, match="another emulator"), Emulator(TEMPLATE):
            pass
        assert first.client("s3").list_buckets()["Buckets"]


def test_port_can_be_chosen_and_a_taken_one_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
            Emulator(TEMPLATE, port=port).__enter__()
    with Emulator(TEMPLATE, port=port) as emulator:
        assert emulator.endpoint_url == f"http://127.0.0.1:{port}"


def start_program(
    how: str, temporary: Path, text: str = PROGRAM, *more: str
) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)}
    # Without job control a shell starts what runs behind it with SIGINT ignored.
    hears_sigint = ("/usr/bin/env", "--default-signal=INT")
    program = subprocess.Popen(
        [*hears_sigint, sys.executable, "-c", text, str(TEMPLATE), how, *more],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline().strip() == "ready", program.communicate()[1]
    return program


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_signal_ends_the_emulator_and_every_worker(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    program = start_program("wait", tmp_path)
    workers = descendants_of(program.pid)
    assert workers
    program.send_signal(number)
    program.communicate(timeout=LIMIT_SECONDS)
    assert program.returncode == status
    until(lambda: [pid for pid in workers if alive(pid)], lambda left: not left)
    until(lambda: list(tmp_path.iterdir()), lambda left: left == [])


@pytest.mark.long
def test_killed_emulator_takes_its_jobs_and_all_they_started_with_it(tmp_path: Path) -> None:
    containers = tmp_path / "containers"
    (containers / "tool").mkdir(parents=True)
    (containers / "tool/run_tool.py").write_text(JOB)
    program = start_program("job", tmp_path, JOB_PROGRAM, str(containers))
    assert program.stdout is not None
    pids = [int(pid) for pid in program.stdout.readline().split()]
    assert len(pids) == 3
    assert all(alive(pid) for pid in pids)
    program.kill()
    program.communicate(timeout=LIMIT_SECONDS)
    until(lambda: [pid for pid in pids if alive(pid)], lambda left: not left)
    until(lambda: list(tmp_path.iterdir()), lambda left: left == [containers])


@pytest.mark.long
def test_killed_emulator_takes_a_busy_function_with_it(tmp_path: Path) -> None:
    program = start_program("busy", tmp_path, BUSY_PROGRAM)
    workers = descendants_of(program.pid)
    program.kill()
    program.communicate(timeout=LIMIT_SECONDS)
    until(lambda: [pid for pid in workers if alive(pid)], lambda left: not left)


@pytest.mark.long
def test_exception_in_the_body_ends_every_worker_and_is_not_hidden(tmp_path: Path) -> None:
    program = start_program("raise", tmp_path)
    errors = program.communicate(timeout=LIMIT_SECONDS)[1]
    assert program.returncode == 1
    assert "ValueError: on purpose" in errors
    assert children_of(program.pid) == set()
    assert list(tmp_path.iterdir()) == []
