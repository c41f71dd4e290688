"""Try on a real account what only AWS can tell: python scripts/first_hour.py.

Deploys a stack of its own (`first` in samconfig.toml), runs a small sample, changes the stack while
a job runs, stops a run, and removes the stack with all that it keeps. Prints for each fact of
docs/aws-facts.md whether it held. It takes about an hour and costs about a dollar. Exits 0 if no
fact failed, 1 if one did, 2 if it could not start. With AWS_ENDPOINT_URL set to an emulator, it
tries what needs no deployment, on the emulator's stack.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

import image_modules
from cli.screen.console import HarmlessConsole
from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL
from scripts import release
from scripts.api_probe import unsigned_status
from scripts.deployed_stack import DeployedStack
from scripts.first_hour_jobs import IDLE, start_idle_job, wait_for, wait_for_stopped_run
from scripts.samconfig import deployed_environment
from scripts.smoke_run import Limits, TooSlowError, remove, smoke_run
from seqstack.domain.s3uri import S3Uri

_WIDTH: Final = 100
_ENVIRONMENT: Final = "first"
_HOSTS: Final = ("SpotComputeEnvironment", "OnDemandComputeEnvironment")
_QUEUES: Final = ("HighPriorityQueue", "LowPriorityQueue", "OnDemandQueue")
_SERVICE_LINKED: Final = ":role/aws-service-role/batch.amazonaws.com/"
# A public OpenID provider, whose configuration API Gateway can read.
_ISSUER: Final = "https://token.actions.githubusercontent.com"
_UNAUTHORIZED: Final = 401
_OF_AWS: Final = (Boto3Error, BotoCoreError, ClientError)

type Deploy = Callable[..., None]
"""Deploys the stack with further parameters and tags; raises CalledProcessError."""


class NotHeldError(Exception):
    """AWS did otherwise; the message says what."""


class NotHereError(Exception):
    """The fact needs an account of AWS."""


@dataclass(slots=True)
class Hour:
    """What the facts are tried on. `deploy` and `delete` are None on an emulator."""

    name: str
    exome: DemoExome
    work: Path
    console: Console
    limits: Limits
    deploy: Deploy | None = None
    delete: Callable[[], None] | None = None

    @contextmanager
    def stack(self) -> Iterator[DeployedStack]:
        """The stack as it is now."""
        stack = DeployedStack(self.name)
        try:
            yield stack
        finally:
            stack.close()

    def resources(self) -> dict[str, str]:
        """The physical ids of the stack's resources."""
        with self.stack() as stack:
            pages = stack.client("cloudformation").get_paginator("list_stack_resources")
            return {
                each["LogicalResourceId"]: each["PhysicalResourceId"]
                for page in pages.paginate(StackName=self.name)
                for each in page["StackResourceSummaries"]
                if "PhysicalResourceId" in each
            }

    def change(self, *parameters: str, tags: Sequence[str] = ()) -> float:
        """Deploy with further parameters; return the minutes that it took."""
        if self.deploy is None:
            raise NotHereError("an emulator's stack can't be changed")
        began = time.monotonic()
        try:
            self.deploy(*parameters, tags=tags)
        except (subprocess.CalledProcessError, release.NotFoundError) as error:
            raise NotHeldError(f"the deployment failed: {error}") from error
        return (time.monotonic() - began) / 60


def deploys(hour: Hour) -> str:
    """Create the stack."""
    return f"in {hour.change():.0f} minutes"


def service_role(hour: Hour) -> str:
    """Both compute environments are valid, under Batch's service-linked role."""
    made = hour.resources()
    with hour.stack() as stack:
        found = stack.client("batch").describe_compute_environments(
            computeEnvironments=[made[name] for name in _HOSTS]
        )["computeEnvironments"]
    for environment in found:
        if _SERVICE_LINKED not in environment["serviceRole"] or environment["status"] != "VALID":
            raise NotHeldError(f"{environment['status']}, role {environment['serviceRole']}")
    return str(found[0]["serviceRole"].rpartition("/")[2])


def runs(hour: Hour) -> str:
    """A small sample is analysed, and its results meet the bounds."""
    with hour.stack() as stack:
        if not smoke_run(stack, hour.exome, hour.work / "runs", hour.console, hour.limits):
            raise NotHeldError("the run failed, or missed a bound")
    return "every bound was met"


def stops(hour: Hour) -> str:
    """Stopping a run ends its job in Batch."""
    with hour.stack() as stack:
        job = wait_for_stopped_run(stack, hour.exome, hour.work / "stops", hour.limits)
    if job["status"] != "FAILED":
        raise NotHeldError(f"its job is {job['status']}")
    return f"its job is FAILED: {job.get('statusReason', '')}"


