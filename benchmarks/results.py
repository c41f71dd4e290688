"""The file of results: a section for each benchmark, with the machine and the versions it had."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from jobkit.versions import versions_of
from seqstack.tools.registry import Tool

_HEADER = """# Results of the benchmarks

`make bench` measures and writes this file ([how](../docs/development.md#benchmarks)). A figure is
the median of the rounds of one run, with the extremes in brackets. What is compared was measured in
turn on the same machine. Compare figures of one section only: sections may come from other days and
machines.
"""


def write_section(path: Path, name: str, title: str, body: str, order: Sequence[str]) -> None:
    """Write a section, in place of the one of the same name; sections stand in `order`.

    Raises:
        ValueError: `order` lacks `name`.
    """
    text = path.read_text() if path.exists() else ""
    sections = {each: found for each in order if (found := _section(text, each))}
    sections[name] = f"{_begin(name)}\n\n## {title}\n\n{body.strip()}\n\n{_end(name)}"
    ordered = sorted(sections, key=list(order).index)
    path.write_text("\n".join([_HEADER, *(f"{sections[each]}\n" for each in ordered)]))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def circumstances(tools: Iterable[Tool], packages: Iterable[str], load: float) -> str:
    """When, on what machine, of which commit, with which versions; `load` was its load before.

    Raises:
        jobkit.errors.ToolMissingError: one of the tools' programs is not installed.
    """
    kernel = ".".join(platform.release().split(".")[:2])
    memory = _first(r"MemTotal:\s+(\d+)", "/proc/meminfo")
    programs = [item for each in tools for item in versions_of(each.definition).items()]
    versions = [f"{name} {version}" for name, version in dict(programs).items()]
    versions += [f"{each} {metadata.version(each)}" for each in packages]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}; {os.process_cpu_count()} CPUs "
        f"({_first(r'model name\s*:\s*(.+)', '/proc/cpuinfo') or platform.machine()}), "
        f"{int(memory or 0) / (1 << 20):.0f} GiB of memory, Linux {kernel}, "
        f"load average before {load:.1f}; Python {platform.python_version()}"
        + "".join(f", {version}" for version in versions)
        + "."
    )


def version_in(environment: Path, package: str) -> str:
    """The version of a package of another virtual environment; empty if it is not there."""
    places = [str(path) for path in environment.glob("lib/python*/site-packages")]
    return next((each.version for each in metadata.distributions(name=package, path=places)), "")


def _commit() -> str:
    def git(*words: str) -> str:
        command = ["git", *words]
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!RESULTS.md")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def _first(pattern: str, path: str) -> str:
    found = re.search(pattern, Path(path).read_text())
    return found[1].strip() if found else ""


def _section(text: str, name: str) -> str:
    found = re.search(f"{re.escape(_begin(name))}.*?{re.escape(_end(name))}", text, re.DOTALL)
    return found[0] if found else ""


def _begin(name: str) -> str:
    return f"<!-- {name} -->"


def _end(name: str) -> str:
    return f"<!-- end of {name} -->"
