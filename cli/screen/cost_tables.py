"""Tables of costs."""

from collections.abc import Sequence

from rich.console import Console

from cli.costs import Bill, By, Total
from cli.screen.tables import fitting_table, print_table, shorten_ids
from cli.screen.text import cost_text, count_text, duration_text, size_text
from cli.shapes.runs import Attempt, Job, RunDetail, Step

_PAID_AS = {"spot": "Spot", "onDemand": "on demand"}
_COLUMNS = (
    *("step", "attempt", "exit", "host", "paid as", "zone", "vCPUs", "memory used", "in queue"),
    *("ran", "cost"),
)
_NUMBERS = ("exit", "vCPUs", "memory used", "in queue", "ran", "runs", "cost", "per run")
# The first is dropped first on a narrow terminal.
_DISPENSABLE = ("memory used", "vCPUs", "zone", "in queue", "exit", "paid as", "host", "ran")
_UNKNOWN, _NOT_YET = "unknown", "not known yet"


def print_run_cost(console: Console, run: RunDetail) -> None:
    """Print each attempt of a run's jobs with its cost, the run's orchestration, and the sum."""
    _print(console, run_cost_rows(run))
    _print_unpriced(console, run["unpricedAttempts"])


def run_cost_rows(run: RunDetail) -> list[dict[str, str]]:
    """A row for each attempt of a run's jobs, one for its orchestration, and one for the sum."""
    rows = [
        _attempt_row(step, job, attempt)
        for step in run["steps"]
        for job in step["jobs"]
        for attempt in _attempts(job)
    ]
    orchestration = run["orchestration"]
    beside = orchestration["costUsd"] if orchestration else None
    rows.append(_row({"step": "orchestration", "cost": _amount(beside)}))
    rows.append(_row({"step": "total", "cost": _amount(run["costUsd"])}))
    return rows


def print_bill(console: Console, bill: Bill) -> None:
    """Print each total, the highest first, and the sum."""
    rows = [_total_row(bill.by, total.key or f"(no {bill.by})", total) for total in bill.totals]
    if bill.by is By.RUN:
        shorten_ids(console, rows, By.RUN)
    if len(rows) != 1:
        rows.append(_total_row(bill.by, "total", bill.whole))
    _print(console, rows)
    _print_unpriced(console, bill.unpriced_attempts)
    if bill.open_runs:
        console.print(
            f"Incomplete: the cost of {count_text(bill.open_runs, 'run')} that "
            f"{'is' if bill.open_runs == 1 else 'are'} running or ended a moment ago."
        )


def _total_row(by: By, key: str, total: Total) -> dict[str, str]:
    return {
        by: key,
        "runs": f"{total.runs:,}",
        "cost": _amount(total.cost_usd),
        "per run": cost_text(total.usd_per_run),
    }


def _attempts(job: Job) -> Sequence[Attempt | None]:
    return job["accounts"] or [None]


def _attempt_row(step: Step, job: Job, attempt: Attempt | None) -> dict[str, str]:
    number = str(job["attempt"])
    if attempt is None:
        return _row({"step": step["step"], "attempt": number, "cost": _amount(job["costUsd"])})
    if len(job["accounts"]) > 1:
        number += f".{attempt['number']}"  # AWS Batch itself has retried the job
    exit_code, peak = attempt["exitCode"], attempt["peakMemoryBytes"]
    return _row(
        {
            "step": step["step"],
            "attempt": number,
            "exit": "none" if exit_code is None else str(exit_code),
            "host": attempt["instanceType"] or _UNKNOWN,
            "paid as": _PAID_AS.get(attempt["purchaseOption"] or "", _UNKNOWN),
            "zone": attempt["availabilityZone"] or _UNKNOWN,
            "vCPUs": f"{attempt['vcpus']:g}",
            "memory used": _UNKNOWN if peak is None else size_text(peak),
            "in queue": duration_text(attempt["queueSeconds"]),
            "ran": duration_text(attempt["runSeconds"]),
            "cost": _amount(attempt["costUsd"], _UNKNOWN),
        }
    )


def _row(values: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(_COLUMNS, "") | values


def _print(console: Console, rows: Sequence[dict[str, str]]) -> None:
    print_table(console, fitting_table(console, rows, _DISPENSABLE, right=_NUMBERS))


def _amount(usd: float | None, otherwise: str = _NOT_YET) -> str:
    return otherwise if usd is None else cost_text(usd)


def _print_unpriced(console: Console, attempts: int) -> None:
    if attempts:
        console.print(f"Left out: {count_text(attempts, 'attempt')} with an unknown price.")
