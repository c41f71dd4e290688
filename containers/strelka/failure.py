"""Why Strelka failed, from the reports that it writes into its run folder.

The output of runWorkflow.py itself has no reason.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from jobkit.errors import JobError, OutOfMemoryError

_ERRORS = "workflow.error.log.txt"
_REPORTS = ("workflow.warning.log.txt", "workflow.exitcode.txt", _ERRORS)
_TASK = "Failed to complete"
_LOG_LINES = 40
_SHOWN = 300
# pyflow writes a task's exit code as in Python: -9 is SIGKILL
_KILLED = re.compile(r"(taskExitCode[^0-9A-Za-z-]+|error code: *)-9(?![0-9])")
_STAMPS = re.compile(r"(\[[^\]]*\]\s*)+")  # time, host and process before each line


def workflow_failure(run_dir: Path) -> JobError | None:
    """The error of a failed workflow; None if its reports show no failure."""
    errors = _report(run_dir, _ERRORS)
    lines = [line for line in errors.splitlines() if line.strip()]
    if not lines and _report(run_dir, "workflow.exitcode.txt").strip() in {"", "0"}:
        return None
    evidence = report_lines(run_dir)
    if _KILLED.search(errors):
        return OutOfMemoryError(
            "a task of Strelka was killed",
            hint="the job most likely ran out of memory: give the callVariants step more memory",
            evidence=evidence,
        )
    return JobError(
        f"Strelka failed: {_reason(lines)}",
        hint=f"read {_ERRORS} in its log",
        evidence=evidence,
    )


def _reason(lines: Sequence[str]) -> str:
    """The line that names the task, without the prefix of each line."""
    named = [line for line in lines if _TASK in line]
    for line in (*named, *lines):
        return _STAMPS.sub("", line, count=1)[:_SHOWN]
    return "no reason was reported"


def report_lines(run_dir: Path) -> list[str]:
    """The last lines of every report, those with reasons last."""
    return [
        f"[{name}] {line}"
        for name in _REPORTS
        for line in _report(run_dir, name).splitlines()[-_LOG_LINES:]
    ]


def _report(run_dir: Path, name: str) -> str:
    path = run_dir / name
    return path.read_text(errors="replace") if path.is_file() else ""
