"""Every fault that chaos injects, and the correct end of its runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulator.engine.batch.runner import Outcome
from tests.harness.chaos import deliveries as events
from tests.harness.chaos.acts import GOOD, Script
from tests.harness.scripted import Act

RECONCILE_SECONDS = 5
SUCCEEDS = ("SUCCEEDED", "")


@dataclass(frozen=True)
class RunFault:
    """A fault of one run, so that many runs can have different faults at once.

    `expected` are the correct ends: an execution's status and error. `abort_at` stops the
    execution in that state. `needs_sweep` says that only the next sweep can find what was lost.
    """

    name: str
    expected: Sequence[tuple[str, str]] = (SUCCEEDS,)
    script: Callable[[], Script] = Script
    disturb: events.Disturbance | None = None
    abort_at: str = ""
    needs_sweep: bool = False
    in_short: bool = True


@dataclass(frozen=True)
class ApiFault:
    """A function that is killed at a call to AWS, or a call that is throttled.

    It may affect any running run; `kind` is `crash_before`, `crash_after` or `throttle`.
    At most `spread` calls pass before it happens, `times` times.
    """

    kind: str
    function: str
    service: str
    operation: str
    spread: int
    times: int = 1

    @property
    def name(self) -> str:
        """Its name in the table."""
        if self.kind == "throttle":
            return f"{self.service} {self.operation} throttled"
        when = self.kind.removeprefix("crash_")
        return f"{self.function} killed {when} {self.operation}"


@dataclass(frozen=True)
class Group:
    """Faults that may affect the same runs, at random calls."""

    runs: int
    faults: Sequence[ApiFault]
    disturb: events.Disturbance | None = None
    abort: bool = False

    def script(self) -> Script:
        """The acts of the runs' jobs; a run that is aborted has a job that does not end."""
        return Script({"align": [[Act.hang()]]}) if self.abort else Script()


def _tries(step: str, *tries: Sequence[Act]) -> Callable[[], Script]:
    return lambda: Script({step: tries})


_TIMED_OUT = Act.hang()
_SLOW = Act.succeed(after_seconds=1.5)
_OOM = Act.run_out_of_memory()
_LOST = Act.lose_host()
_NO_IMAGE = Act.lack_image()
_VERY_SLOW = Act.succeed(after_seconds=RECONCILE_SECONDS + 2)

