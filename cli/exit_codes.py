"""What the exit status of `seqstack` says; docs/cli.md has the same table for its users."""

from enum import IntEnum


class ExitCode(IntEnum):
    """An exit status. 2 is also what Typer gives for options that it can't take."""

    OK = 0
    FAILED = 1  # a run that was watched did not succeed, or a check of `doctor` failed
    USAGE = 2  # options or input that can't be used; nothing was started
    NOT_FOUND = 3  # no such run, step, stack, or emulator
    NO_ACCESS = 4  # no credentials, or they may not do this
    UNAVAILABLE = 5  # no answer from AWS or the API, or an error of theirs
    CONFLICT = 6  # the run is not in a state for this, or the key was used before
    INTERRUPTED = 130  # Ctrl-C; as shells have it: 128 + SIGINT
