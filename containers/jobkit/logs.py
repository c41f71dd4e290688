"""Plain log lines on stderr, in UTC, which AWS Batch sends to CloudWatch Logs."""

import logging
import sys
import time

from seqstack.domain.plain_text import HarmlessFormatter

LOG = logging.getLogger("seqstack.job")


def configure_logging() -> None:
    """Send log lines to stderr as `2026-01-31T12:00:00Z text`."""
    formatter = HarmlessFormatter("%(asctime)sZ %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
