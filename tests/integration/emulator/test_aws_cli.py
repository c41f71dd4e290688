"""The real AWS CLI against the emulator's port, as the original workflow was started."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.small_stack import SmallStack
from tests.support.waiting import until

AWS = Path(sys.executable).with_name("aws")


def aws(stack: SmallStack, *arguments: str, cwd: Path | None = None) -> Any:
    endpoint = stack.emulator.endpoint_url
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        **stack.emulator.environment,
    }
    done = subprocess.run(
        [AWS, *arguments, "--endpoint-url", endpoint, "--output", "json"],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def test_start_execution_with_an_input_file_runs_to_its_end(stack, tmp_path) -> None:
    (tmp_path / "input.states.json").write_text('{"mode": "greet"}')
    started = aws(
        stack,
        "stepfunctions",
        "start-execution",
        "--state-machine-arn",
        stack.child,
        "--input",
        "file://input.states.json",
        cwd=tmp_path,
    )
    described = until(
        lambda: aws(
            stack,
            "stepfunctions",
            "describe-execution",
            "--execution-arn",
            started["executionArn"],
        ),
        lambda answer: answer["status"] != "RUNNING",
    )
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"])["said"]["greeting"] == "hello"


def test_history_of_a_failure_can_be_read(stack: SmallStack) -> None:
    execution = stack.run(stack.child, {"mode": "fail"})["executionArn"]
    history = aws(stack, "stepfunctions", "get-execution-history", "--execution-arn", execution)
    assert history["events"][-1]["type"] == "ExecutionFailed"
    assert history["events"][-1]["executionFailedEventDetails"]["error"] == "BrokenInputError"


def test_files_are_copied_to_a_bucket_and_back(stack: SmallStack, tmp_path: Path) -> None:
    bucket = stack.emulator.resources["Bucket"]
    content = os.urandom(9 * 1024 * 1024)  # more than the CLI sends in one part
    (tmp_path / "there").write_bytes(content)
    aws(stack, "s3", "cp", str(tmp_path / "there"), f"s3://{bucket}/a/b")
    aws(stack, "s3", "cp", f"s3://{bucket}/a/b", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_stack_is_described_with_its_outputs(stack: SmallStack) -> None:
    described = aws(stack, "cloudformation", "describe-stacks", "--stack-name", "seqstack")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0]["Outputs"]}
    assert outputs == stack.emulator.outputs
