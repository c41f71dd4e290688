"""Plain log lines on stderr, in UTC, for AWS Batch to carry to CloudWatch Logs."""

import logging
import sys
import time

LOG = logging.getLogger("seqstack.job")


def configure_logging() -> None:
    """Send log lines to stderr as `2026-01-31T12:00:00Z text`."""
    formatter = logging.Formatter("%(asctime)sZ %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
