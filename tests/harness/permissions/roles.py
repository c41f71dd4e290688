"""Roles of deployed functions and jobs, and their present policies in IAM."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.awslambda_simple.models import lambda_simple_backends
from moto.iam.models import iam_backends

from emulator.engine.aws import ACCOUNT_ID, REGION
from tests.harness.permissions.guard import Caller


def role_of_function(name: str) -> str:
    """The name of a deployed function's role.

    Raises moto's UnknownFunctionException when no such function was deployed.
    """
    function = lambda_simple_backends[ACCOUNT_ID][REGION].get_function(name, None)
    return str(function.role).rpartition("/")[2]


def caller_of_job(job: Mapping[str, Any]) -> Caller | None:
    """The caller of a job from DescribeJobs; None for a job without a role."""
    role = job["container"].get("jobRoleArn", "")
    definition = job["jobDefinition"].rpartition("/")[2].partition(":")[0]
    return Caller(definition, role.rpartition("/")[2]) if role else None


def role_policies(role: str) -> Iterator[Mapping[str, Any] | str]:
    """Every policy in a role, as a document or its text.

    AWS managed policies that are attached to it are left out: those of functions are for Lambda's
    own logs and traces.

    Raises moto's NoSuchEntityException when there is no such role.
    """
    yield from dict(iam_backends[ACCOUNT_ID]["aws"].get_role(role).policies).values()
