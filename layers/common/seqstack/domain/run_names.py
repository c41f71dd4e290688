"""Names and submitters of runs that the API starts."""

import hashlib
import re
from datetime import UTC, datetime

# A nested execution is called <runId>-<step>-<retry>-<redrive>, of 80 characters at most, and a
# job <runId>-<step>-<attempt>, of letters, digits, "_" and "-".
MAX_NAME = 80
"""Maximum length of an execution's name, and of the id of a run whose name was refused."""
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}")
_TIME = re.compile(r"[0-9]{8}-[0-9]{6}-")

_NOT_OF_A_SUBMITTER = re.compile(r"[^A-Za-z0-9]")
_SUBMITTER_CHARACTERS = 64


def submitter_of(caller: str) -> str:
    """The submitter of a caller: letters and digits of the last part of an ARN or name.

    `arn:aws:sts::123456789012:assumed-role/Lab/j.doe` is `jdoe`. Empty for no caller.
    """
    return _NOT_OF_A_SUBMITTER.sub("", caller.rpartition("/")[2])[:_SUBMITTER_CHARACTERS]


def new_run_id(now: datetime, salt: str) -> str:
    """A name with the run's start time; `salt` distinguishes runs of the same second.

    Names are written to logs, so they contain nothing about the sample.
    """
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{salt}"


def run_id_of_key(caller: str, operation: str, key: str) -> str:
    """The name of the one run that `caller` may start with this idempotency key.

    Step Functions accepts a name once in 90 days, so a repeated request can't start a second run.
    If the key begins with a time in `new_run_id`'s format, so does the name.
    """
    digest = hashlib.sha256("\0".join((caller, operation, key)).encode()).hexdigest()
    if time := _TIME.match(key):
        return f"{time[0]}{digest[:10]}"
    return f"key-{digest[:40]}"
