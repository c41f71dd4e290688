"""The two ways by which SAM calls a function in its container, and what came of a call."""

import json
import os
import shlex
import signal
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config

from tests.support.sample_events import SampleEvent

ROOT = Path(__file__).parents[3]
_PATIENCE_SECONDS = 300
_LOOPBACK = "127.0.0.1"


class NoAnswerError(RuntimeError):
    """`sam local` gave no payload; the message has the command and what it said instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function gave: its payload, its log, and the seconds that the call took."""

    payload: Any
    log: str
    seconds: float

    @property
    def error(self) -> str:
        """The type of the error that it raised, if it did: `sam local` exits 0 all the same."""
        payload = self.payload if isinstance(self.payload, dict) else {}
        return str(payload.get("errorType", ""))


@dataclass(frozen=True, slots=True)
class SamCli:
    """`sam`, and what it needs: `variables` is the file for --env-vars."""

    variables: Path
    environment: dict[str, str]

    def command(self, *words: str) -> list[str]:
        """`sam local …` as this machine needs it."""
        return [
            *shlex.split(os.environ.get("SAM", "sam")),
            *("local", *words, "--env-vars", str(self.variables)),
            *shlex.split(os.environ.get("SAM_LOCAL_ARGS", "")),
        ]

    def all_variables(self) -> dict[str, str]:
        """The environment of `sam` itself."""
        inherited = {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"}
        return {**inherited, **self.environment, "SAM_CLI_TELEMETRY": "0"}


class Caller(Protocol):
    """A way to call a function."""

    name: str

    def invoke(self, function: str, event: SampleEvent) -> Answer:
        """Call the function of this logical id; raises NoAnswerError."""
        ...


class InvokeCommand:
    """`sam local invoke <Function> -e <event>`: a new container for each call."""

    name = "invoke"

    def __init__(self, sam: SamCli) -> None:
        self._sam = sam

    def invoke(self, function: str, event: SampleEvent) -> Answer:
        """Call the function of this logical id; raises NoAnswerError."""
        path = str(event.path.relative_to(ROOT))
        command = self._sam.command("invoke", function, "-e", path)
        began = time.monotonic()
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=self._sam.all_variables(),
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        took = time.monotonic() - began
        try:
            return Answer(json.loads(ended.stdout), ended.stderr, took)
        except ValueError as error:
            said = f"exit status {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
            raise NoAnswerError(f"{shlex.join(command)}\n{said}") from error


class StartLambda:
    """`sam local start-lambda`: each function's container stays warm between calls."""

    name = "start-lambda"

    def __init__(self, sam: SamCli, log: Path) -> None:
        self._log = log
        port = _free_port()
        command = sam.command("start-lambda", "--port", str(port), "--warm-containers", "LAZY")
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=sam.all_variables(), stdout=file, stderr=file
            )
        self._client: Any = boto3.client(
            "lambda",
            endpoint_url=f"http://{_LOOPBACK}:{port}",
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(read_timeout=_PATIENCE_SECONDS, retries={"total_max_attempts": 1}),
        )
        self._wait_for(port)

    def invoke(self, function: str, event: SampleEvent) -> Answer:
        """Call the function of this logical id."""
        before, began = self._log.stat().st_size, time.monotonic()
        answer = self._client.invoke(FunctionName=function, Payload=event.path.read_bytes())
        payload = json.loads(answer["Payload"].read())
        took = time.monotonic() - began
        return Answer(payload, self._log.read_bytes()[before:].decode(), took)

    def close(self) -> None:
        """End the server; it removes its containers."""
        self._client.close()
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_PATIENCE_SECONDS)

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex((_LOOPBACK, port)) == 0:
                    return
            time.sleep(0.1)
        raise NoAnswerError(f"`sam local start-lambda` does not answer\n{self._log.read_text()}")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
