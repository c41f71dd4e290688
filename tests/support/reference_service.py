"""The reference service of a host, as a process of a test."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobkit.reference_service import reference_session

PROGRAM = Path(__file__).parents[2] / "hosts" / "keep_references.py"


class ServiceProcess:
    """Keeps `folder`; it can end and start again, as with its host."""

    def __init__(self, folder: Path, *, every_time: bool = False) -> None:
        self.folder = folder
        self.objects = folder / "objects"
        self._options = ["--every-time"] if every_time else []
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Return when it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), str(self.folder), *self._options],
            stdout=subprocess.DEVNULL,
        )
        with reference_session(self.folder):
            pass

    def end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def serving(folder: Path, *, every_time: bool = False) -> Iterator[ServiceProcess]:
    service = ServiceProcess(folder, every_time=every_time)
    service.start()
    try:
        yield service
    finally:
        service.end()
