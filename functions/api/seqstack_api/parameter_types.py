"""Types of parameters of requests."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.run_names import MAX_NAME


def _of_digits(value: object) -> object:
    """Refuse what pydantic takes for a number as well: '1_0', ' 10', '10.0'."""
    if isinstance(value, str) and not re.fullmatch("-?[0-9]{1,18}", value):
        raise ValueError("must be a whole number, of the digits 0 to 9")
    return value


def _possible_name(run_id: str) -> str:
    if len(run_id) > MAX_NAME:  # the ledger's keys and Step Functions' names have limits
        raise UnknownRunError(f"there is no run {run_id[:MAX_NAME]}…: the name is too long")
    return run_id


POSSIBLE_NAME = AfterValidator(_possible_name)

_DIGITS = BeforeValidator(_of_digits)
# the bounds stand before the validator: behind it they would not come into the OpenAPI document
Count = Annotated[int, Field(ge=1), _DIGITS]
UpTo100 = Annotated[int, Field(ge=1, le=100), _DIGITS]
UpTo1000 = Annotated[int, Field(ge=1, le=1000), _DIGITS]
LinkSeconds = Annotated[int, Field(ge=60, le=3600), _DIGITS]
