"""What parameters of requests have in common."""

import re

from pydantic import AfterValidator, BeforeValidator

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.run_names import MAX_NAME


def _whole_number(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch("-?[0-9]{1,18}", value):
        raise ValueError("must be a whole number, of the digits 0 to 9")
    return value


def _possible_name(run_id: str) -> str:
    if len(run_id) > MAX_NAME:  # the ledger's keys and Step Functions' names have limits
        raise UnknownRunError(f"there is no run {run_id[:MAX_NAME]}…: the name is too long")
    return run_id


# pydantic reads '1_0', ' 10' and '10.0' as well
DIGITS = BeforeValidator(_whole_number)

POSSIBLE_NAME = AfterValidator(_possible_name)
