"""Throughput of the emulator's S3 by s5cmd, beside `cp` on the same disk, and the server's memory.

    .venv/bin/python -m benchmarks.object_store --gigabytes 3 --folder /a/folder/on/the/disk

It needs `make build`, and three times the size on the disk. Each round does the same in the same
order; the table has the median of the rounds and their extremes.
"""

import argparse
import filecmp
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.job_runners import job_environment

_REPOSITORY = Path(__file__).resolve().parents[1]
_PIECE_BYTES = 1 << 24
_OBJECT = "s3://benchmark/object"
_READERS = 2


@dataclass(frozen=True, slots=True)
class Server:
    """`python -m emulator serve`."""

    process: int
    environment: dict[str, str]

    def s5cmd(self, *arguments: str) -> None:
        """Run the program as jobs do."""
        environment = job_environment(_REPOSITORY, self.environment)
        url = self.environment["AWS_ENDPOINT_URL"]
        command = ["/usr/bin/env", f"PATH={environment['PATH']}", "s5cmd", "--endpoint-url", url]
        subprocess.run(
            [*command, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
        )

    def status(self, name: str) -> float:
        """A value of its /proc/<pid>/status, in MB."""
        text = Path(f"/proc/{self.process}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
        return int(found[1]) * 1024 / 1e6 if found else 0.0


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The emulator, with its objects below `folder`."""
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--api-port", "0"]
    with subprocess.Popen(
        [*command, "--env-vars", str(folder / "variables.json")],
        cwd=_REPOSITORY,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            environment: dict[str, str] = {}
            for line in process.stdout or ():
                if found := re.match(r"\s+export (\w+)=(.*)", line):
                    environment[found[1]] = found[2]
                if "Stop it with Ctrl-C" in line:
                    break
            yield Server(process.pid, environment)
        finally:
            process.send_signal(signal.SIGINT)


def measure(server: Server, source: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, by its name."""
    copy, got = source.with_name("copy"), source.with_name("got")
    seconds: dict[str, list[float]] = {}

    def take(name: str, *work: list[str]) -> None:
        before = time.monotonic()
        with ThreadPoolExecutor(len(work)) as threads:
            list(threads.map(lambda each: server.s5cmd(*each), work))
        seconds.setdefault(name, []).append(time.monotonic() - before)

    for _ in range(rounds):
        before = time.monotonic()
        subprocess.run(["/bin/cp", source, copy], check=True)
        seconds.setdefault("cp", []).append(time.monotonic() - before)
        copy.unlink()
        take("up", ["cp", str(source), _OBJECT])
        take("down", ["cp", _OBJECT, str(got)])
        if not filecmp.cmp(source, got, shallow=False):
            sys.exit("the object differs from the file")
        got.unlink()
        readers = [source.with_name(f"got-{number}") for number in range(_READERS)]
        take(f"down, {_READERS} at a time", *(["cp", _OBJECT, str(path)] for path in readers))
        for path in readers:
            path.unlink()
        server.s5cmd("rm", _OBJECT)
    return seconds


def report(seconds: dict[str, list[float]], size: int) -> None:
    """Print MB a second, and the share of `cp`."""
    copying = statistics.median(seconds["cp"])
    for name, taken in seconds.items():
        amount = size * (_READERS if "at a time" in name else 1) / 1e6
        best, middle, worst = (amount / f(taken) for f in (min, statistics.median, max))
        share = middle / (size / 1e6 / copying)
        print(f"{name:20} {middle:6.0f} MB/s ({worst:.0f} to {best:.0f}), {share:.2f} of cp")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--gigabytes", type=float, default=3)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", type=Path, default=None)
    options = arguments.parse_args()
    size = int(options.gigabytes * 1e9)
    with TemporaryDirectory(dir=options.folder, prefix="object-store-") as name:
        folder = Path(name)
        source = folder / "source"
        with source.open("wb") as file:
            for start in range(0, size, _PIECE_BYTES):
                file.write(os.urandom(min(_PIECE_BYTES, size - start)))
        with serving(folder) as server:
            server.s5cmd("mb", "s3://benchmark")
            idle = server.status("VmRSS")
            seconds = measure(server, source, options.rounds)
            report(seconds, size)
            load = os.getloadavg()[2]
            peak = server.status("VmHWM")
            print(f"server: {peak:.0f} MB at most, {idle:.0f} MB before")
            print(f"{size / 1e9:g} GB, {os.cpu_count()} CPUs, load average {load:.1f}")


if __name__ == "__main__":
    main()
