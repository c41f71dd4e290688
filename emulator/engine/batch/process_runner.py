"""Runs jobs as processes: an image's entry point without the image, with the host's tools."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from emulator.engine.batch.access_keys import with_own_key
from emulator.engine.batch.mounts import Mounts
from emulator.engine.batch.output import pump
from emulator.engine.batch.runner import Attempt, CannotStartError, Outcome
from emulator.engine.guardian import Guard, Unguarded
from emulator.engine.process_tree import kill_tree

_BATCH_PREFIX = "AWS_BATCH_"


class EntryPoints(Protocol):
    """The entry points of images, on a machine without the images."""

    @property
    def variables(self) -> Set[str]:
        """The variables that a job definition may set; others could run programs as the user.

        In a container, LD_PRELOAD, PYTHONPATH or PATH affect only the container.
        """

    @property
    def image_variables(self) -> Set[str]:
        """Those of `variables` that name the image, and that a process does not get."""

    def script(self, image: str) -> Path:
        """The Python program; raises `CannotStartError` for an unknown image."""

    def content_of(self, image: str) -> str | None:
        """The digest of the code and programs that it runs; None for an unknown image."""


@dataclass(frozen=True, slots=True)
class ProcessJobRunner:
    """Starts the entry point of an image as a process.

    Each attempt has a folder below `work`, removed at its end, for its home, its temporary files
    and its own volumes; `host_root` stands for the root of the host, whose folders jobs share.
    Memory is scheduled, not limited. `guard` ends jobs with the emulator, however that ends.
    """

    entry_points: EntryPoints
    work: Path
    host_root: Path
    environment: Mapping[str, str]
    guard: Guard = field(default_factory=Unguarded)

    def start(self, attempt: Attempt) -> "ProcessAttempt":
        """Start an attempt.

        Raises `CannotStartError` if the image has no entry point, or jobs may not set a variable.
        """
        self._require_known_variables(attempt.environment)
        script = self.entry_points.script(attempt.image)
        folder = self.work / attempt.file_name
        try:
            process = self._start(attempt, script, folder)
        except (OSError, ValueError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotStartError(f"CannotStartContainerError: {error}") from error
        return ProcessAttempt(attempt, process, folder, self.guard)

    def content_of(self, image: str) -> str | None:
        """The digest of what an entry point runs; None for an unknown image."""
        return self.entry_points.content_of(image)

    def _start(self, attempt: Attempt, script: Path, folder: Path) -> subprocess.Popen[bytes]:
        home, temporary = folder / "home", folder / "tmp"
        for each in (home, temporary):
            each.mkdir(parents=True)
        mounts = Mounts.of(attempt.container, folder, self.host_root)
        mounts.make()
        environment = {
            **with_own_key(self.environment, attempt.job_id),
            "HOME": str(home),
            "TMPDIR": str(temporary),
            **{
                name: mounts.rewrite(value)
                for name, value in attempt.environment.items()
                if name not in self.entry_points.image_variables
            },
        }
        return subprocess.Popen(
            [sys.executable, "-u", str(script), *map(mounts.rewrite, attempt.command)],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _require_known_variables(self, environment: Mapping[str, str]) -> None:
        known = self.entry_points.variables
        refused = sorted(
            name for name in environment if name not in known and not name.startswith(_BATCH_PREFIX)
        )
        if refused:
            raise CannotStartError(
                "CannotStartContainerError: a job that runs as a process gets no "
                f"{', '.join(refused)}; it may set {', '.join(sorted(known))}, and any in a "
                "container"
            )


class ProcessAttempt:
    """An attempt as a process with its own session; its output is read from the start."""

    def __init__(
        self, attempt: Attempt, process: subprocess.Popen[bytes], folder: Path, guard: Guard
    ) -> None:
        assert process.stdout is not None  # noqa: S101  # it was started with a pipe
        self._process = process
        self._output = process.stdout
        self._folder = folder
        self._marker = f"AWS_BATCH_JOB_ID={attempt.job_id}"
        self._guard = guard
        guard.watch(process.pid, self._marker)
        self._reaping = threading.Lock()
        self._reader = threading.Thread(
            target=pump,
            args=[process.stdout.fileno(), attempt.log],
            name=f"batch-output-{attempt.job_id}",
            daemon=True,
        )
        self._reader.start()

    def wait(self) -> Outcome:
        """Wait for the entry point's end, then end all it started, as a container does."""
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._reaping:
            kill_tree(self._process.pid, self._marker)
            self._guard.forget(self._process.pid)
            status = self._process.wait()
        self._reader.join()
        self._output.close()
        shutil.rmtree(self._folder)
        return Outcome(exit_code(status))

    def terminate(self) -> None:
        """Send SIGTERM to the entry point alone, as `docker stop` does."""
        self._signal_if_alive(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the entry point and everything that it started."""
        with self._reaping:
            if self._process.returncode is None:
                kill_tree(self._process.pid, self._marker)

    def _signal_if_alive(self, number: signal.Signals) -> None:
        with self._reaping:
            if self._process.returncode is None:
                os.kill(self._process.pid, number)


def exit_code(status: int) -> int:
    """Turn a Popen status into a container's exit code: 128 + n if signal n ended it."""
    return 128 - status if status < 0 else status
