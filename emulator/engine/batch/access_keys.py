"""Each job signs with its own access key, as on AWS: it identifies the job to the API."""

from collections.abc import Mapping
from typing import Final

_KEY: Final = "AWS_ACCESS_KEY_ID"
_MARK: Final = "-job-"


def with_own_key(environment: Mapping[str, str], job_id: str) -> dict[str, str]:
    """The variables with the job's own access key, if they contain a key."""
    own = {_KEY: f"{environment[_KEY]}{_MARK}{job_id}"} if _KEY in environment else {}
    return {**environment, **own}


def job_that_signs(access_key: str) -> str:
    """The id of the job that signs with a key; empty if it is not a job's key."""
    return access_key.partition(_MARK)[2]