RUN_FAULTS = (
    RunFault("nothing"),
    RunFault("every job event lost", disturb=events.lose_all),
    RunFault("last job event lost", disturb=events.lose_last, in_short=False),
    RunFault("events repeated", disturb=events.repeat),
    RunFault("events out of order", disturb=events.turn_round),
    RunFault("last event late", disturb=events.delay_last(RECONCILE_SECONDS + 1)),
    RunFault("events of foreign jobs", disturb=events.add_foreign),
    RunFault("token timed out, then answered", script=_tries("align", [_VERY_SLOW])),
    RunFault("Spot reclaimed once", script=_tries("align", [_LOST, GOOD])),
    RunFault("Spot reclaimed until on demand", script=_tries("align", [_LOST], [GOOD])),
    RunFault(
        "host lost on demand, too",
        (("FAILED", "SpotReclaimedError"),),
        _tries("annotate", [_LOST]),
        in_short=False,
    ),
    RunFault("out of memory once", script=_tries("callVariants", [_OOM], [GOOD])),
    RunFault(
        "out of memory beyond the limit",
        (("FAILED", "OutOfMemoryError"),),
        _tries("annotate", [_OOM]),
    ),
    RunFault("image missing once", script=_tries("align", [_NO_IMAGE], [GOOD]), in_short=False),
    RunFault("image missing", (("FAILED", "ImagePullError"),), _tries("align", [_NO_IMAGE])),
    RunFault("attempt timeout", (("FAILED", "JobTimedOutError"),), _tries("align", [_TIMED_OUT])),
    RunFault("tool failure", (("FAILED", "ToolFailedError"),), _tries("align", [Act.fail(65)])),
    RunFault(
        "tool failure beside a running job",
        (("FAILED", "ToolFailedError"),),
        lambda: Script({"callVariants": [[Act.fail(1)]], "alignmentStats": [[Act.hang()]]}),
    ),
    RunFault(
        "tool failure, its event lost",
        (("FAILED", "ToolFailedError"),),
        _tries("align", [Act(Outcome(1))]),
        events.lose_last,
        in_short=False,
    ),
    RunFault("aborted in ValidateInput", (("ABORTED", ""),), abort_at="ValidateInput"),
    RunFault(
        "aborted in RunStep align",
        (("ABORTED", ""),),
        _tries("align", [Act.hang()]),
        abort_at="RunStep align",
    ),
    RunFault(
        "aborted in RunStep callVariants",
        (("ABORTED", ""),),
        _tries("callVariants", [_SLOW]),
        abort_at="RunStep callVariants",
    ),
    RunFault(
        "aborted in RunStep annotate",
        (("ABORTED", ""),),
        _tries("annotate", [_SLOW]),
        abort_at="RunStep annotate",
    ),
    RunFault("aborted in FinishRun", (("ABORTED", ""), SUCCEEDS), abort_at="FinishRun"),
    RunFault(
        "aborted in RecordFailure",
        (("ABORTED", ""), ("FAILED", "ToolFailedError")),
        _tries("align", [Act.fail(1)]),
        abort_at="RecordFailure",
        in_short=False,
    ),
    RunFault(
        "aborted, its event lost",
        (("ABORTED", ""),),
        _tries("align", [Act.hang()]),
        events.lose_end_of_run,
        "RunStep align",
        needs_sweep=True,
    ),
)


def _killed(function: str, *calls: tuple[str, str, int]) -> list[ApiFault]:
    return [
        ApiFault(kind, function, service, operation, spread)
        for service, operation, spread in calls
        for kind in ("crash_before", "crash_after")
    ]


_LEDGER = "dynamodb"
GROUPS = (
    Group(
        10,
        _killed(
            "submit_job",
            (_LEDGER, "GetItem", 30),
            (_LEDGER, "PutItem", 10),
            (_LEDGER, "UpdateItem", 20),
            ("batch", "SubmitJob", 10),
        ),
    ),
    # calls that are made only after a lost event or a killed submission
    Group(
        8,
        [
            ApiFault("crash_after", "submit_job", "batch", "SubmitJob", 1, times=2),
            *_killed("submit_job", ("batch", "ListJobs", 1)),
            *_killed("get_job_status", (_LEDGER, "UpdateItem", 2), ("batch", "DescribeJobs", 2)),
        ],
        disturb=events.lose_of("align"),
    ),
    Group(
        10,
        [
            *_killed(
                "validate_input",
                ("batch", "DescribeJobQueues", 4),
                (_LEDGER, "TransactWriteItems", 3),
            ),
            *_killed(
                "track_job", (_LEDGER, "UpdateItem", 30), ("stepfunctions", "SendTaskSuccess", 10)
            ),
            *_killed("finish_run", (_LEDGER, "Query", 3), (_LEDGER, "UpdateItem", 3)),
        ],
    ),
    Group(
        8,
        _killed(
            "stop_jobs",
            (_LEDGER, "UpdateItem", 2),
            (_LEDGER, "Query", 1),
            ("batch", "TerminateJobs", 1),
        ),
        abort=True,
    ),
    Group(
        8,
        [
            ApiFault("throttle", "", _LEDGER, "GetItem", 20, 12),
            ApiFault("throttle", "", _LEDGER, "UpdateItem", 20, 12),
            ApiFault("throttle", "", _LEDGER, "PutItem", 5, 6),
            ApiFault("throttle", "", "batch", "SubmitJob", 5, 8),
            ApiFault("throttle", "", "batch", "DescribeJobQueues", 3, 6),
            ApiFault("throttle", "", "stepfunctions", "SendTaskSuccess", 5, 8),
        ],
    ),
)
