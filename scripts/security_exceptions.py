"""Exceptions of check_security, with reasons."""

import re
from dataclasses import dataclass
from typing import Final

# Exceptions for checkov. A customer managed key is optional: without one, AWS's own keys are used.
ONLY_WITH_A_KEY: Final = frozenset(
    {
        "CKV_AWS_26",  # SNS topics
        "CKV_AWS_27",  # SQS queues
        "CKV_AWS_119",  # DynamoDB tables
        "CKV_AWS_136",  # ECR repositories
        "CKV_AWS_158",  # log groups
        "CKV_AWS_173",  # variables of functions
    }
)


@dataclass(frozen=True, slots=True)
class PolicyException:
    """Parliament's `issue`, where its detail matches `pattern`, and the reason for the exception.

    `where` is the end of the policy's name; by default it is any policy.
    """

    issue: str
    pattern: str
    reason: str
    where: str = ""

    def covers(self, where: str, issue: str, detail: str) -> bool:
        """True if the exception covers the finding."""
        return (
            where.endswith(self.where)
            and issue == self.issue
            and re.search(self.pattern, detail) is not None
        )


POLICY_EXCEPTIONS: Final = (
    PolicyException(
        "RESOURCE_MISMATCH",
        r"states:SendTask(Success|Failure)",
        "parliament wants *; Step Functions does check the token's state machine, and names it "
        "when it denies access",
    ),
    PolicyException(
        "RESOURCE_MISMATCH",
        r"batch:SubmitJob",
        "parliament wants jobs, queues and definitions in one statement; the role has two, "
        "because jobs have their own condition (tests/unit/stack/test_template_jobs.py checks "
        "all three)",
        where=": SubmitJobFunctionRole/SubmitJobFunctionRolePolicy0",
    ),
    PolicyException(
        "RESOURCE_MISMATCH",
        r"states:DescribeExecution.*express",
        "parliament wants express executions, too; the stack has none",
    ),
    PolicyException(
        "RESOURCE_MISMATCH",
        r"states:ListExecutions.*mapRun",
        "parliament wants map runs, too; the stack has none",
    ),
    PolicyException(
        "CREDENTIALS_EXPOSURE",
        r'^\["sts:assumerole"\]$',
        "a trust policy has this purpose",
    ),
    PolicyException(
        "CREDENTIALS_EXPOSURE",
        r"ecr:getauthorizationtoken",
        "required to pull an image",
    ),
    PolicyException(
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        r'^\["logs:putresourcepolicy"\]$',
        "Step Functions asks for it before it delivers logs "
        "(https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)",
    ),
    PolicyException(
        "RESOURCE_STAR",
        r'^\["kms:',
        "in a key policy, * is the key itself",
        where=": DataKey",
    ),
    PolicyException(
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        r'^\["kms:',
        "a key that its account may not manage is lost "
        "(https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html)",
        where=": DataKey",
    ),
    PolicyException(
        "MISMATCHED_TYPE",
        r"ArnLike requires a value of type Arn but given String",
        "this encryption context is the ARN of a log group "
        "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)",
        where=": DataKey",
    ),
)
