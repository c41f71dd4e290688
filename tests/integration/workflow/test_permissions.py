"""Every function's role allows its AWS calls, and little else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.harness.permissions.guard import Refusal
from tests.harness.permissions.roles import role_of_function, role_policies
from tests.harness.standing_clock import StandingClock
from tests.integration.workflow.everything import play_everything
from tests.support.samples import INPUTS
from tests.support.workflow_world import World, deployed_world

pytestmark = pytest.mark.long

_PARAMETERS = {
    "ReconcileSeconds": "15",  # enough for the sweep to be the first to see that an event is lost
    "InputBuckets": f"arn:aws:s3:::{INPUTS}",
    "ExpireFinishedRunsAfterDays": "30",
}
FUNCTIONS = {
    f"{name}-dev"
    for name in (
        *("validate_input", "submit_job", "get_job_status", "track_job", "finish_run"),
        *("validate_cohort", "close_cohort"),
        *("stop_jobs", "notify_run_end", "sweep_runs", "account_job", "account_runs", "api"),
    )
}
_RACE = "only concurrent calls need it, which this test can't produce"
_WAITING = "while another run waits for its folder, which test_own_results.py plays"
_HOLDER = "of a folder's holder that may be gone, which test_own_results.py plays"
_REDRIVE = "what only a redriven execution does, and the emulator redrives none"
_FOLDER = "Isaac's reference may be a folder in either bucket; this look is rarely at one"
_LARGE = "of a cohort's input that is too large for an event"
_LEFT = "of runs that Step Functions has not stopped with their cohort, which it tries"
_PREPARATION = "only runs of samples are refused or lost here; others are handled alike"
_VERSION = "AWS may name the version that a token is of; the emulator names the machine"
_JOINT = "a cohort starts its joint call here; a list of one's own goes by the API"
# What roles allow and nothing here asks for: function, `Sid`, action or resource, and the reason.
NOT_ASKED_FOR = {
    ("*", "", "sqs:SendMessage"): "Lambda sends dead letters itself, as the function",
    ("*", "", "arn:aws:sqs:*"): "Lambda sends dead letters itself, as the function",
    ("*", "ReadMarket", "ec2:DescribeInstanceTypes"): "for types newer than the packaged table",
    ("get_job_status-dev", "ListInputs", "*"): _FOLDER,
    ("get_job_status-dev", "ListResults", "*"): _FOLDER,
    ("sweep_runs-dev", "ListResults", "*"): _FOLDER,
    ("sweep_runs-dev", "CloseRun", "dynamodb:PutItem"): _RACE,
    ("submit_job-dev", "AnswerToken", "states:SendTaskFailure"): _RACE,
    ("submit_job-dev", "TerminateJob", "*"): _RACE,
    ("finish_run-dev", "WakeWaiting", "*"): _WAITING,
    ("get_job_status-dev", "WakeWaiting", "*"): _WAITING,
    ("stop_jobs-dev", "WakeWaiting", "*"): _WAITING,
    ("finish_run-dev", "FindExecution", "*"): _HOLDER,
    ("submit_job-dev", "FindExecution", "*"): _HOLDER,
    ("finish_run-dev", "ReopenRun", "*"): _REDRIVE,
    ("validate_cohort-dev", "ReadOwnInputs", "*/inputs/*"): "the sheet here is in another bucket",
    ("validate_cohort-dev", "FindRuns", "*/index/ByProject"): (
        "of a cohort with a project and no run that has succeeded, which test_cohort.py plays"
    ),
    ("account_job-dev", "SumCosts", "*"): "of a cohort with a budget, which test_cohort.py plays",
    ("account_runs-dev", "ReadPlots", "s3:GetObject"): "no job here draws plots",
    ("close_cohort-dev", "ReadCohort", "*"): _LARGE,
    ("close_cohort-dev", "StopRuns", "*"): _LEFT,
    ("*", "DescribeRun", "*:execution:prepare_reference-dev:*"): _PREPARATION,
    ("*", "DescribeRun", "*:execution:joint_calling-dev:*"): _PREPARATION,
    ("*", "FindExecution", "*:execution:joint_calling-dev:*"): _PREPARATION,
    ("*", "AnswerToken", "*:stateMachine:run_batch_job-dev:*"): _VERSION,
    ("*", "WakeWaiting", "*:stateMachine:run_batch_job-dev:*"): _VERSION,
    ("api-dev", "StartRun", "*:stateMachine:joint_calling-dev"): _JOINT,
    ("api-dev", "FollowRun", "*:execution:joint_calling-dev:*"): _JOINT,
    ("submit_job-dev", "SubmitJob", "arn:aws:batch:*:job-definition/*-dev:*"): (
        "no run here uses every tool"
    ),
}


@dataclass(frozen=True)
class Played:
    """What was refused while everything happened, and what each role allowed for nothing."""

    refused: list[Refusal]
    callers: set[str]
    unused: dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def deployed(alone: None) -> Iterator[World]:
    with deployed_world(_PARAMETERS, clock=StandingClock(), check_permissions=True) as world:
        yield world


@pytest.fixture(scope="module")
def played(deployed: World) -> Played:
    permissions = deployed.emulator.permissions
    try:
        play_everything(deployed)
    except Exception as error:
        for refused in sorted({str(refusal) for refusal in permissions.refused}):
            error.add_note(refused)
        raise
    return Played(
        permissions.refused,
        {use.caller.name for use in permissions.uses},
        {function: list(permissions.unused(role_of_function(function))) for function in FUNCTIONS},
    )


def put_policy(world: World, role: str, name: str, document: dict[str, Any]) -> None:
    world.emulator.client("iam").put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document)
    )


def test_no_function_asks_for_what_its_role_does_not_allow(played: Played) -> None:
    assert played.callers == FUNCTIONS
    assert sorted({str(refusal) for refusal in played.refused}) == []


def test_no_role_allows_what_its_function_does_not_ask_for(played: Played) -> None:
    unexplained = [
        (function, sid, idle)
        for function, unused in sorted(played.unused.items())
        for sid, idle in unused
        if not any(
            fnmatchcase(function, known) and sid == its_sid and fnmatchcase(idle, pattern)
            for known, its_sid, pattern in NOT_ASKED_FOR
        )
    ]

    assert unexplained == []


def test_permission_that_is_taken_away_is_missed_by_its_name(deployed: World) -> None:
    role = deployed.emulator.resources["SweepRunsFunctionRole"]
    iam = deployed.emulator.client("iam")
    (name,) = (
        each for each in iam.list_role_policies(RoleName=role)["PolicyNames"] if each.endswith("0")
    )
    (whole,) = (dict(each) for each in role_policies(role) if "FindRuns" in str(each))
    left = [each for each in whole["Statement"] if each["Sid"] != "FindRuns"]
    assert len(left) == len(whole["Statement"]) - 1

    put_policy(deployed, role, name, whole | {"Statement": left})
    answer = deployed.emulator.client("lambda").invoke(FunctionName="sweep_runs-dev", Payload=b"{}")
    put_policy(deployed, role, name, whole)

    table = deployed.emulator.outputs["LedgerTableName"]
    index = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/index/ByState"
    assert "AccessDeniedException" in answer["Payload"].read().decode()
    assert str(deployed.emulator.permissions.refused[-1]) == (
        f"sweep_runs-dev may not do dynamodb:Query on {index}"
    )


def test_permission_for_nothing_is_noticed(deployed: World) -> None:
    role = deployed.emulator.resources["SweepRunsFunctionRole"]
    statement = {
        "Sid": "Extra",
        "Effect": "Allow",
        "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::elsewhere/*",
    }
    put_policy(deployed, role, "extra", {"Version": "2012-10-17", "Statement": [statement]})

    unused = set(deployed.emulator.permissions.unused(role))

    deployed.emulator.client("iam").delete_role_policy(RoleName=role, PolicyName="extra")
    assert unused >= {("Extra", "s3:DeleteObject"), ("Extra", "arn:aws:s3:::elsewhere/*")}
