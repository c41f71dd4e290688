"""Base class of the objects in answers."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.domain.records import utc_text


class Answer(BaseModel):
    """An object of an answer; absent values are null.

    pydantic builds each class at its first use, because a request needs few of them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True
    )


def time_text(milliseconds: int | None) -> str | None:
    """Format a time of AWS Batch (milliseconds since the epoch) as all other times."""
    if milliseconds is None:
        return None
    return utc_text(datetime.fromtimestamp(milliseconds / 1000, UTC))
