"""Links into the AWS console, by ARN."""

from seqstack.domain.s3uri import S3Uri

# https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html: the console of each
# partition
_DOMAINS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def execution_url(execution_arn: str) -> str:
    """The console's page of an execution."""
    base, region = _console(execution_arn)
    return f"{base}/states/home?region={region}#/v2/executions/details/{execution_arn}"


def folder_url(folder: S3Uri, arn: str) -> str:
    """The console's page of a folder in S3, in the partition and region of `arn`."""
    base, region = _console(arn)
    return f"{base}/s3/buckets/{folder.bucket}?region={region}&prefix={folder.key}"


def _console(arn: str) -> tuple[str, str]:
    _, partition, _, region, *_ = arn.split(":")
    return f"https://{region}.{_DOMAINS.get(partition, _DOMAINS['aws'])}", region
