"""Whom AWS lets submit, tag and end jobs: the roles, judged as the emulator judges them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scripts.iam_policies import policies, statements
from seqstack.tools.registry import Tool
from tests.harness.permissions.needs import Known, needs
from tests.harness.permissions.policy import Need, Statement, allowing
from tests.harness.permissions.request import AwsCall

BATCH = "arn:aws:batch:us-east-1:123456789012"
OWN = {"seqstack:environment": "dev"}
TAGS = {**OWN, "seqstack:runId": "r1", "seqstack:step": "align", "seqstack:submitter": "core"}
QUEUES = ("highPriority", "lowPriority", "onDemand")
TERMINATORS = ("SubmitJobFunctionRole", "StopJobsFunctionRole", "SweepRunsFunctionRole")


@pytest.fixture(scope="module")
def roles(deployed) -> dict[str, list[Statement]]:
    found: dict[str, list[Statement]] = {}
    for policy in policies(deployed()):
        role, slash, _ = policy.where.partition("/")
        if slash:
            parsed = [Statement.parse(each) for each in statements(policy.document)]
            found.setdefault(role, []).extend(parsed)
    return found


def refused(
    roles: Mapping[str, list[Statement]],
    role: str,
    operation: str,
    there: Mapping[str, Mapping[str, str]],
    **parameters: Any,
) -> list[str]:
    """What the role may not do of what an operation needs; `there` has the tags of resources."""
    call = AwsCall("key", "us-east-1", "batch", operation, parameters)
    known = Known(lambda _token: None, lambda arn: there.get(arn, {}))
    return [str(need) for need in needs(call, known) if allowing(roles[role], need) is None]


def submissions() -> Iterator[dict[str, str]]:
    for tool in Tool:
        for queue in QUEUES:
            yield {
                "jobQueue": f"{BATCH}:job-queue/{queue}-dev",
                "jobDefinition": f"{BATCH}:job-definition/{tool.definition.folder}-dev:7",
            }


def test_submit_job_may_submit_every_tool_with_tags_to_every_queue(roles) -> None:
    tried = list(submissions())

    assert len(tried) == len(Tool) * len(QUEUES)
    for given in tried:
        assert refused(roles, "SubmitJobFunctionRole", "SubmitJob", {}, tags=TAGS, **given) == []


def test_submit_job_may_submit_whatever_tags_cloudformation_gave_the_stack(roles) -> None:
    # `sam deploy` with samconfig.toml's tags and an Environment of one's own
    given = next(submissions())
    of_the_stack = {arn: {"seqstack:environment": "other"} for arn in given.values()}

    assert (
        refused(roles, "SubmitJobFunctionRole", "SubmitJob", of_the_stack, tags=TAGS, **given) == []
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"jobDefinition": f"{BATCH}:job-definition/bwa-prod:7"},
        {"jobQueue": f"{BATCH}:job-queue/highPriority-prod"},
        {"tags": {**TAGS, "costCentre": "theirs"}},
    ],
    ids=str,
)
def test_submit_job_may_use_nothing_of_another_stack_and_no_tag_of_others(roles, changed) -> None:
    given = {"tags": TAGS, **next(submissions()), **changed}

    assert refused(roles, "SubmitJobFunctionRole", "SubmitJob", {}, **given) != []


@pytest.mark.parametrize("role", TERMINATORS)
@pytest.mark.parametrize(
    ("tags", "may"), [(OWN, True), ({"seqstack:environment": "prod"}, False), ({}, False)], ids=str
)
def test_only_own_jobs_may_be_terminated(roles, role, tags, may) -> None:
    there = {f"{BATCH}:job/1f": tags}

    assert (refused(roles, role, "TerminateJob", there, jobId="1f") == []) is may


def test_no_other_role_may_terminate_or_tag_or_submit(roles) -> None:
    for role, said in roles.items():
        actions = {action for each in said for action in each.actions}
        assert ("batch:TerminateJob" in actions) == (role in TERMINATORS), role
        for action in ("batch:SubmitJob", "batch:TagResource"):
            assert (action in actions) == (role == "SubmitJobFunctionRole"), role


def test_job_of_another_environment_cannot_be_made_ones_own(roles) -> None:
    asked = {f"aws:RequestTag/{key}": value for key, value in OWN.items()}
    theirs = {**asked, "aws:TagKeys": tuple(OWN), "aws:ResourceTag/seqstack:environment": "prod"}
    need = Need("batch:TagResource", f"{BATCH}:job/1f", theirs)

    assert allowing(roles["SubmitJobFunctionRole"], need) is None
