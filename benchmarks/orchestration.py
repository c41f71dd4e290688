"""What orchestrating a sample takes, by the length of its jobs, beside polling.

The original workflow (`benchmarks.polling`) has, for each job: SubmitJob, whose function calls a
generic one; then, every 30 seconds and once at once, GetJobStatus, which calls DescribeJobs, and
CheckJobStatus; between two looks Wait30Seconds; GetFinalJobStatus last. Its counts are computed
from that definition, for as many jobs as a run of ours has.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moto.batch.responses import BatchResponse

from benchmarks.polling import POLL_SECONDS, polled
from benchmarks.results import table
from benchmarks.settings import Settings
from emulator.engine.patches import Patches
from seqstack.tools.registry import Tool
from tests.harness.scripted import Act
from tests.harness.standing_clock import StandingClock
from tests.integration.workflow.counting import calls_of, counted_requests
from tests.support.aws_world import template
from tests.support.workflow_world import World, deployed_world

TITLE = "Orchestration of a sample"
TOOLS: Sequence[Tool] = ()
PACKAGES = ("moto",)

_LENGTHS = {"1 minute": 60, "1 hour": 3600, "1 day": 86_400}
_QUICK = {"1 minute": 60, "1 hour": 3600}
_WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run takes."""

    transitions: int
    calls: int
    describe_jobs: int
    table_writes: int


def polled_counts(jobs: int, seconds: float) -> Counts:
    """Of the original's blocks; it has no table."""
    waits = int(polled(seconds)) // POLL_SECONDS
    looks = waits + 1
    return Counts(jobs * (2 + 2 * looks + waits), jobs * (3 + looks), jobs * (1 + looks), 0)


def measured_counts(world: World, seconds: float) -> tuple[Counts, int]:
    """Of a run of ours whose jobs take so long, and the number of its jobs."""
    world.play({"": [Act.succeed(seconds)]})
    described: Counter[str] = Counter()
    user = world.emulator.keys.access_key
    original: Callable[[BatchResponse], Any] = BatchResponse.describejobs

    def describe(self: BatchResponse) -> Any:
        if f"Credential={user}/" not in self.headers.get("Authorization", ""):
            described["jobs"] += 1
        return original(self)

    patches = Patches()
    patches.replace(BatchResponse, "describejobs", describe)
    before = calls_of(world)
    try:
        with counted_requests(user) as (_, operations):
            ended = world.run(world.sample())
            world.until(lambda: world.row(ended).run.orchestration)
            world.clock.settle()
    finally:
        patches.restore()
    if ended.execution["status"] != "SUCCEEDED":
        raise RuntimeError(f"the run ended otherwise: {ended.execution}")
    hourly = {"sweep_runs-dev"}  # they are the stack's, not the run's
    called = calls_of(world) - before
    calls = sum(number for name, number in called.items() if name not in hourly)
    transitions = len(ended.states) + sum(map(len, ended.steps.values()))
    writes = sum(operations[name] for name in _WRITES)
    return Counts(transitions, calls, described["jobs"], writes), len(ended.steps)


def run(settings: Settings) -> str:
    """Run a sample for each length of jobs, on a clock that passes when nothing else happens."""
    rows = []
    default = str(template()["Parameters"]["ReconcileSeconds"]["Default"])
    parameters = {"ReconcileSeconds": default, "JobTimeoutSeconds": str(2 * _LENGTHS["1 day"])}
    with deployed_world(parameters, clock=StandingClock()) as world:
        for name, seconds in (_QUICK if settings.is_quick else _LENGTHS).items():
            ours, jobs = measured_counts(world, seconds)
            theirs = polled_counts(jobs, seconds)
            pairs = (
                (ours.transitions, theirs.transitions),
                (ours.calls, theirs.calls),
                (ours.describe_jobs, theirs.describe_jobs),
            )
            cells = [f"{mine:,} / {other:,}" for mine, other in pairs]
            rows.append([name, *cells, f"{ours.table_writes:,}"])
    heads = ["each job takes", "state transitions", "Lambda calls", "DescribeJobs", "table writes"]
    return (
        "SeqStack's counts were measured in the emulator, on a clock that passes while nothing "
        "else happens; those after the slash are computed from the original's definition, a poll "
        f"every {POLL_SECONDS} seconds, for the same jobs. It has no table, so its jobs are "
        "tracked nowhere.\n\n" + table(heads, rows)
    )
