"""List what a run has written, and what has become of it since."""

from collections.abc import Mapping

from seqstack.domain.records import RunHistory
from seqstack.domain.words import Step, StepState
from seqstack.domain.written_objects import WrittenObject
from seqstack.use_cases.older_rows import outputs_of_older_row
from seqstack.use_cases.ports import HistoryReader, LookAtWritten, ReadProvenance


def list_outputs(
    history: RunHistory,
    ledger: HistoryReader,
    look_at_written: LookAtWritten,
    read_provenance: ReadProvenance,
) -> Mapping[Step, list[WrittenObject]]:
    """The objects of every finished step, its provenance last; S3 is asked about each of them.

    Of a step that an earlier version has ended, which did not write down what the step has written,
    they are those that the provenance of its job names, if that is what lies there.
    """
    looked = iter(look_at_written(item for row in history.steps for item in row.written))
    listed: dict[Step, list[WrittenObject]] = {}
    for row in history.steps:
        if row.written:
            listed[row.step] = [next(looked) for _ in row.written]
        elif row.state is StepState.SUCCEEDED:
            listed[row.step] = outputs_of_older_row(
                row, history, ledger, look_at_written, read_provenance
            )
    return listed
