"""A cohort of samples whose jobs do nothing, in the emulator, by the number of samples.

On AWS, the services scale by themselves; this shows that nothing of SeqStack's own grows faster
than the number of samples, that no sample is lost, and that each makes the calls that
`scale_simulation` assumes.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.call_trace import Recorder, cohort_of, recorded, run_to_its_account, watched
from benchmarks.measuring import peak_of, tree_cpu_seconds, tree_memory
from benchmarks.results import table
from benchmarks.settings import Settings
from benchmarks.token_buckets import QUOTAS
from emulator.engine.batch.capacity import Capacity
from seqstack.domain.words import RunState
from seqstack.tools.registry import Tool
from tests.harness.standing_clock import StandingClock
from tests.support.cohorts import Cohort
from tests.support.workflow_world import World, deployed_world

TITLE = "A cohort whose jobs do nothing"
TOOLS: Sequence[Tool] = ()
PACKAGES = ("moto",)

_SIZES = (10, 50, 200)
_LARGE = (10, 50, 500)
_QUICK = (2, 4)
_COMPARED_WITH = 50  # a smaller cohort's memory is mostly that of the workers that it starts
_MOST = 1.2  # times the CPU and memory of a sample of that cohort
_PATIENCE = {"ReconcileSeconds": "86400"}  # no step asks for a job only because it waits
_ROOM = Capacity(vcpus=10**6, memory_mib=10**10)  # no job waits for another's end
_FULL_SCALE = 2.0
_LOOK_SECONDS = 5.0
_LIMIT_SECONDS = 6 * 3600.0  # real time, to end a cohort that hangs
LIMITED_SHARE = 0.03
"""How far the calls with a documented rate may be from the recorded ones."""
OTHER_SHARE = 0.2
"""How far other calls may be, or by one call: which events meet depends on the machine."""
_SHARED = ("ec2:", "ecs:")
"""Of hosts and prices, which are looked up once, whichever sample's job is the first to need them:
fewer than those of the recorded sample, which shares none, are right."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a cohort took, from its start until every run had ended and been accounted for.

    `bytes` are those beyond the ones that the stack held before, with warm workers. `calls` are
    those of all samples, without the cohort's own. `lost` names what is missing or too much.
    """

    samples: int
    cpu_seconds: float
    bytes: int
    calls: Mapping[str, int]
    lost: Sequence[str]


def measured(samples: int) -> Measured:
    """Run a cohort of that many samples at a time, on a stack of their own."""
    own, clock = os.getpid(), StandingClock(_LIMIT_SECONDS)
    recorder = Recorder(clock, keeps_order=False)
    with (
        watched(recorder),
        deployed_world(_PATIENCE, clock=clock, capacity=_ROOM) as world,
    ):
        run_to_its_account(cohort_of(world, 1), 1)  # starts a worker of each function
        cohort, jobs = cohort_of(world, samples), len(world.jobs)
        recorder.begin(world)
        before = tree_memory(own), tree_cpu_seconds(own)
        with peak_of(lambda: tree_memory(own), _LOOK_SECONDS) as most:
            run_to_its_account(cohort, samples)
            calls = Counter(recorder.counts)
        used = tree_cpu_seconds(own) - before[1]
        calls["states:StartExecution"] -= 1  # of the cohort itself
        lost = _lost(world, cohort, samples, len(world.jobs) - jobs)
    return Measured(samples, used, max(0, most() - before[0]), calls, lost)


def _lost(world: World, cohort: Cohort, samples: int, jobs: int) -> list[str]:
    """What should be there and is not: samples, jobs, costs, and calls that failed for good."""
    runs = cohort.runs
    steps = len(world.ledger.history(runs[0].run_id).steps)
    sqs = world.emulator.client("sqs")
    left = sum(
        int(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
                "Attributes"
            ]["ApproximateNumberOfMessages"]
        )
        for url in sqs.list_queues().get("QueueUrls", [])
    )
    counts = {
        "samples that succeeded": (sum(r.state is RunState.SUCCEEDED for r in runs), samples),
        "accounts": (sum(bool(run.orchestration) for run in runs), samples),
        "jobs": (jobs, samples * steps),
        "messages in dead-letter queues": (left, 0),
    }
    return [f"{name}: {found}, not {due}" for name, (found, due) in counts.items() if found != due]


def differences(calls: Mapping[str, int], samples: int, sample: Mapping[str, int]) -> list[str]:
    """The calls of so many samples that are not those of one sample, times their number."""
    found = []
    for api in sorted({*calls, *sample}):
        of_one, mean = sample.get(api, 0), calls.get(api, 0) / samples
        allowed = of_one * LIMITED_SHARE if api in QUOTAS else max(1, of_one * OTHER_SHARE)
        is_shared = api.startswith(_SHARED) and mean < of_one
        if abs(mean - of_one) > allowed and not is_shared:
            found.append(f"{api}: {mean:.2f} of a sample, not {of_one}")
    return found


def run(settings: Settings) -> str:
    """Measure each number of samples, and compare the calls of the largest with the recorded."""
    sizes = _LARGE if settings.scale >= _FULL_SCALE else _SIZES
    found = [measured(samples) for samples in (_QUICK if settings.is_quick else sizes)]
    sample = Counter(call.api for call in recorded())
    return "\n\n".join([_costs(found), _comparison(found[-1], sample)])


def _costs(found: Sequence[Measured]) -> str:
    base = next((each for each in found if each.samples == _COMPARED_WITH), found[-1])
    rows = []
    for each in found:
        cpu, memory = (
            (value / each.samples, value / each.samples / (reference / base.samples))
            for value, reference in (
                (each.cpu_seconds, base.cpu_seconds),
                (each.bytes, base.bytes),
            )
        )
        rows.append(
            [
                f"{each.samples}",
                f"{cpu[0]:.2f} s",
                f"{cpu[1]:.2f}",
                f"{memory[0] / 1e6:.1f} MB",
                f"{memory[1]:.2f}",
                "; ".join(each.lost) or "nothing",
            ]
        )
        print(rows[-1], flush=True)
    last = found[-1]
    growth = max(
        last.cpu_seconds / last.samples / (base.cpu_seconds / base.samples),
        last.bytes / last.samples / (base.bytes / base.samples),
    )
    met = "met" if growth <= _MOST else "MISSED"
    heads = ["samples", "CPU a sample", "ratio", "memory a sample", "ratio", "lost"]
    return (
        "A sheet's samples go through `cohort`, all at a time, started five a second; the jobs "
        "take an hour of a clock that passes while nothing else happens, and only write their "
        "results. CPU time is that of the emulator and all its workers, until every run is "
        "accounted for; memory is the most that they hold, beyond a stack with warm workers. Both "
        "keep every history, event and object until the emulator ends. Ratios are to "
        f"{base.samples} samples. `--scale 2` has 500 samples in place of 200.\n\n"
        f"{table(heads, rows)}\n\n"
        f"- At most {_MOST} of a sample of {base.samples}, with {last.samples} "
        f"({growth:.2f}): {met}"
    )


def _comparison(largest: Measured, sample: Mapping[str, int]) -> str:
    rows = [
        [
            api,
            f"{sample.get(api, 0)}",
            f"{largest.calls.get(api, 0) / largest.samples:.2f}",
            f"{largest.calls.get(api, 0):,}",
            "yes" if api in QUOTAS else "",
        ]
        for api in sorted({*largest.calls, *sample})
    ]
    different = differences(largest.calls, largest.samples, sample)
    heads = ["call", "in the simulation", "of a sample, mean", "of all", "has a rate"]
    return (
        f"### The calls of {largest.samples} samples, and those of the simulation\n\n"
        "The simulation below takes the calls of one recorded sample. They are the mean ones if "
        f"those with a documented rate differ by {LIMITED_SHARE:.0%} at most, and others by "
        f"{OTHER_SHARE:.0%} or one call; hosts and prices are looked up once for all samples, so "
        f"fewer are right. The cohort's own calls are left out.\n\n{table(heads, rows)}\n\n"
        f"- Equal within the tolerance: {'; '.join(different) or 'met'}"
    )
