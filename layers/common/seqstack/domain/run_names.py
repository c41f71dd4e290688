"""How runs that the API starts are named, and their submitters."""

import hashlib
import re
from datetime import UTC, datetime

# A nested execution is called <runId>-<step>-<retry>-<redrive>, of 80 characters at most, and a
# job <runId>-<step>-<attempt>, of letters, digits, "_" and "-".
MAX_NAME = 80
"""Characters of an execution's name, and so of the id of a run whose name was refused, too."""
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}")
_TIME = re.compile(r"[0-9]{8}-[0-9]{6}-")

_NOT_OF_A_SUBMITTER = re.compile(r"[^A-Za-z0-9]")
_SUBMITTER_CHARACTERS = 64


def submitter_of(caller: str) -> str:
    """The submitter that a caller is: the last part of an ARN or name, letters and digits of it.

    `arn:aws:sts::123456789012:assumed-role/Lab/j.doe` is `jdoe`. Empty for no caller.
    """
    return _NOT_OF_A_SUBMITTER.sub("", caller.rpartition("/")[2])[:_SUBMITTER_CHARACTERS]


def new_run_id(now: datetime, salt: str) -> str:
    """A name that tells when the run was started; `salt` tells runs of one second apart.

    Names go into logs, and so hold nothing of the sample.
    """
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{salt}"


def run_id_of_key(caller: str, operation: str, key: str) -> str:
    """The one name of all runs that `caller` may start with this idempotency key.

    Step Functions takes a name once in 90 days; so a repeated request can't start a second run.
    A key that begins with a time as `new_run_id` writes it gives that to the name.
    """
    digest = hashlib.sha256("\0".join((caller, operation, key)).encode()).hexdigest()
    if time := _TIME.match(key):
        return f"{time[0]}{digest[:10]}"
    return f"key-{digest[:40]}"
