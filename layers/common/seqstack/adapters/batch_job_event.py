"""The events by which EventBridge tells of a job."""

from typing import Any

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel


class BatchJobEvent(EventBridgeModel):
    """EventBridge's envelope around a job as DescribeJobs shows it."""

    detail: dict[str, Any]
