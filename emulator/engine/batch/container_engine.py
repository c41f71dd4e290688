"""Docker or podman, through the commands that both have.

Uses the command line, not the API: it finds the daemon itself (DOCKER_HOST, a context, podman
without a daemon), and `scripts/images` builds the images with it.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ENGINE_VARIABLE = "ENGINE"
"""The environment variable that names the engine to use."""

_ENGINES = ("docker", "podman")
_ANSWER_SECONDS = 120.0
_NEVER = "0001-01-01T00:00:00Z"


class EngineError(RuntimeError):
    """The engine refused or failed; the message is the last line it wrote."""


class NoEngineError(RuntimeError):
    """Neither docker nor podman answers."""


@dataclass(frozen=True, slots=True)
class ContainerState:
    """A container's state; `exit_code` is 0 until it has ended."""

    has_started: bool
    exit_code: int
    oom_killed: bool


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """`program` is docker or podman, from PATH. Images are never pulled."""

    program: str

    def labels(self, image: str) -> dict[str, str] | None:
        """The labels of an image, or None if there is no such image here."""
        try:
            found = self._call("image", "inspect", "--format", "{{json .Config.Labels}}", image)
        except EngineError:
            return None
        return json.loads(found) or {}

    def image_id(self, image: str) -> str | None:
        """The id (`sha256:…`) of an image, or None if there is no such image here."""
        try:
            found = self._call("image", "inspect", "--format", "{{.Id}}", image).strip()
        except EngineError:
            return None
        return f"sha256:{found.removeprefix('sha256:')}"

    def supports(self, image: str, *options: str) -> bool:
        """Whether a container of `image` can be created with `options`."""
        try:
            container = self._call("create", "--pull", "never", *options, image)
        except EngineError:
            return False
        self.remove(container.strip())
        return True

    def create(self, image: str, command: Sequence[str], options: Iterable[str]) -> None:
        """Create a container.

        Raises EngineError, for example if there is no such image here.
        """
        self._call("create", "--pull", "never", *options, image, *command)

    def create_volume(self, name: str, *options: str) -> None:
        """Create a volume that does not exist yet."""
        self._call("volume", "create", *options, name)

    def start(self, container: str) -> None:
        """Start a container without reading its output."""
        self._call("start", container)

    def start_attached(self, container: str) -> subprocess.Popen[bytes]:
        """Start a container; return a process that forwards its stdout and stderr until it ends."""
        return subprocess.Popen(
            [self.program, "start", "--attach", container],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the emulator, which stops its jobs itself
        )

    def send_signal(self, container: str, name: str) -> subprocess.Popen[bytes]:
        """Begin to send a signal (`TERM`, `KILL`); has no effect on an ended container."""
        return subprocess.Popen(
            [self.program, "kill", "--signal", name, container],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def state(self, container: str) -> ContainerState:
        """Look at a container.

        Raises EngineError if it is gone.
        """
        found = self._call(
            "inspect", "--type", "container", "--format", "{{json .State}}", container
        )
        state = json.loads(found)
        return ContainerState(
            has_started=state["StartedAt"] != _NEVER,
            exit_code=int(state["ExitCode"]),
            oom_killed=bool(state["OOMKilled"]),
        )

    def wait(self, container: str) -> None:
        """Wait without a timeout until a container has ended.

        Raises EngineError if it is gone.
        """
        self._call("wait", container, timeout=None)

    def remove(self, container: str) -> None:
        """Kill and remove a container with the volumes that only it has."""
        self._call("rm", "--force", "--volumes", container)

    def _call(self, *arguments: str, timeout: float | None = _ANSWER_SECONDS) -> str:
        try:
            ended = subprocess.run(
                [self.program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"{self.program} {arguments[0]} does not answer") from error
        if ended.returncode:
            said = ended.stderr.strip().splitlines()
            raise EngineError(said[-1] if said else f"exit status {ended.returncode}")
        return ended.stdout


def find_engine() -> ContainerEngine:
    """The engine that $ENGINE names; by default docker if it answers, otherwise podman.

    Raises:
        NoEngineError: none answers; the message says what to do.
    """
    named = os.environ.get(ENGINE_VARIABLE)
    for program in [named] if named else _ENGINES:
        if _answers(program):
            return ContainerEngine(program)
    who = f"{named} does" if named else "neither docker nor podman does"
    raise NoEngineError(
        f"no container engine answers: {who}; install one and start it, or leave out `--jobs "
        f"containers` to run jobs as processes"
    )


def _answers(program: str) -> bool:
    try:
        ended = subprocess.run(
            [program, "info"], capture_output=True, check=False, timeout=_ANSWER_SECONDS
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
