"""List what a run has written, and what has become of it since."""

from collections.abc import Mapping

from seqstack.domain.records import RunHistory
from seqstack.domain.words import StepName
from seqstack.domain.written_objects import WrittenObject
from seqstack.use_cases.ports import LookAtWritten


def list_outputs(
    history: RunHistory, look_at_written: LookAtWritten
) -> Mapping[StepName, list[WrittenObject]]:
    """The objects of every finished step, its provenance last; S3 is asked about each of them."""
    looked = iter(look_at_written(item for row in history.steps for item in row.written))
    return {row.step: [next(looked) for _ in row.written] for row in history.steps if row.written}
