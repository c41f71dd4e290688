"""What a run lists is its own, or is said to be unknown."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, Step, StepState
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack.use_cases.show_runs import list_outputs
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    RUN_ID,
    all_steps,
    job_row,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeLedger, FakeObjects

WRITTEN = written_objects(step_plan())
*OUTPUTS, PROVENANCE = WRITTEN
BAM = WRITTEN[0].uri
# as provenance has them
SAID = tuple(StoredObject(item.uri, item.size, item.etag) for item in OUTPUTS)
DONE = job_row(state=JobState.SUCCEEDED)


class World:
    """A run whose alignment is done, as a version has left it that wrote no outputs down."""

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.ledger.open_run(run_row(), all_steps())
        self.objects = FakeObjects()
        self.said: Provenance | None = Provenance(JOB_ID, (), SAID)
        self.read: list[S3Uri] = []
        row = self.ledger.steps[RUN_ID, Step.ALIGN]
        self.ledger.steps[RUN_ID, Step.ALIGN] = replace(row, state=StepState.SUCCEEDED, attempt=1)
        self.ledger.jobs[ALIGN] = DONE

    def read_provenance(self, uri: S3Uri) -> tuple[Provenance, StoredObject] | None:
        self.read.append(uri)
        return (self.said, PROVENANCE) if self.said else None

    def list(self) -> Mapping[Step, list[WrittenObject]]:
        history = self.ledger.history(RUN_ID)
        return list_outputs(
            history, self.ledger, self.objects.look_at_written, self.read_provenance
        )

    def assert_all_unknown(self, problem: str) -> None:
        (listed,) = self.list().values()
        assert [item.stored.uri for item in listed] == [item.uri for item in WRITTEN]
        assert {item.state for item in listed} == {ObjectState.UNKNOWN}
        assert not any(item.is_there or item.stored.version_id for item in listed)
        assert all(problem in item.problem for item in listed)
        assert self.objects.asked == []


@pytest.fixture
def world() -> World:
    return World()


def test_what_a_step_wrote_down_is_listed_without_a_look_at_provenance(world: World) -> None:
    world.ledger.note_written(RUN_ID, Step.ALIGN, WRITTEN)
    world.objects.replaced = {str(BAM)}

    listed = world.list()

    assert [item.stored for item in listed[Step.ALIGN]] == [*WRITTEN]
    assert listed[Step.ALIGN][0].state is ObjectState.REPLACED
    assert (list(listed), world.read) == ([Step.ALIGN], [])


def test_older_step_lists_what_the_provenance_of_its_own_job_names(world: World) -> None:
    listed = world.list()

    assert listed == {
        Step.ALIGN: [WrittenObject(item, ObjectState.CURRENT) for item in (*SAID, PROVENANCE)]
    }
    assert world.read == [PROVENANCE.uri]


@pytest.mark.parametrize("attack", ["replaced", "wrong"])
def test_object_of_an_older_step_that_is_not_there_any_more_is_unknown(
    world: World, attack: str
) -> None:
    world.objects = FakeObjects(
        **{attack: {str(BAM): "does not exist"} if attack == "wrong" else {str(BAM)}}
    )

    bam, *others = world.list()[Step.ALIGN]

    assert (bam.state, bam.is_there, bam.stored.version_id) == (ObjectState.UNKNOWN, False, "")
    assert {item.state for item in others} == {ObjectState.CURRENT}


def test_older_step_never_lists_what_another_job_has_written(world: World) -> None:
    world.said = Provenance("another", (), SAID)

    world.assert_all_unknown(f"is not the provenance of job {JOB_ID}")


def test_older_step_without_provenance_is_unknown(world: World) -> None:
    world.said = None

    world.assert_all_unknown(f"is not the provenance of job {JOB_ID}")


def test_older_step_with_an_unknown_job_is_unknown(world: World) -> None:
    del world.ledger.jobs[ALIGN]

    world.assert_all_unknown(f"the job that did align of run {RUN_ID} is no longer known")


def test_older_step_that_was_reused_goes_by_the_job_of_the_run_that_did_it(world: World) -> None:
    del world.ledger.jobs[ALIGN]
    row = world.ledger.steps[RUN_ID, Step.ALIGN]
    world.ledger.steps[RUN_ID, Step.ALIGN] = replace(row, reused_from="earlier")
    world.assert_all_unknown("is no longer known")

    world.ledger.open_run(run_row(run_id="earlier"), [])
    key = replace(ALIGN, run_id="earlier")
    world.ledger.jobs[key] = replace(DONE, key=key)

    assert {item.state for item in world.list()[Step.ALIGN]} == {ObjectState.CURRENT}