def keeps_jobs(hour: Hour) -> str:
    """A change of the hosts keeps the compute environments, and the hosts of running jobs."""
    if hour.deploy is None:
        raise NotHereError("an emulator's stack can't be changed")
    before = hour.resources()
    with hour.stack() as stack:
        batch = stack.client("batch")
        job = start_idle_job(stack, before["HighPriorityQueue"])
        try:
            host = wait_for(batch, job, {"RUNNING"}, hour.limits)["container"][
                "containerInstanceArn"
            ]
            minutes = hour.change("InstanceTypes=c6id,m6id")
            (after,) = batch.describe_jobs(jobs=[job])["jobs"]
        finally:
            batch.terminate_job(jobId=job, reason="no longer needed")
    replaced = [name for name in _HOSTS if hour.resources()[name] != before[name]]
    if replaced:
        raise NotHeldError(f"{', '.join(replaced)} replaced")
    if after["status"] == "SUCCEEDED":
        raise NotHeldError(f"the update waited for the job, {IDLE // 60} minutes")
    if after["status"] != "RUNNING" or after["container"]["containerInstanceArn"] != host:
        raise NotHeldError(f"the job is {after['status']}: {after.get('statusReason', '')}")
    return f"the job kept its host; the update took {minutes:.0f} minutes"


def takes_tags(hour: Hour) -> str:
    """A new tag of the stack changes the queues in place."""
    before = hour.resources()
    hour.change(tags=("seqstack:first-hour=2",))
    after = hour.resources()
    replaced = [name for name in (*_QUEUES, *_HOSTS) if after[name] != before[name]]
    if set(replaced) & set(_QUEUES):
        raise NotHeldError(f"{', '.join(replaced)} replaced")
    return f"replaced: {', '.join(replaced) or 'nothing'}"


def takes_tokens(hour: Hour) -> str:
    """The API takes tokens of an issuer, and refuses requests without one."""
    hour.change(f"ApiTokenIssuer={_ISSUER}", "ApiTokenAudience=seqstack")
    api = hour.resources()["HttpApi"]
    with hour.stack() as stack:
        found = stack.client("apigatewayv2").get_authorizers(ApiId=api)["Items"]
        status = unsigned_status(f"{stack.outputs['ApiUrl']}/runs")
    if [each["AuthorizerType"] for each in found] != ["JWT"] or status != _UNAUTHORIZED:
        raise NotHeldError(f"authorizers {found}, answer {status}")
    return "one JWT authorizer; 401 without a token"


def goes_away(hour: Hour) -> str:
    """The stack can be deleted, and what it keeps after that."""
    if hour.delete is None:
        raise NotHereError("an emulator ends with its process")
    made = hour.resources()
    hour.delete()
    kept = []
    with hour.stack() as stack:
        if stack.outputs:
            raise NotHeldError("the stack is still there")
        s3 = stack.client("s3")
        for bucket in (made["ResultsBucket"], made["AccessLogBucket"]):
            remove(s3, S3Uri(bucket, ""))
            s3.delete_bucket(Bucket=bucket)
            kept.append(bucket)
        stack.client("dynamodb").delete_table(TableName=made["LedgerTable"])
    return f"it kept, and the script removed, {', '.join(kept)} and {made['LedgerTable']}"


FACTS: Final[dict[str, Callable[[Hour], str]]] = {
    "deploys": deploys,
    "service-role": service_role,
    "runs": runs,
    "stops": stops,
    "keeps-jobs": keeps_jobs,
    "takes-tags": takes_tags,
    "takes-tokens": takes_tokens,
    "goes-away": goes_away,
}


def try_all(hour: Hour) -> bool:
    """Try every fact, print what held, and return False if one did not."""
    failed = []
    for name, fact in FACTS.items():
        if "deploys" in failed and name != "goes-away":
            continue
        try:
            outcome = f"held: {fact(hour)}"
        except NotHereError as error:
            outcome = f"only AWS can tell: {error}"
        except (NotHeldError, TooSlowError, KeyError, *_OF_AWS) as error:
            failed.append(name)
            outcome = f"DID NOT HOLD: {error}"
        hour.console.print(f"{name:14}{outcome}")
    return not failed


def on_aws(hour: Hour, run: release.Run) -> Hour:
    """The hour with a stack of its own, which it deploys and deletes."""
    environment = deployed_environment(_ENVIRONMENT)
    os.environ.update(environment.variables)
    role, tag = os.environ.get("CLOUDFORMATION_ROLE", ""), release.image_tag()

    def deploy(*parameters: str, tags: Sequence[str] = ()) -> None:
        changed = replace(environment, parameters=(*environment.parameters, *parameters))
        release.release(changed, tag, image_modules.tools(), role, run, tags)

    sam = str(Path(sys.executable).with_name("sam"))

    def delete() -> None:
        run([sam, "delete", "--stack-name", environment.stack, "--no-prompts"], {})

    return replace(hour, name=environment.stack, deploy=deploy, delete=delete)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the facts; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="seqstack-dev", help="the emulator's stack")
    parser.add_argument("--look-seconds", type=float, default=10, help="how often to look")
    options = parser.parse_args(arguments)
    console = HarmlessConsole(width=_WIDTH)
    with tempfile.TemporaryDirectory(prefix="seqstack-") as work:
        exome = generate(SMALL, Path(work, "input"))
        limits = Limits(90, options.look_seconds)
        hour = Hour(options.stack, exome, Path(work), console, limits)
        try:
            if "AWS_ENDPOINT_URL" not in os.environ:
                hour = on_aws(hour, release.run_command)
        except (ValueError, release.UncommittedError, image_modules.ContentsError) as error:
            console.print(str(error))
            return 2
        return 0 if try_all(hour) else 1


if __name__ == "__main__":
    sys.exit(main())
