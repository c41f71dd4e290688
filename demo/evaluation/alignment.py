"""How well the reads aligned and how deep they lie on the targets."""

from dataclasses import dataclass
from pathlib import Path

from cli.accuracy.programs import run_program


@dataclass(frozen=True, slots=True)
class Alignment:
    """Reads by `samtools stats`; depth is the mean number of reads over a target base."""

    reads: int
    mapped: int
    duplicates: int
    on_target_depth: float

    @property
    def rate(self) -> float:
        """The part of the reads that aligned."""
        return self.mapped / self.reads if self.reads else 0.0


def measure_alignment(stats: Path, bam: Path, targets: Path) -> Alignment:
    """Read the output of `samtools stats` and measure the depth of an indexed BAM.

    Depth is that of `samtools bedcov`: reads that are unmapped, secondary, of failed quality or
    marked as duplicates do not count.

    Raises:
        CliError: samtools cannot read the BAM or its index.
        ValueError: the statistics lack a number.
    """
    numbers = read_summary_numbers(stats)
    total = bases = 0
    for line in run_program("samtools", "bedcov", targets, bam).splitlines():
        _, start, end, *_, covered = line.split("\t")
        bases += int(end) - int(start)
        total += int(covered)
    try:
        reads, mapped, duplicates = (
            int(numbers[name])
            for name in ("raw total sequences", "reads mapped", "reads duplicated")
        )
    except KeyError as missing:
        raise ValueError(f"{stats} has no summary number {missing}") from missing
    return Alignment(reads, mapped, duplicates, total / bases if bases else 0.0)


def read_summary_numbers(stats: Path) -> dict[str, str]:
    """The `SN` section of `samtools stats` by name."""
    lines = stats.read_text(encoding="utf-8").splitlines()
    fields = (line.split("\t") for line in lines if line.startswith("SN\t"))
    return {name.rstrip(":"): value for _, name, value, *_ in fields}
