"""What check_security lets stand, and why."""

import re
from dataclasses import dataclass
from typing import Final

# checkov's. A customer's key is a choice: without one, AWS's own keys encrypt.
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
    """Parliament's `issue`, where its detail matches `pattern`, and the reason to let it stand.

    `where` is the end of the policy's name; by default it is any policy.
    """

    issue: str
    pattern: str
    reason: str
    where: str = ""

    def covers(self, where: str, issue: str, detail: str) -> bool:
        """True for the finding that is meant."""
        return (
            where.endswith(self.where)
            and issue == self.issue
            and re.search(self.pattern, detail) is not None
        )


POLICY_EXCEPTIONS: Final = (
    PolicyException(
        "RESOURCE_MISMATCH",
        r"states:SendTask(Success|Failure)",
        "parliament wants *; Step Functions does decide by the token's state machine, and names it "
        "when it refuses",
    ),
    PolicyException(
        "RESOURCE_MISMATCH",
        r"batch:SubmitJob",
        "parliament wants jobs, queues and definitions in one statement; the role has two, as jobs "
        "have a condition of their own (tests/unit/stack/test_template_jobs.py sees to all three)",
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
        "that is what a trust policy is about",
    ),
    PolicyException(
        "CREDENTIALS_EXPOSURE",
        r"ecr:getauthorizationtoken",
        "pulling an image begins with it",
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
        "in a key's policy, * is the key itself",
        where=": DataKey",
    ),
    PolicyException(
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        r'^\["kms:',
        "a key whose account may not manage it is lost "
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
