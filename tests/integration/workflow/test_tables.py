"""A step that writes any number of objects into a folder: all are recorded, checked and reused."""

import json
from typing import Any

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import JOINT_CALLING_NAME
from seqstack.workflows.joint_calling import JOINT_CALLING
from tests.support.cohorts import Cohort
from tests.support.workflow_world import EndedRun, World

STEP = "tabulateVariants"


def joint_run(world: World) -> RunRow:
    """The joint run of a cohort of two samples."""
    cohort = Cohort(world, joint={})
    cohort.write([cohort.row("a"), cohort.row("b")])
    ended = cohort.run()
    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    (run,) = [run for run in cohort.runs if run.workflow == JOINT_CALLING_NAME]
    return run


def again(world: World, run: RunRow) -> EndedRun:
    """A run with the same input."""
    found = world.emulator.client("stepfunctions").describe_execution(
        executionArn=run.execution_arn
    )
    ended = world.wait(world.start(json.loads(found["input"]), "JointCalling"))
    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    return ended


def written(world: World, run_id: str) -> tuple[StoredObject, ...]:
    return world.ledger.step(run_id, STEP).written


def steps_run(world: World, ended: EndedRun) -> set[str]:
    return {name.split("-")[1] for name in world.jobs_of(ended)}


def delete(s3: Any, uri: S3Uri) -> None:
    s3.delete_object(Bucket=uri.bucket, Key=uri.key)


def overwrite(s3: Any, uri: S3Uri) -> None:
    s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=b"other")


def test_every_object_of_the_folder_is_the_runs(world: World) -> None:
    run = joint_run(world)

    assert run.state is RunState.SUCCEEDED
    names = [item.uri.key.partition("/tables/")[2] for item in written(world, run.run_id)]
    assert names == ["tables.json", "1/a.parquet", "1/b.parquet", ""]
    assert all(item.version_id for item in written(world, run.run_id))
    output = json.loads(
        world.emulator.client("stepfunctions").describe_execution(executionArn=run.execution_arn)[
            "output"
        ]
    )
    assert output["outputs"][STEP] == [str(item.uri) for item in written(world, run.run_id)]


@pytest.mark.parametrize(
    "change",
    [None, *(pytest.param(each, marks=pytest.mark.long) for each in (delete, overwrite))],
)
def test_objects_of_the_folder_are_reused_only_if_all_are_unchanged(
    world: World, change: Any
) -> None:
    run = joint_run(world)
    made = written(world, run.run_id)
    if change:
        change(world.emulator.client("s3"), made[2].uri)

    ended = again(world, run)

    assert steps_run(world, ended) == ({STEP} if change else set())
    found = written(world, ended.run_id)
    assert [item.uri for item in found] == [item.uri for item in made]
    assert [item.etag for item in found[:-1]] == [item.etag for item in made[:-1]]
    reused = {row.step for row in world.row(ended).steps if row.reused_from}
    assert reused == set(JOINT_CALLING.step_names) - ({STEP} if change else set())
