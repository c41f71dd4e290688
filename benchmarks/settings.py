"""What every benchmark is told, and what it tells of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from seqstack.tools.registry import Tool


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of all benchmarks.

    `rounds` is how often each measurement is repeated; without it, each benchmark has a number of
    its own. `is_quick` asks for small inputs only, to see that the benchmark works. `folder` is the
    benchmark's own; what it keeps there, such as generated reads, is used again. `scale` is for
    benchmarks whose size can be chosen.
    """

    folder: Path
    rounds: int | None = None
    is_quick: bool = False
    scale: float = 1.0

    @property
    def samples(self) -> Path:
        """The folder of generated samples, which benchmarks share."""
        return self.folder.parent / "samples"


class Benchmark(Protocol):
    """A module of this package that can be measured."""

    TITLE: str
    """Of its section in RESULTS.md."""
    TOOLS: Sequence[Tool]
    """Whose programs' versions matter."""
    PACKAGES: Sequence[str]
    """Packages of Python whose versions matter."""

    def run(self, settings: Settings) -> str:
        """Measure, and give the section's text in Markdown."""
