"""The commands of `seqstack`, a module each, which is loaded when its command is called."""

from typing import NamedTuple


class Command(NamedTuple):
    """The module of a command, and its line in the list.

    It has a function, or an app of several commands, of the same name.
    """

    module: str
    summary: str


COMMANDS = {
    "run": Command("run", "Start a run."),
    "list": Command("list_runs", "List runs, newest first."),
    "status": Command("status", "Show a run's state and steps."),
    "logs": Command("logs", "Show the log of a step's job."),
    "outputs": Command("outputs", "List a run's outputs, with links on request."),
    "download": Command("download", "Copy a run's results to this machine."),
    "crate": Command("crate", "Describe a folder of results as an RO-Crate."),
    "validate": Command("validate", "Compare a run's variants with a truth."),
    "stop": Command("stop", "Stop a run and its jobs."),
    "resume": Command("resume", "Resume a run that ended without success."),
    "delete": Command("delete", "Delete the results that a run has written."),
    "cost": Command("cost", "Show what runs cost, in US dollars."),
    "cohort": Command(
        "cohort", "Run the samples of a sheet; list, watch, stop and resume cohorts."
    ),
    "reference": Command("reference", "Prepare, list, show and delete references."),
    "doctor": Command("doctor", "Check everything that runs need."),
    "ui": Command("ui", "Show runs as pages in the browser of this machine."),
    "open": Command("open_report", "Open a run's report, or its page in the AWS console."),
}
