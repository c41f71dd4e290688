"""The keeper of reference data, which on AWS each host starts at boot: hosts/keep_references.py."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

from emulator.guardian import Guard

FOLDER = "/scratch/references"
"""The folder of a host that it keeps, as hosts/prepare.sh has it."""
PROGRAM = Path(__file__).resolve().parents[2] / "hosts" / "keep_references.py"

_MARKER = "SEQSTACK_REFERENCE_KEEPER"


class ReferenceKeeper:
    """The keeper as a process, for the folder that stands for `FOLDER` below `host_root`.

    Jobs that are processes run as the same user and could write there, so it verifies a file
    whenever it is wanted.
    """

    def __init__(self, host_root: Path, guard: Guard) -> None:
        folder = host_root / FOLDER.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        marker = uuid.uuid4().hex
        self._guard = guard
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), str(folder), "--every-time"],
            env={"PATH": os.defpath, _MARKER: marker},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        guard.watch(self._process.pid, f"{_MARKER}={marker}")

    def close(self) -> None:
        """End it."""
        self._guard.forget(self._process.pid)
        self._process.kill()
        self._process.wait()


def container_command(path: str) -> list[str]:
    """The arguments of Python in a container that keeps the folder at `path`."""
    return ["-I", "-c", PROGRAM.read_text(), path]


def container_options(volume: str, path: str) -> list[str]:
    """What `docker create` gives that container: the volume to write, and no more."""
    return [
        *("--entrypoint", "python3", "--user", "0:0", "--network", "none", "--no-healthcheck"),
        *("--read-only", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"),
        *("--volume", f"{volume}:{path}"),
    ]
