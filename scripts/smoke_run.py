"""Test a deployed stack with a small run: python scripts/smoke_run.py --config-env stage.

First makes the checks of `seqstack doctor`, the account's quotas among them. Then uploads an exome
with known variants to the stack's bucket, below `inputs/`, prepares its reference, runs the
workflow, and compares its results with the known variants. Then it removes its files from the
bucket; the ledger keeps the runs. Exits 0 if the runs succeeded and every bound was met, 1 if not,
2 if there is no such stack or a check failed. On AWS, hosts have to start first: it takes about
half an hour and costs a few cents.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.commands.doctor import examine, show
from cli.doctor.checks import Health
from cli.options import Options
from cli.screen.console import HarmlessConsole
from cli.screen.run_table import print_run
from cli.screen.views import RunView
from cli.session import Session
from demo.evaluation.accuracy import print_accuracy
from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL
from emulator.commands.demo import sample_of
from emulator.staging import stage_reads, stage_reference
from emulator.watch import awaited_report, fetch_results, follow_run, start_run, stop_run
from scripts.deployed_stack import DeployedStack
from scripts.samconfig import deployed_environment
from seqstack.adapters.ledger import Ledger
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.s3uri import S3Uri
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the run may take, and how often to check it."""

    minutes: float
    look_seconds: float


class TooSlowError(RuntimeError):
    """The run was stopped because it took too long."""


def is_ready(stack_name: str, console: Console) -> bool:
    """Print the checks of `seqstack doctor`; True if none failed. An emulator has no quotas."""
    leave_out = {"quotas"} if os.environ.get("AWS_ENDPOINT_URL") else set()
    ready = True
    for check in examine(Session(Options(stack=stack_name)), leave_out):
        show(console, check)
        ready = ready and check.health is not Health.FAILED
    return ready


def smoke_run(
    stack: DeployedStack, exome: DemoExome, work: Path, console: Console, limits: Limits
) -> bool:
    """Run the workflows and print the results; True if the run succeeded and met every bound.

    Raises:
        TooSlowError: the run took too long, and was stopped.
    """
    run_id = f"smoke-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    bucket = stack.outputs["ResultsBucketName"]
    inputs, results = S3Uri(bucket, f"inputs/smoke/{run_id}/"), S3Uri(bucket, f"smoke/{run_id}/")
    reference = S3Uri(bucket, f"references/{run_id}/")
    s3 = stack.client("s3")
    ledger = Ledger(stack.outputs["LedgerTableName"], stack.dynamodb())
    try:
        sample = sample_of(exome)
        staged = stage_reference(sample, s3, inputs, run_id)
        document = stage_reads(sample, s3, inputs, work) | staged.keys
        document |= {"resultsS3Path": str(results), "cache": False}
        follow = partial(_followed, stack, ledger, console, limits)
        if staged.preparation:
            prepared = follow(f"{run_id}-reference", staged.preparation, PREPARE_REFERENCE.name)
            if not _succeeded(prepared, console):
                return False
        if not _succeeded(follow(run_id, document, SECONDARY_ANALYSIS.name), console):
            return False
        fetch_results(s3, ledger, run_id, work / "results")
        missed = print_accuracy(console, evaluate(exome, RunFiles.of(work / "results")), Bounds())
        console.print(
            "Below the bounds: " + "; ".join(missed) if missed else "Every bound was met."
        )
        return not missed
    finally:
        with suppress(UnknownRunError):  # the run may not have begun
            awaited_report(ledger, ledger.run(run_id))  # else it comes after the removal
        for folder in (inputs, reference, results):
            remove(s3, folder)


def remove(s3: Any, folder: S3Uri) -> None:
    """Remove every version of every object below a folder."""
    pages = s3.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=folder.bucket, Prefix=folder.key):
        versions = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        if versions:
            s3.delete_objects(Bucket=folder.bucket, Delete={"Objects": versions, "Quiet": True})


def _succeeded(view: RunView, console: Console) -> bool:
    """Print a run that has ended."""
    print_run(console, view)
    return view.succeeded


def _followed(
    stack: DeployedStack,
    ledger: Ledger,
    console: Console,
    limits: Limits,
    run_id: str,
    document: dict[str, Any],
    workflow: str,
) -> RunView:
    """Start a run and wait for its end; print each change of a step's state."""
    arn = start_run(stack, run_id, document, workflow)
    console.print(f"Run {run_id} has started")
    began, seen = time.monotonic(), dict[str, str]()

    def show(view: RunView) -> None:
        minutes = (time.monotonic() - began) / 60
        for step in view.steps:
            if seen.get(step.step) != step.state:
                seen[step.step] = step.state
                console.print(f"  after {minutes:4.1f} min: {step.step} {step.state}")
        if minutes > limits.minutes and not view.has_ended:
            raise TooSlowError(f"run {run_id} took more than {limits.minutes:g} minutes")

    try:
        return follow_run(stack, ledger, arn, show, lambda: time.sleep(limits.look_seconds))
    except (KeyboardInterrupt, TooSlowError):
        stop_run(stack, arn)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Test the stack; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config-env", default="default", help="environment of samconfig.toml")
    parser.add_argument("--stack", help="the stack's name, instead of samconfig.toml's")
    parser.add_argument("--minutes", type=float, default=90, help="stop a run that takes longer")
    parser.add_argument("--look-seconds", type=float, default=10, help="how often to look at it")
    options = parser.parse_args(arguments)
    console = HarmlessConsole(width=_WIDTH)
    try:
        name = options.stack
        if not name:
            environment = deployed_environment(options.config_env)
            os.environ.update(environment.variables)
            name = environment.stack
        stack = DeployedStack(name)
        if not stack.outputs:
            console.print(f"There is no stack {stack.name}: deploy it first")
            return 2
        if not is_ready(stack.name, console):
            console.print("Nothing was started: first see to what failed above")
            return 2
        limits = Limits(options.minutes, options.look_seconds)
        with closing(stack), tempfile.TemporaryDirectory(prefix="seqstack-") as work:
            exome = generate(SMALL, Path(work, "input"))
            return 0 if smoke_run(stack, exome, Path(work), console, limits) else 1
    except TooSlowError as error:
        console.print(str(error))
        return 1
    except (ValueError, Boto3Error, BotoCoreError, ClientError) as error:
        console.print(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
