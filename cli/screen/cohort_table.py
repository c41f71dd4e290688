"""A cohort in a few lines."""

from collections.abc import Callable, Iterator

from rich.console import Console

from cli.screen.text import cost_text, count_text, moment_text, size_text
from cli.shapes.cohorts import CohortDetail, CohortPlan, JointCall
from seqstack.domain.plain_text import harmless, one_line

_ORDER = ("RUNNING", "SUCCEEDED", "QC_FAILED", "FAILED", "TIMED_OUT", "ABORTED")

_BASIS = {"cohort": "of this cohort", "tools": "with the same tools"}


def print_cohort(console: Console, cohort: CohortDetail, command: Callable[..., str]) -> None:
    """The cohort's state, plan and samples, and why it failed.

    `command` builds the commands that it suggests, for the cohort's stack.
    """
    for line in _lines(cohort, command):
        console.print(one_line(line), soft_wrap=True, markup=False, highlight=False)
    failure = cohort["failure"]
    if failure:
        console.print(
            harmless(f"{failure['error']}: {failure['cause']}"),
            soft_wrap=True,
            markup=False,
            highlight=False,
        )


def _lines(cohort: CohortDetail, command: Callable[..., str]) -> Iterator[str]:
    kind = "Dry run of cohort" if cohort["isDryRun"] else "Cohort"
    yield (
        f"{kind} {cohort['cohortId']}: {cohort['state'].lower()}, "
        f"started {moment_text(cohort['startedAt'])}"
    )
    plan = cohort["plan"]
    if plan is None:
        if cohort["state"] == "RUNNING":
            yield "The sheet is being checked."
        return
    yield (
        f"Plan: {count_text(plan['samples'], 'sample')}, {size_text(plan['inputBytes'])} of reads; "
        f"{plan['new']} new, {plan['again']} again, {plan['follow']} running, {plan['done']} done"
    )
    if plan["left"]:
        at_once = min(plan["maxConcurrency"], plan["left"])
        yield f"To run: {count_text(plan['left'], 'sample')}, at most {at_once} at once"
        estimate = plan["estimate"]
        yield (
            "Estimate: none yet, no run with these tools has succeeded"
            if estimate is None
            else f"Estimate: {cost_text(estimate['usd'])} and {estimate['hours']:g} hours of runs, "
            f"from {count_text(estimate['runs'], 'run')} {_BASIS[estimate['basis']]}"
            + _prices(estimate["priceRatio"])
        )
        if plan["budgetUsd"] is not None:
            yield _budget(plan)
    if left_out := plan.get("leftOut"):
        yield f"Not in the sheet, and left out: {count_text(left_out, 'earlier sample')}"
    if plan["warnings"]:
        yield f"Warnings: {plan['warnings']}, in {plan['folder']}plan.jsonl"
    if not cohort["isDryRun"]:
        counts = cohort["samples"]
        known = [f"{counts[state]} {state.lower()}" for state in _ORDER if counts.get(state)]
        if cohort["notStarted"]:
            known.append(f"{cohort['notStarted']} not started")
        yield f"Samples: {', '.join(known) or 'none'}"
        yield from money_lines(cohort)
    if joint := plan.get("joint"):
        yield from _joint_lines(joint, command)


def money_lines(cohort: CohortDetail, *, below_bill: bool = False) -> Iterator[str]:
    """The cost so far and to come, and the budget.

    `below_bill`: below the cohort's bill, which says how many attempts have no price.
    """
    line = f"Cost so far: {cost_text(cohort['costUsd'])}"
    waiting = cohort["notStarted"]
    if waiting or cohort["state"] == "RUNNING":
        line += f"; to come, by estimate: {cost_text(cohort['costToComeUsd'])}"
    if cohort["budgetUsd"] is not None:
        line += f"; budget: {cost_text(cohort['budgetUsd'])}"
    yield line
    attempts, has_budget = cohort["unpricedAttempts"], cohort["budgetUsd"] is not None
    if attempts and not below_bill:
        counted = ", which the budget does not count" if has_budget else ""
        yield f"Left out: {count_text(attempts, 'attempt')} with an unknown price{counted}"
    elif attempts and has_budget:
        yield "The budget does not count what is left out"
    if cohort["budgetMetAt"]:
        text = f"Budget met at {moment_text(cohort['budgetMetAt'])}"
        yield f"{text}: {count_text(waiting, 'sample')} not started" if waiting else text


def _prices(ratio: float | None) -> str:
    """Which prices an estimate is at; `ratio` compares those of the day with those of its runs."""
    if ratio is None:
        return ""
    percent = round(100 * (ratio - 1))
    change = f" ({abs(percent)} % {'above' if percent > 0 else 'below'} theirs)" if percent else ""
    return f", at the day's Spot prices{change}"


def _budget(plan: CohortPlan) -> str:
    line = (
        f"Budget: {cost_text(plan['budgetUsd'])}, of which {cost_text(plan['spentUsd'])} is spent"
    )
    verdict = {
        True: "; the estimate exceeds it, so that samples would not be started",
        False: "; the estimate is within it",
        None: "",
    }
    return line + verdict[plan["exceedsBudget"]]


def _joint_lines(joint: JointCall, command: Callable[..., str]) -> Iterator[str]:
    if joint["message"]:
        yield joint["message"].capitalize()
        return
    yield f"Joint VCF of {count_text(joint['samples'], 'sample')}: run {joint['runId']}"
    yield f"  {joint['results']}"
    if report := joint.get("report"):
        yield f"MultiQC of all samples: {command('open', joint['runId'], '--qc')}"
        yield f"  {report}"
    elif why := joint.get("reportMessage"):
        yield why[:1].upper() + why[1:]
