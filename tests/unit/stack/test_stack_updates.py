"""What changing a parameter or a tag replaces: docs/operations.md has all of it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import permutations
from typing import Any

import botocore.session
import pytest

from scripts.cfn_translation import translate
from scripts.stack_updates import Update, tag_update, update, updates_in_place
from tests.unit.stack.conftest import ROOT

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
POLICY = "arn:aws:iam::123456789012:policy/boundary"
# Every parameter, and values between which it changes what the stack is.
VALUES = {
    "Environment": ["dev", "prod"],
    "ImageTag": ["0.1.0", "0.2.0"],
    "PermissionsBoundary": ["", POLICY, f"{POLICY}2"],
    "InputBuckets": ["", "arn:aws:s3:::reads", "arn:aws:s3:::reads,arn:aws:s3:::more"],
    "InputKeys": ["", KEY],
    "EncryptionKey": ["", "create", KEY],
    "ExpireIntermediatesAfterDays": ["0", "30", "60"],
    "QueryMaxBytes": ["200000000000", "10000000"],
    "InstanceTypes": ["", "c6id"],
    "MaxSpotVcpus": ["256", "512"],
    "MaxOnDemandVcpus": ["64", "128"],
    "OnDemandFallback": ["none", "highPriority", "both"],
    "ScratchGiBPerVcpu": ["45", "50"],
    "MaxScratchGiB": ["1440", "720"],
    "ScratchVolumeGiB": ["0", "720", "1440"],
    "Network": ["public", "private", "existing"],
    "AvailabilityZones": ["2", "3"],
    "VpcId": ["vpc-0a1b2c3d", "vpc-0a1b2c3e"],
    "SubnetIds": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "JobTimeoutSeconds": ["86400", "172800"],
    "ReconcileSeconds": ["900", "60"],
    "CohortConcurrency": ["100", "200"],
    "CohortToleratedFailures": ["100", "5"],
    "DefaultQcGates": ["{}", '{"alignedRate": {"min": 0.9}}'],
    "ApiTokenIssuer": ["", "https://a.example.org", "https://b.example.org"],
    "ApiTokenAudience": ["a", "a,b"],
    "ConfineCallersBy": ["", "project"],
    "ApiRequestsPerSecond": ["50", "100"],
    "ApiBurst": ["100", "200"],
    "NotificationEmail": ["", "a@example.org", "b@example.org"],
    "AlarmEmail": ["", "a@example.org", "b@example.org"],
    "ExpireFinishedRunsAfterDays": ["0", "30"],
    "LogRetentionDays": ["30", "90"],
    "LogLevel": ["INFO", "DEBUG"],
}
# The other parameters that a value comes with.
WITH = {
    "existing": {"VpcId": "vpc-0a1b2c3d", "SubnetIds": "subnet-0a1b2c3d"},
    "VpcId": {"Network": "existing", "SubnetIds": "subnet-0a1b2c3d"},
    "SubnetIds": {"Network": "existing", "VpcId": "vpc-0a1b2c3d"},
    "ApiTokenAudience": {"ApiTokenIssuer": "https://a.example.org"},
}
TAG = "a tag of the stack"
ENVIRONMENTS = {"SpotComputeEnvironment", "OnDemandComputeEnvironment"}
# What jobs run on, and what runs run in: their replacement ends them.
CARRIERS = {
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobQueue",
    "AWS::Lambda::Function",
    "AWS::StepFunctions::StateMachine",
}


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    return translate(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def done(body: dict[str, Any]) -> dict[str, Update]:
    """What all changes of each parameter do."""
    return {parameter: updates(body, parameter) for parameter in VALUES}


@pytest.fixture
def changed(body: dict[str, Any]) -> dict[str, Any]:
    """A copy, to put a fault into."""
    return deepcopy(body)


def updates(body: dict[str, Any], parameter: str) -> Update:
    """What all changes of a parameter do, together."""
    found = [
        update(
            body,
            *(
                {**WITH.get(parameter, {}), **WITH.get(value, {}), parameter: value}
                for value in pair
            ),
        )
        for pair in permutations(VALUES[parameter], 2)
    ]
    return Update(*(frozenset().union(*kind) for kind in zip(*map(_sets, found), strict=True)))


def _sets(found: Update) -> tuple[frozenset[str], ...]:
    return found.replaced, found.removed, found.refused


def table() -> Iterator[tuple[str, list[set[str]]]]:
    """Each row of the page's table: the change, and the types replaced, removed and refused."""
    page = (ROOT / "docs/operations.md").read_text()
    section = page.partition("\n## What an update replaces\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        change, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and change not in {"you change", "---"}:
            yield change.strip("`"), [set(re.findall(r"`([\w:]+)`", cell)) for cell in cells[:3]]


def kinds(body: dict[str, Any], names: frozenset[str]) -> set[str]:
    return {body["Resources"][name]["Type"].removeprefix("AWS::") for name in names}


def test_values_are_those_of_every_parameter(body):
    assert VALUES.keys() == body["Parameters"].keys()


def test_page_has_every_replacement_and_no_other(body, done):
    expected = {
        change: [kinds(body, names) for names in _sets(found)]
        for change, found in {**done, TAG: tag_update(body)}.items()
        if found.replaced or found.removed
    }

    assert dict(table()) == expected


def test_nothing_that_carries_jobs_or_runs_is_replaced_but_by_a_new_environment_or_tag(body, done):
    ends = {
        parameter
        for parameter, found in done.items()
        for name in found.replaced
        if body["Resources"][name]["Type"] in CARRIERS
    }

    assert ends == {"Environment"}
    assert tag_update(body).replaced == ENVIRONMENTS


def test_results_ledger_and_key_are_never_replaced(done):
    kept = {"ResultsBucket", "AccessLogBucket", "LedgerTable", "DataKey"}

    for parameter, found in done.items():
        assert not found.replaced & kept, parameter


def own_service_role(environment):
    environment["ServiceRole"] = "arn:aws:iam::123456789012:role/batch"


def replacement_by_default(environment):
    del environment["ReplaceComputeEnvironment"]


def best_fit(environment):
    environment["ComputeResources"]["AllocationStrategy"] = "BEST_FIT"


@pytest.mark.parametrize("fault", [own_service_role, replacement_by_default, best_fit])
@pytest.mark.parametrize("parameter", ["InstanceTypes", "ScratchVolumeGiB", "AvailabilityZones"])
def test_hosts_that_batch_cannot_update_in_place_are_found(changed, fault, parameter):
    for name in ENVIRONMENTS:
        fault(changed["Resources"][name]["Properties"])

    assert updates(changed, parameter).replaced >= ENVIRONMENTS


def test_environment_with_a_name_would_block_tags(changed):
    for name in ENVIRONMENTS:
        changed["Resources"][name]["Properties"]["ComputeEnvironmentName"] = name

    assert tag_update(changed).refused == ENVIRONMENTS


def test_replacement_reaches_what_refers_to_it(changed):
    del changed["Resources"]["HostSecurityGroup"]["Properties"]["VpcId"]
    changed["Resources"]["HostSecurityGroup"]["Properties"]["GroupDescription"] = {
        "Ref": "LogLevel"
    }
    replacement_by_default(changed["Resources"]["SpotComputeEnvironment"]["Properties"])

    assert updates(changed, "LogLevel").replaced >= {"HostSecurityGroup", "SpotComputeEnvironment"}


def test_update_of_hosts_lets_jobs_end_and_takes_the_newest_image(deployed, template):
    # botocore's model is Batch's own: 1 to 7200 minutes
    batch = botocore.session.get_session().get_service_model("batch")
    minutes = batch.shape_for("JobExecutionTimeoutMinutes").metadata
    longest = template["Parameters"]["JobTimeoutSeconds"]["Default"] / 60

    for name in ENVIRONMENTS:
        environment = deployed()[name]
        policy = environment["Properties"]["UpdatePolicy"]
        assert updates_in_place(environment), name
        assert policy["TerminateJobsOnUpdate"] is False
        assert minutes["min"] <= policy["JobExecutionTimeoutMinutes"] <= minutes["max"]
        assert policy["JobExecutionTimeoutMinutes"] >= longest
        assert environment["Properties"]["ComputeResources"]["UpdateToLatestImageVersion"] is True
