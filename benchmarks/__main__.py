"""Measure and write RESULTS.md: python -m benchmarks [NAME…]."""

import argparse
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from benchmarks.results import circumstances, write_section
from benchmarks.settings import Benchmark, Settings
from emulator.job_runners import job_path

_HERE = Path(__file__).parent
ORDER: tuple[str, ...] = (
    "engine-overhead",
    "containers",
    "large",
    "orchestration",
    "cold-start",
    "scale",
    "scale-simulation",
)
"""The modules of this package that are benchmarks; sections stand in this order."""
_BY_NAME_ONLY = frozenset({"large"})


def main(words: Sequence[str] | None = None) -> None:
    """Run the benchmarks that are named, or all that `make bench` has."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ORDER))
    arguments.add_argument("--rounds", type=int, help="repetitions of each measurement")
    arguments.add_argument("--quick", action="store_true", help="small inputs only")
    arguments.add_argument("--scale", type=float, default=1.0, help="of the benchmark `large`")
    arguments.add_argument("--folder", type=Path, default=_HERE.parent / ".bench")
    arguments.add_argument("--results", type=Path, default=_HERE / "RESULTS.md")
    options = arguments.parse_args(words)
    if unknown := set(options.names) - set(ORDER):
        arguments.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in options.names or [each for each in ORDER if each not in _BY_NAME_ONLY]:
        benchmark = cast(Benchmark, importlib.import_module(f"benchmarks.{name.replace('-', '_')}"))
        folder = options.folder.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        load = os.getloadavg()[0]
        print(f"{benchmark.TITLE}", flush=True)
        settings = Settings(folder, options.rounds, options.quick, options.scale)
        body = benchmark.run(settings)
        print(body, flush=True)
        about = circumstances(benchmark.TOOLS, benchmark.PACKAGES, load)
        write_section(options.results, name, benchmark.TITLE, f"{body}\n\n{about}", ORDER)


if __name__ == "__main__":
    os.environ["PATH"] = job_path()  # the tools that jobs find
    main()
