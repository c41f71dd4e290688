"""What every object of an answer has in common."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.domain.records import utc_text


class Answer(BaseModel):
    """An object of an answer; absent values are null."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


def time_text(milliseconds: int | None) -> str | None:
    """A time of AWS Batch, in milliseconds since the epoch, as all other times are written."""
    if milliseconds is None:
        return None
    return utc_text(datetime.fromtimestamp(milliseconds / 1000, UTC))
