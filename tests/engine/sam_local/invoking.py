"""`sam local invoke`: the command, and what came of it."""

import json
import os
import re
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sample_events import SampleEvent

ROOT = Path(__file__).parents[3]
_PATIENCE_SECONDS = 300
_DURATION = re.compile(r"^REPORT .*\tDuration: ([\d.]+) ms", re.MULTILINE)


class NoAnswerError(RuntimeError):
    """`sam local` gave no payload; the message has the command and what it said instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function gave: its payload, its log, and the seconds that it took."""

    payload: Any
    log: str
    seconds: float

    @property
    def error(self) -> str:
        """The type of the error that it raised, if it did: `sam local` exits 0 all the same."""
        payload = self.payload if isinstance(self.payload, dict) else {}
        return str(payload.get("errorType", ""))


class SamLocal:
    """Runs functions of the built stack in SAM's containers.

    `variables` is the file for --env-vars; `environment` is what `sam` itself sees of AWS.
    """

    def __init__(self, variables: Path, environment: dict[str, str]) -> None:
        self._variables = variables
        inherited = {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"}
        self._environment = {**inherited, **environment, "SAM_CLI_TELEMETRY": "0"}

    def invoke(self, function: str, event: SampleEvent) -> Answer:
        """Call the function of this logical id with an event.

        Raises:
            NoAnswerError: `sam` failed, or printed no JSON.
        """
        command = [
            *shlex.split(os.environ.get("SAM", "sam")),
            *("local", "invoke", function, "-e", str(event.path.relative_to(ROOT))),
            *("--env-vars", str(self._variables)),
            *shlex.split(os.environ.get("SAM_LOCAL_ARGS", "")),
        ]
        began = time.monotonic()
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        took = time.monotonic() - began
        try:
            payload = json.loads(ended.stdout)
        except ValueError as error:
            said = f"exit status {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
            raise NoAnswerError(f"{shlex.join(command)}\n{said}") from error
        reported = _DURATION.search(ended.stderr)
        return Answer(payload, ended.stderr, float(reported[1]) / 1000 if reported else took)
