"""Accounts of jobs, over fakes; prices and hosts are scripted, amounts worked out by hand."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import HourlyPrice
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.cost.totals import Cost
from seqstack.domain.cost.usage import Usage
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.price_host import Prices
from tests.support.builders import ALIGN, JOB_ID, RUN_ID, all_steps, job_detail, run_row, step_plan
from tests.support.cost_builders import HOUR, MINUTE, NOON, USAGE, spot_host, spot_price
from tests.support.fakes import FakeLedger, FakeMarket, FakePriceCache

FIRST = "arn:aws:ecs:us-east-1:123456789012:container-instance/spot_Batch/1111"
SECOND = "arn:aws:ecs:us-east-1:123456789012:container-instance/spot_Batch/2222"
ON_DEMAND_HOST = Host("i-2", "m6i.8xlarge", PurchaseOption.ON_DEMAND, "us-east-1b")


class World:
    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.ledger.open_run(run_row(), all_steps())
        self.ledger.arm_job(ALIGN, step_plan(), "token-1")
        self.ledger.record_submission(ALIGN, JOB_ID)
        self.market = FakeMarket()
        self.cache = FakePriceCache()
        self.hosts: dict[str, Host] = {FIRST: spot_host(), SECOND: ON_DEMAND_HOST}
        self.described: list[str] = []
        self.logs: dict[str, list[str]] = {}
        self.now = NOON + 2 * HOUR

    @property
    def accountant(self) -> Accountant:
        prices = Prices(self.cache, self.market, packaged_table(), self.now)
        return Accountant(
            self.ledger, self.describe, prices, lambda s, _: self.logs.get(s, []), self.now // 1000
        )

    def describe(self, container_instance: str) -> Host:
        self.described.append(container_instance)
        return self.hosts.get(container_instance, Host())

    @property
    def account(self) -> JobAccount | None:
        return self.ledger.jobs[ALIGN].account


@pytest.fixture
def world() -> World:
    return World()


def ended(
    start: int | None, stop: int, host: str = FIRST, log: str = "", exit_code: int | None = 0
) -> Any:
    container = {"containerInstanceArn": host, "logStreamName": log, "exitCode": exit_code}
    attempt = {"container": container, "startedAt": start, "stoppedAt": stop}
    return {key: value for key, value in attempt.items() if value is not None}


def job(*attempts: Any, status: str = "SUCCEEDED", vcpus: str = "16", memory: str = "28672") -> Any:
    needs = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": memory}]
    return job_detail(
        status,
        createdAt=NOON - 3 * MINUTE,
        attempts=list(attempts),
        container={"resourceRequirements": needs},
    )


def test_account_of_a_job_on_spot_has_host_usage_and_cost(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"), (NOON + 30 * MINUTE, "0.30"))
    world.logs["bwa/1"] = [f"2025-06-02T13:00:00Z {USAGE.as_message()}"]

    world.accountant.account(job(ended(NOON, NOON + HOUR, log="bwa/1")))

    assert world.account
    (attempt,) = world.account.attempts
    assert attempt.host == spot_host()
    assert attempt.usage == USAGE
    # 16 of 16 vCPUs: half an hour at 0.24 and half an hour at 0.30
    assert attempt.cost_usd == Decimal("0.27")
    assert attempt.price_source == "spotHistory"
    assert (attempt.attempt.queue_seconds, attempt.attempt.run_seconds) == (180, 3600)
    assert world.account.is_complete
    assert world.ledger.run(RUN_ID).cost == Cost(Decimal("0.27"))


def test_account_sums_attempts_on_different_hosts_the_reclaimed_one_included(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    world.market.on_demand = HourlyPrice.constant(Decimal("1.536"), "pricing")
    reclaimed = ended(NOON, NOON + 15 * MINUTE, exit_code=None)
    again = ended(NOON + 20 * MINUTE, NOON + 50 * MINUTE, host=SECOND)

    account = world.accountant.account(job(reclaimed, again))

    assert account
    # 15 min of a whole c6i.4xlarge at 0.24: 0.06.
    # 30 min of an m6i.8xlarge (32 vCPUs, 128 GiB) at 1.536: 16/32 of 0.768: 0.384
    assert [one.cost_usd for one in account.attempts] == [Decimal("0.06"), Decimal("0.384")]
    assert [one.price_source for one in account.attempts] == ["spotHistory", "pricing"]
    assert account.cost == Cost(Decimal("0.444"))


def test_account_of_a_vanished_host_uses_what_was_noted_while_it_ran(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    running = job(status="RUNNING")
    running["container"]["containerInstanceArn"] = FIRST
    world.accountant.note_host(FIRST)
    world.hosts.clear()

    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    assert account.cost == Cost(Decimal("0.24"))
    assert world.described == [FIRST]


def test_account_of_an_unknown_host_says_what_is_unknown(world: World) -> None:
    world.hosts.clear()

    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    assert account.cost == Cost(Decimal(0), unpriced_attempts=1)
    assert account.attempts[0].unknown == (
        "instanceType",
        "purchaseOption",
        "availabilityZone",
        "peakMemoryBytes",
        "cpuSeconds",
        "costUsd",
    )
    assert world.ledger.hosts == {}  # nothing is worth keeping of it
    assert world.market.asked == []


def test_account_without_a_history_of_prices_takes_the_packaged_estimate(world: World) -> None:
    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    # half of c6i.4xlarge's 0.68
    assert account.cost == Cost(Decimal("0.34"))
    assert account.attempts[0].price_source == "packagedTable 2026-01-19 estimate"


def test_account_with_a_history_that_begins_too_late_takes_the_packaged_estimate(
    world: World,
) -> None:
    world.market.spot = spot_price((NOON + MINUTE, "0.24"))

    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    assert account.cost == Cost(Decimal("0.34"))


def test_account_on_demand_without_the_price_list_takes_the_packaged_price(world: World) -> None:
    account = world.accountant.account(job(ended(NOON, NOON + HOUR, host=SECOND)))

    assert account
    # m6i.8xlarge: 1.536 an hour, 16 of its 32 vCPUs
    assert account.cost == Cost(Decimal("0.768"))
    assert account.attempts[0].price_source == "packagedTable 2026-01-19"


def test_account_of_a_type_that_is_in_no_table_asks_for_its_shape(world: World) -> None:
    world.hosts[FIRST] = replace(spot_host(), instance_type="x9z.huge")
    world.market.shapes["x9z.huge"] = InstanceShape(64, 65536)
    world.market.spot = spot_price((NOON - HOUR, "6.4"))

    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    # 16/64 = 0.25 of the vCPUs, 28/64 = 0.4375 of the memory: 6.4 * 0.4375
    assert account.cost == Cost(Decimal("2.8"))


def test_account_of_an_unknown_type_has_no_cost(world: World) -> None:
    world.hosts[FIRST] = replace(spot_host(), instance_type="x9z.huge")

    account = world.accountant.account(job(ended(NOON, NOON + HOUR)))

    assert account
    assert account.attempts[0].unknown == ("peakMemoryBytes", "cpuSeconds", "costUsd")


def test_account_repeated_writes_nothing_new(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    detail = job(ended(NOON, NOON + HOUR))

    for _ in range(3):
        world.accountant.account(detail)

    assert world.ledger.run(RUN_ID).cost == Cost(Decimal("0.24"))


def test_account_repeated_after_the_log_came_fills_in_the_usage(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    detail = job(ended(NOON, NOON + HOUR, log="bwa/1"))
    world.accountant.account(detail)
    assert world.account
    assert not world.account.is_complete

    world.logs["bwa/1"] = [f"2025-06-02T13:00:00Z {USAGE.as_message()}"]
    world.hosts.clear()
    world.accountant.account(detail)

    assert world.account.is_complete
    assert world.ledger.run(RUN_ID).cost == Cost(Decimal("0.24"))


def test_account_of_a_job_whose_log_has_no_usage_leaves_it_unknown(world: World) -> None:
    world.logs["bwa/1"] = ["2025-06-02T13:00:00Z Killed"]

    account = world.accountant.account(job(ended(NOON, NOON + HOUR, log="bwa/1")))

    assert account
    assert account.attempts[0].usage is None


def test_account_of_an_image_that_was_not_pulled_costs_nothing(world: World) -> None:
    account = world.accountant.account(job(ended(None, NOON + MINUTE), status="FAILED"))

    assert account
    assert account.cost == Cost()
    assert account.attempts[0].host == spot_host()
    assert account.attempts[0].attempt.queue_seconds == 240
    assert world.market.asked == []


def test_account_of_a_job_that_no_run_knows_is_none(world: World) -> None:
    foreign = {**job(ended(NOON, NOON + HOUR)), "parameters": {}}
    of_another_run = {**foreign, "parameters": {**ALIGN.as_parameters(), "runId": "unknown"}}
    submitted_twice = {**job(ended(NOON, NOON + HOUR)), "jobId": "another"}

    for detail in (foreign, of_another_run, submitted_twice):
        assert world.accountant.account(detail) is None
    assert world.account is None


def test_spot_price_is_asked_for_once_for_jobs_of_the_same_time(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    detail = job(ended(NOON, NOON + HOUR), ended(NOON + HOUR, NOON + HOUR + MINUTE))

    world.accountant.account(detail)

    assert world.market.asked == [("spot", "c6i.4xlarge", "us-east-1a", str(NOON))]
    assert world.cache.expiries == [(NOON + 2 * HOUR) // 1000 + 86_400]


def test_spot_price_is_asked_for_again_once_a_job_ends_after_what_is_known(world: World) -> None:
    world.market.spot = spot_price((NOON - HOUR, "0.24"))
    world.now = NOON + HOUR
    world.accountant.account(job(ended(NOON, NOON + HOUR)))

    world.accountant.account(job(ended(NOON, NOON + HOUR + 1)))

    assert len(world.market.asked) == 2


def test_on_demand_price_is_asked_for_once_a_day(world: World) -> None:
    world.market.on_demand = HourlyPrice.constant(Decimal("1.536"), "pricing")
    detail = job(ended(NOON, NOON + HOUR, host=SECOND))
    world.accountant.account(detail)
    world.now += 24 * HOUR
    world.accountant.account(detail)
    assert world.market.asked == [("onDemand", "m6i.8xlarge")]

    world.now += 1
    world.accountant.account(detail)

    assert len(world.market.asked) == 2


def test_host_that_is_known_is_not_asked_for_again(world: World) -> None:
    for _ in range(3):
        assert world.accountant.note_host(FIRST) == spot_host()
    assert world.described == [FIRST]


def test_host_that_was_half_known_is_asked_for_again(world: World) -> None:
    world.hosts[FIRST] = Host(instance_type="c6i.4xlarge")
    world.accountant.note_host(FIRST)
    world.hosts[FIRST] = spot_host()

    assert world.accountant.note_host(FIRST) == spot_host()
    assert world.ledger.host(FIRST) == spot_host()


def test_host_without_a_name_makes_no_request(world: World) -> None:
    assert world.accountant.note_host("") == Host()
    assert world.described == []


def test_usage_is_that_of_each_attempts_own_log(world: World) -> None:
    other = Usage(5, 1.0, USAGE.measured_by)
    world.logs["bwa/1"] = [f"2025-06-02T12:10:00Z {other.as_message()}"]
    world.logs["bwa/2"] = [f"2025-06-02T13:00:00Z {USAGE.as_message()}"]

    account = world.accountant.account(
        job(ended(NOON, NOON + MINUTE, log="bwa/1"), ended(NOON, NOON + HOUR, log="bwa/2"))
    )

    assert account
    assert [one.usage for one in account.attempts] == [other, USAGE]
