"""The commands of `seqstack`, a module each, which is loaded when its command is called."""

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is, and what the list of all says of it.

    It is a function of its module's name, or an app of several commands.
    """

    module: str
    summary: str


COMMANDS = {
    "run": Command("run", "Start a run."),
    "list": Command("list_runs", "List runs, newest first."),
    "status": Command("status", "Show how a run stands."),
    "logs": Command("logs", "Show what a step's job has written."),
    "outputs": Command("outputs", "List what a run has made, with links on request."),
    "stop": Command("stop", "Stop a run and its jobs."),
    "resume": Command("resume", "Go on with a run that ended without success."),
    "cost": Command("cost", "Show what runs cost, in US dollars."),
    "reference": Command("reference", "Prepare references, list, show and delete them."),
    "doctor": Command("doctor", "Look whether all is there that runs need."),
    "open": Command("open_report", "Open a run's report, or its page in the AWS console."),
}
