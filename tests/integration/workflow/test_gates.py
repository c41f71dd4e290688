"""Gates: a run whose metrics miss one ends as QC_FAILED, with everything that it has made."""

from seqstack.domain.words import RunState, StepState
from tests.support.workflow_world import World


def test_run_meets_its_gates_and_its_row_has_the_metrics(world: World) -> None:
    ended = world.run(world.sample(qcGates={"alignedRate": {"min": 0.97}}))

    run = world.row(ended).run
    assert run.state is RunState.SUCCEEDED
    assert run.metrics == {"alignedRate": 0.97, "meanDepth": 31.5}
    assert run.qc_gates == {"alignedRate": {"min": 0.97}}


def test_run_misses_a_gate_and_another_without_it_reuses_its_steps(world: World) -> None:
    document = world.sample(qcGates={"meanDepth": {"min": 40}})

    ended = world.run(document)

    miss = "meanDepth is 31.5x, and must be at least 40x"
    assert (ended.error, ended.cause) == ("QcFailedError", miss)
    assert ended.states[-3:] == ["FinishRun", "RecordFailure", "RunFailed"]
    history = world.row(ended)
    assert history.run.state is RunState.QC_FAILED
    assert history.run.failure is not None
    assert history.run.failure.cause == miss
    assert history.run.metrics["meanDepth"] == 31.5
    assert all(row.state is StepState.SUCCEEDED and row.written for row in history.steps)

    again = world.run({**document, "qcGates": {}})

    assert world.row(again).run.state is RunState.SUCCEEDED
    assert world.jobs_of(again) == []


def test_gate_that_can_not_be_met_is_refused_before_any_submission(world: World) -> None:
    gates = {
        "alignedRate": {"min": 95},
        "coverage": {"min": 30},
        "fold80": {"max": 3},
        "q30Rate": {"min": 0.8},
        "sex": "XX",
    }

    ended = world.run(world.sample(qcGates=gates))

    assert ended.error == "InvalidInputError"
    for name, said in {
        "alignedRate": "min is 95, and alignedRate is a share from 0 to 1",
        "coverage": "is not a metric; there are: reads, alignedRate,",
        "fold80": "needs targets: give targetRegionsS3Path",
        "q30Rate": "needs trimmed reads: give trimReads",
        "sex": 'must be "female" or "male"',
    }.items():
        assert f"$.qcGates.{name}: {said}" in ended.cause
    assert world.jobs_of(ended) == []


def test_gate_on_trimming_is_for_a_run_that_trims(world: World) -> None:
    ended = world.run(world.sample(trimReads=True, bwa={}, qcGates={"q30Rate": {"min": 0.8}}))

    assert ended.error == "ResultsReplacedError"  # this world's jobs write no report of fastp
    assert world.row(ended).run.qc_gates == {"q30Rate": {"min": 0.8}}
    assert world.jobs_of(ended)


def test_gate_on_sex_is_refused_for_a_reference_without_x_and_y(world: World) -> None:
    ended = world.run(world.sample(qcGates={"sex": "female"}))

    assert ended.error == "InvalidInputError"
    assert "$.qcGates.sex: can't be measured, because the reference has no X, no Y" in ended.cause
    assert world.jobs_of(ended) == []
