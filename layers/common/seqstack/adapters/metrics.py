"""The stack's own metrics, in CloudWatch's embedded metric format."""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit


def count_one(name: str) -> None:
    """Count one `name`, by the function that POWERTOOLS_SERVICE_NAME names.

    Written at once: Powertools' `log_metrics` would warn on every invocation that has nothing to
    count, as most state changes of a job have not.
    """
    metrics = Metrics()
    metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.flush_metrics()
