"""Removes the containers and volumes of an emulator: after its jobs, or when it was killed.

    python -m emulator.engine.batch.leftovers docker seqstack.emulator=0123456789ab

A separate program that uses only the standard library, so that the guardian can run it.
"""

import subprocess
import sys
import time

LABEL = "seqstack.emulator"
"""The label of everything that an emulator creates in an engine; the value names the emulator."""

_SETTLE_SECONDS = 0.5
_ANSWER_SECONDS = 120.0


def command(engine: str, label: str) -> list[str]:
    """The command line of this program."""
    return [sys.executable, "-S", "-m", __name__, engine, label]


def remove(engine: str, label: str) -> bool:
    """Remove all containers, then all volumes, with a label; return whether there were any."""
    found = False
    for listing, removal in (
        (["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"]),
        (["volume", "ls", "--quiet"], ["volume", "rm", "--force"]),
    ):
        if names := _run(engine, *listing, "--filter", f"label={label}").split():
            found = True
            _run(engine, *removal, *names)
    return found


def _run(*arguments: str) -> str:
    ended = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=_ANSWER_SECONDS,
    )
    return ended.stdout


def main(engine: str, label: str) -> None:
    """Remove until nothing is left: the engine may still be creating more."""
    while remove(engine, label):
        time.sleep(_SETTLE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
