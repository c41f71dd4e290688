"""The reference service, which each host on AWS starts at boot: hosts/keep_references.py."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

from emulator.engine.batch.container_runner import Companion
from emulator.engine.guardian import Guard

FOLDER = "/scratch/references"
"""The service's folder on a host, as in hosts/prepare.sh."""
PROGRAM = Path(__file__).resolve().parents[1] / "hosts" / "keep_references.py"

_IN_CONTAINER = "/references"
_MARKER = "SEQSTACK_REFERENCE_SERVICE"


class ReferenceService:
    """The service as a process, for the folder that represents `FOLDER` below `host_root`.

    Jobs that are processes run as the same user and could write there, so it verifies a file at
    each request.
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


def in_container(volume: str) -> Companion:
    """The service in a container, which may only write to the volume."""
    options = (
        *("--entrypoint", "python3", "--user", "0:0", "--network", "none", "--no-healthcheck"),
        *("--read-only", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"),
        *("--volume", f"{volume}:{_IN_CONTAINER}"),
    )
    return Companion(options, ("-I", "-c", PROGRAM.read_text(), _IN_CONTAINER))
