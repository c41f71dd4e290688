"""What the ledger says that a run took, against what it took: counted in the emulator itself."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.records import RunHistory
from seqstack.domain.words import RunState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.harness.standing_clock import StandingClock
from tests.integration.workflow.counting import calls_of, counted_requests, ends_after_all_else
from tests.integration.workflow.table_units import measured_units
from tests.support.workflow_world import EndedRun, World, deployed_world

pytestmark = pytest.mark.long

OF_EACH_STEP = 3  # NumberAttempt, SubmitJob, JobSucceeded


def closed_books(world: World, ended: EndedRun) -> tuple[RunHistory, Orchestration]:
    """The run once it is accounted for and no function works any more."""
    world.eventually(True, lambda: world.row(ended).run.orchestration is not None)
    world.clock.settle()
    history = world.row(ended)
    assert history.run.orchestration
    return history, history.run.orchestration


@pytest.fixture(scope="module")
def deployed(alone: None) -> Iterator[World]:
    parameters = {"ReconcileSeconds": "600"}  # no check of the job, however slow this machine
    with deployed_world(parameters, clock=StandingClock()) as world:
        yield world


def test_orchestration_of_a_run_is_what_it_took(world: World) -> None:
    # an event that is handled during its job's end may look at the outputs, too
    world.emulator.events.intercept = ends_after_all_else(world)
    sample = world.sample(cache=False)
    before = calls_of(world)
    user = world.emulator.keys.access_key

    with measured_units(user) as units, counted_requests(user) as (s3_requests, _):
        ended = world.run(sample)
        history, counted = closed_books(world, ended)

    assert history.run.state is RunState.SUCCEEDED
    entered = len(ended.states) + sum(map(len, ended.steps.values()))
    assert counted.transitions == entered
    assert [len(states) for states in ended.steps.values()] == [OF_EACH_STEP] * len(
        SECONDARY_ANALYSIS.steps
    )
    called = calls_of(world) - before
    assert counted.invocations == called.total(), called
    methods = Counter(request.partition(" ")[0] for request in s3_requests)
    assert counted.s3_reads == methods["HEAD"] + methods["GET"], sorted(s3_requests)
    # each of the BAM, its index and MD5, the gVCF and its index gets a tag; and the report
    assert counted.s3_writes == methods["PUT"] == 8
    # Written down are whole units of a call, with a KB more for a task token of Step Functions
    assert units.writes <= counted.table_writes <= 1.6 * units.writes, units
    assert units.reads <= counted.table_reads <= 1.6 * units.reads, units
    # and the run's cost is that of its jobs and of this
    jobs = sum(step.cost.usd for step in history.steps if step.cost)
    assert history.run.cost
    assert history.run.cost.usd == jobs + counted.usd(packaged_table().services)


def test_orchestration_of_a_run_that_failed_counts_its_retries_and_its_stop(world: World) -> None:
    world.play({"-align-1": [Act.run_out_of_memory()], "-align-2": [Act.fail(80)]})
    before = calls_of(world)

    ended = world.run(world.sample())
    _, counted = closed_books(world, ended)

    assert ended.execution["status"] == "FAILED"
    assert counted.transitions == len(ended.states) + len(ended.steps["align"])
    assert counted.invocations == (calls_of(world) - before).total()


def test_orchestration_of_a_refused_run_costs_next_to_nothing(world: World) -> None:
    before = calls_of(world)

    ended = world.run({"sampleId": "nobody"})
    history, counted = closed_books(world, ended)

    assert history.run.state is RunState.FAILED
    assert counted.invocations == (calls_of(world) - before).total()
    assert history.run.cost
    assert Decimal(0) < history.run.cost.usd < Decimal("0.001")
