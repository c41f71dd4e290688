"""Each job signs with an access key of its own, as on AWS: the API can tell whose a request is."""

from collections.abc import Mapping
from typing import Final

_KEY: Final = "AWS_ACCESS_KEY_ID"
_MARK: Final = "-job-"


def with_own_key(environment: Mapping[str, str], job_id: str) -> dict[str, str]:
    """The variables, with the job's own access key in place of the one that is there, if any."""
    own = {_KEY: f"{environment[_KEY]}{_MARK}{job_id}"} if _KEY in environment else {}
    return {**environment, **own}


def job_that_signs(access_key: str) -> str:
    """The id of the job that signs with a key; empty if it is no job's."""
    return access_key.partition(_MARK)[2]
