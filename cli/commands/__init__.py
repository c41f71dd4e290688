"""The commands of `seqstack`, a module each, which is loaded when its command is called."""

from typing import NamedTuple


class Command(NamedTuple):
    """Where a command is (a function of its module's name), and what the list of all says of it."""

    module: str
    summary: str


COMMANDS = {
    "run": Command("run", "Start a run."),
    "list": Command("list_runs", "List runs, newest first."),
    "status": Command("status", "Show how a run stands."),
    "stop": Command("stop", "Stop a run and its jobs."),
}
