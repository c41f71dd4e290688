"""Runs jobs as containers: the tools' images, by docker or podman."""

import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from emulator.engine.batch import leftovers
from emulator.engine.batch.access_keys import with_own_key
from emulator.engine.batch.container_engine import ContainerEngine, ContainerState, EngineError
from emulator.engine.batch.container_options import create_options
from emulator.engine.batch.output import pump
from emulator.engine.batch.runner import (
    OUT_OF_MEMORY,
    Attempt,
    CannotStartError,
    Outcome,
    cannot_pull,
)
from emulator.engine.guardian import Guard, Unguarded

_LOOK_SECONDS = 0.05
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Companion:
    """A host's container beside its jobs: options of `docker create`, and arguments."""

    options: Sequence[str]
    command: Sequence[str]


type MakeCompanion = Callable[[str], Companion]
"""Makes the companion that works on a volume of this name."""


class ContainerJobRunner:
    """Starts the image of a job definition with all settings of the definition.

    `environment` points the AWS SDKs at the emulator. `local_image` names the image on this machine
    that a job definition's image was pushed from. A folder of the host is a volume that jobs share
    until `close`; a folder of `companions` has its companion, in a container of the first job's
    image. A volume without a folder is the job's own. `guard` removes containers and volumes with
    the emulator, however that ends.
    """

    def __init__(
        self,
        engine: ContainerEngine,
        environment: Mapping[str, str],
        guard: Guard | None = None,
        *,
        local_image: Callable[[str], str],
        companions: Mapping[str, MakeCompanion],
    ) -> None:
        self._engine = engine
        self._environment = dict(environment)
        self._guard = guard or Unguarded()
        self._local_image = local_image
        self._companions = dict(companions)
        self._label = f"{leftovers.LABEL}={uuid.uuid4().hex[:12]}"
        self._volumes: dict[str, str] = {}
        self._has_init: bool | None = None
        self._lock = threading.Lock()
        self._guard.afterwards(leftovers.command(engine.program, self._label))

    def start(self, attempt: Attempt) -> "ContainerAttempt":
        """Start an attempt and return when its container runs, or raise `CannotStartError`."""
        image = self._local_image(attempt.image)
        if self._engine.labels(image) is None:
            raise CannotStartError(cannot_pull(attempt.image))
        name = f"seqstack-{attempt.file_name}"
        try:
            options = self._options(attempt, image)
            self._engine.create(image, attempt.command, ["--name", name, *options])
        except EngineError as error:
            raise CannotStartError(f"CannotCreateContainerError: {error}") from error
        running = ContainerAttempt(self._engine, name, attempt, self._guard)
        running.require_started()
        return running

    def content_of(self, image: str) -> str | None:
        """The id of the local image, which is the digest of its configuration."""
        return self._engine.image_id(self._local_image(image))

    def close(self) -> None:
        """Remove all remaining containers and volumes."""
        leftovers.remove(self._engine.program, self._label)

    def _options(self, attempt: Attempt, image: str) -> list[str]:
        options = create_options(attempt.container, lambda folder: self._volume_of(folder, image))
        if "--init" in options and not self._supports_init(image):
            options.remove("--init")
        variables = {
            **with_own_key(self._environment, attempt.job_id),
            **attempt.environment,
        }
        settings = [f"--env={name}={value}" for name, value in variables.items()]
        return ["--label", self._label, *options, *settings]

    def _volume_of(self, folder: str, image: str) -> str:
        with self._lock:
            if folder not in self._volumes:
                name = f"seqstack-{uuid.uuid4().hex[:12]}"
                self._engine.create_volume(name, "--label", self._label)
                if folder in self._companions:
                    self._start_companion(self._companions[folder](name), f"{name}-service", image)
                self._volumes[folder] = name
            return self._volumes[folder]

    def _start_companion(self, companion: Companion, name: str, image: str) -> None:
        options = ["--name", name, "--label", self._label, *companion.options]
        self._engine.create(image, companion.command, options)
        self._engine.start(name)

    def _supports_init(self, image: str) -> bool:
        """Podman's init program is a separate package (catatonit), which may be missing."""
        with self._lock:
            if self._has_init is None:
                self._has_init = self._engine.supports(image, "--label", self._label, "--init")
            return self._has_init


class ContainerAttempt:
    """An attempt as a container; its output is read from the start.

    The streams are read separately, as by Docker's log drivers, so that lines are not mixed.
    """

    def __init__(self, engine: ContainerEngine, name: str, attempt: Attempt, guard: Guard) -> None:
        self._engine = engine
        self._name = name
        self._attempt = attempt
        self._guard = guard
        self._process = engine.start_attached(name)
        guard.watch(self._process.pid, f"AWS_BATCH_JOB_ID={attempt.job_id}")
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._signals: list[subprocess.Popen[bytes]] = []
        self._has_ended = False
        self._signalling = threading.Lock()
        self._logging = threading.Lock()
        name = f"batch-output-{attempt.job_id}"
        self._readers = [
            threading.Thread(target=self._read, args=[stream], name=name, daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def require_started(self) -> None:
        """Return when the container runs, or has run.

        Raises CannotStartError, and removes the container, if it never does.
        """
        while not self._engine.state(self._name).has_started:
            if self._process.poll() is None:
                time.sleep(_LOOK_SECONDS)
            elif not self._engine.state(self._name).has_started:
                self._end()
                said = " ".join(self._last_lines)
                raise CannotStartError(f"CannotStartContainerError: {said}")

    def wait(self) -> Outcome:
        """Wait for the container's end and remove it."""
        self._process.wait()
        try:
            self._engine.wait(self._name)
            return outcome_of(self._engine.state(self._name))
        except EngineError as error:
            return Outcome(None, f"CannotInspectContainerError: {error}")
        finally:
            self._end()

    def terminate(self) -> None:
        """Send SIGTERM to the entry point."""
        self._send("TERM")

    def kill(self) -> None:
        """Kill the entry point, which ends everything in the container."""
        self._send("KILL")

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            pump(stream.fileno(), self._log)

    def _log(self, lines: Sequence[str]) -> None:
        with self._logging:
            self._last_lines.extend(lines)
            self._attempt.log(lines)

    def _send(self, signal: str) -> None:
        with self._signalling:
            if not self._has_ended:
                self._signals.append(self._engine.send_signal(self._name, signal))

    def _end(self) -> None:
        with self._signalling:
            self._has_ended = True
        for sending in self._signals:
            sending.wait()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        self._guard.forget(self._process.pid)
        self._engine.remove(self._name)


def outcome_of(state: ContainerState) -> Outcome:
    """How an attempt ended; as in ECS, memory is the reason if the kernel says so."""
    return Outcome(state.exit_code, OUT_OF_MEMORY if state.oom_killed else None)
