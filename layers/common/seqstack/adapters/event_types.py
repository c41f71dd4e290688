"""Types of fields of events, with the limits of later writes and calls."""

from typing import Annotated

from pydantic import Field

from seqstack.domain.job_record import STEP_NAME

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
RunId = Annotated[str, Field(min_length=1, max_length=80)]
ExecutionArn = Annotated[str, Field(min_length=1, max_length=256)]
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
TaskToken = Annotated[str, Field(min_length=1, max_length=2048)]

StepField = Annotated[str, Field(pattern=f"^{STEP_NAME.pattern}$")]
"""The name of a step. Only the run's rows determine which exist, because versions differ."""

# times sort as text in the ledger's indexes
TimeText = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
        r"(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
    ),
]
# milliseconds since the epoch, until the year 9999
Moment = Annotated[int, Field(ge=0, lt=253_402_300_800_000)]
Redrive = Annotated[int, Field(ge=0, le=1_000_000)]
ExitCode = Annotated[int, Field(ge=-(2**31), lt=2**32)]
