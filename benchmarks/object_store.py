"""Throughput of the emulator's S3 by s5cmd, beside `cp` on the same disk, and the server's memory.

    .venv/bin/python -m benchmarks.object_store --gigabytes 3 --folder /a/folder/on/the/disk

It needs `make build`, and three times the size on the disk. Each round does the same in the same
order; the table has the median of the rounds and their extremes.
"""

import argparse
import filecmp
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.serving import Server, serving

_PIECE_BYTES = 1 << 24
_OBJECT = "s3://benchmark/object"
_READERS = 2


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
