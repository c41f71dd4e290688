"""The client factory, and the conversion of AWS errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from seqstack.domain.errors import TransientServiceError

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

# short enough that a hung call ends before the function times out
_CONFIG = Config(
    connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4}
)
# For links, botocore would use an older signature in old regions, which KMS does not accept, and an
# address without the region, where regions that opened after March 2019 answer 400.
_OF_LINKS = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
_ONE_TRY = Config(retries={"total_max_attempts": 1})
_FIRST_SERVER_ERROR = 500
_THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "SlowDown",
        "LimitExceededException",
    }
)

# AWS's Pricing API exists in three regions only
_PRICE_LISTS = {"ap": "ap-south-1", "eu": "eu-central-1"}
_PRICE_LIST = "us-east-1"

type Service = Literal["batch", "ec2", "ecr", "ecs", "events", "iam", "logs", "s3", "stepfunctions"]


@overload
def client(service: Literal["batch"]) -> "BatchClient": ...
@overload
def client(service: Literal["ec2"]) -> "EC2Client": ...
@overload
def client(service: Literal["ecs"]) -> "ECSClient": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(service: Literal["iam"]) -> "IAMClient": ...
@overload
def client(service: Literal["ecr"]) -> "ECRClient": ...
@overload
def client(service: Literal["logs"]) -> "CloudWatchLogsClient": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["stepfunctions"]) -> "SFNClient": ...
@cache
def client(service: Service) -> object:
    """The process's client of `service`; with boto3's default region, credentials and endpoint."""
    config = _CONFIG.merge(_OF_LINKS) if service == "s3" else _CONFIG
    return boto3.client(service, config=config)


@cache
def price_list(region: str) -> "PricingClient":
    """The process's client of the Pricing API, in the region nearest to `region` that has one."""
    nearest = _PRICE_LISTS.get(region.partition("-")[0], _PRICE_LIST)
    return boto3.client("pricing", region_name=nearest, config=_CONFIG)


@cache
def messenger() -> "SNSClient":
    """The process's client of SNS, without retries: a retry could send a second message."""
    return boto3.client("sns", config=_CONFIG.merge(_ONE_TRY))


@cache
def job_submitter() -> "BatchClient":
    """The process's client for SubmitJob, without retries: a retry could submit a second job."""
    return boto3.client("batch", config=_CONFIG.merge(_ONE_TRY))


@cache
def progress_reader() -> "CloudWatchLogsClient":
    """The process's client for progress in logs, without retries: nobody waits for it."""
    return boto3.client("logs", config=_CONFIG.merge(_ONE_TRY))


@cache
def dynamodb() -> "DynamoDBServiceResource":
    """The process's DynamoDB resource."""
    return boto3.resource("dynamodb", config=_CONFIG)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn throttling, server errors and broken connections into `TransientServiceError`.

    botocore has retried by then; Step Functions retries the whole function later. Every other
    `ClientError` passes through for the caller to translate.
    """
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"]["Code"]
        if code in _THROTTLES or status >= _FIRST_SERVER_ERROR:
            raise TransientServiceError(f"{error.operation_name}: {error}") from error
        raise
    except (BotoConnectionError, HTTPClientError) as error:
        raise TransientServiceError(str(error)) from error


def is_throttled(error: TransientServiceError) -> bool:
    """Whether AWS refused the call as one of too many, and so did nothing."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _THROTTLES
