"""What a run cost, end to end: Batch's events, ECS, EC2 and its Spot prices, the price list."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from emulator.engine.prices import spot_prices
from emulator.prices import on_demand_usd
from seqstack.domain.cost.account import AttemptAccount
from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.totals import Cost
from seqstack.domain.cost.usage import MeasuredBy, Usage
from seqstack.domain.records import JobRow, RunHistory
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import Step
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.support.workflow_world import EndedRun, World

pytestmark = pytest.mark.long

USAGE = Usage(21 << 30, 1234.5, MeasuredBy.CGROUP, s3_reads=12, s3_writes=3)
TOLD = f"2026-01-31T12:00:00Z {USAGE.as_message()}"
WORKS = Act(after_seconds=1.2, lines=["[bwa] done", TOLD])
NANO = Decimal("0.000000001")


def accounted(
    world: World, ended: EndedRun, enough: Callable[[RunHistory], bool] | None = None
) -> RunHistory:
    """The ledger's rows once every job has an account, which no run waits for."""

    def all_accounted() -> RunHistory | None:
        history = world.row(ended)
        is_told = all(job.account for job in history.jobs) and (enough is None or enough(history))
        return history if is_told else None

    found = world.clock.until(all_accounted)
    assert found
    return found


def attempts_of(job: JobRow) -> tuple[AttemptAccount, ...]:
    assert job.account
    return job.account.attempts


def whole_host(attempt: AttemptAccount, usd_per_hour: Decimal) -> Decimal:
    """What all of a host costs for the attempt's seconds."""
    began, ended = attempt.attempt.started_at, attempt.attempt.stopped_at
    assert began
    seconds = math.ceil((ended - began) / 1000)
    return (usd_per_hour / 3600 * seconds).quantize(NANO)


def spot_usd(attempt: AttemptAccount) -> Decimal:
    """The price in effect when the attempt began; no attempt here lasts until the next."""
    assert attempt.attempt.started_at
    at = datetime.fromtimestamp(attempt.attempt.started_at / 1000, UTC)
    host = attempt.host
    (price,) = spot_prices(on_demand_usd, host.instance_type, host.availability_zone, at, at)
    return price.usd


def test_run_on_spot_costs_its_shares_of_its_hosts(world: World) -> None:
    world.play({"-align-1": [WORKS], "": [Act(after_seconds=0.05, lines=[TOLD])]})

    history = accounted(world, world.run(world.sample(project="rare")))

    by_step = {job.key.step: job for job in history.jobs}
    assert set(by_step) == set(SECONDARY_ANALYSIS.step_names)
    (align,) = attempts_of(by_step[Step.ALIGN])
    assert (align.host.purchase_option, align.price_source) == (PurchaseOption.SPOT, "spotHistory")
    assert align.usage == USAGE
    assert align.attempt.run_seconds >= 2  # of 1.2 s and more, a second begun counts whole
    assert (align.asked.vcpus, align.asked.memory_mib) == (16, 28672)
    assert align.host.instance_type.endswith(".4xlarge")  # 16 vCPUs: bwa fills it
    assert align.cost_usd == whole_host(align, spot_usd(align))
    (stats,) = attempts_of(by_step[Step.ALIGNMENT_STATS])
    assert stats.cost_usd
    assert stats.unknown == ()
    # the totals are the sums
    total = sum(attempts_of(job)[0].cost_usd or 0 for job in history.jobs)
    assert sum(step.cost.usd for step in history.steps if step.cost) == total
    assert history.run.cost
    assert history.run.cost.unpriced_attempts == 0
    assert history.run.cost.usd >= total


def test_jobs_for_a_project_carry_its_tag(world: World) -> None:
    ended = world.run(world.sample(project="rare"))

    (job,) = world.emulator.batch.describe([world.job(ended).job_id])
    assert job["tags"]["seqstack:project"] == "rare"
    assert job["propagateTags"] is True
    of_project = world.ledger.newest_runs(RunFilter(project="rare"), Cursor(), 1)
    assert [run.run_id for run in of_project] == [ended.run_id]


def test_reclaimed_attempt_is_paid_for_at_its_own_host(world: World) -> None:
    lost = Act(Act.lose_host().outcome, 1.2, [TOLD])
    world.play({"-align-1": [lost, WORKS]})

    history = accounted(world, world.run(world.sample()))

    first, second = attempts_of(history.jobs[0])
    assert first.host.instance_id != second.host.instance_id
    assert first.attempt.exit_reason.startswith("Host EC2")
    assert first.cost_usd == whole_host(first, spot_usd(first))
    assert second.cost_usd == whole_host(second, spot_usd(second))
    (align,) = [step for step in history.steps if step.step == Step.ALIGN]
    assert align.cost == Cost(first.cost_usd + second.cost_usd)


def test_try_on_demand_costs_the_list_price(world: World) -> None:
    world.play({"-align-1": [Act.lose_host()], "-align-2": [WORKS]})

    history = accounted(world, world.run(world.sample()))

    (attempt,) = attempts_of(history.jobs[1])
    assert history.jobs[1].key.attempt == 2
    assert attempt.host.purchase_option is PurchaseOption.ON_DEMAND
    assert attempt.price_source == "pricing"
    listed = on_demand_usd(attempt.host.instance_type)
    assert listed
    assert attempt.cost_usd == whole_host(attempt, listed)


def test_failed_job_has_its_usage_and_its_cost(world: World) -> None:
    failing = Act(Act.fail(80).outcome, 0.2, [TOLD, "2026-01-31T12:00:00Z FAILED align/bwa"])
    world.play({"-align-1": [failing]})

    ended = world.run(world.sample())
    history = accounted(world, ended)

    assert ended.execution["status"] == "FAILED"
    assert "USAGE" not in ended.cause
    assert "FAILED align/bwa" in ended.cause
    (attempt,) = attempts_of(history.jobs[0])
    assert attempt.usage == USAGE
    assert (attempt.attempt.exit_code, attempt.cost_usd is not None) == (80, True)


def test_image_that_is_missing_costs_nothing(world: World) -> None:
    world.play({"-align-1": [Act.lack_image()]})

    history = accounted(world, world.run(world.sample()))

    attempts = attempts_of(history.jobs[0])
    assert len(attempts) > 1  # Batch tries again what a host could not pull
    assert {attempt.attempt.started_at for attempt in attempts} == {None}
    assert {attempt.cost_usd for attempt in attempts} == {0}


def test_host_that_vanished_unseen_leaves_the_cost_unknown(world: World) -> None:
    def drop_running(event: Any) -> list[Any]:
        job = event["detail"]
        is_align = event["source"] == "aws.batch" and job["jobName"].endswith("-align-1")
        if is_align and job["status"] == "SUCCEEDED":
            forget(world, job["container"]["containerInstanceArn"])
        return [] if is_align and job["status"] == "RUNNING" else [event]

    world.emulator.events.intercept = drop_running

    # no job before has asked for so much: its host is a new one
    history = accounted(world, world.run(world.sample(bwa={"memory": 40})))

    (attempt,) = attempts_of(history.jobs[0])
    assert attempt.unknown[:3] == ("instanceType", "purchaseOption", "availabilityZone")
    assert attempt.cost_usd is None
    assert history.run.cost
    assert history.run.cost.unpriced_attempts == 1


def forget(world: World, host: str) -> None:
    """Let ECS forget a host, as it does some time after the host's end."""
    cluster = host.split("/")[-2]
    world.emulator.client("ecs").deregister_container_instance(
        cluster=cluster, containerInstance=host, force=True
    )
