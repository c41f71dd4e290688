"""The command line of the program that writes tables: pure."""

from pathlib import Path

MODULE = "parquet.tabulate"


def build_tabulate_command(
    python: Path, vcf: Path, folder: Path, manifest: Path, threads: int
) -> list[str]:
    """Write the tables of `vcf` below `folder`, and what they are to `manifest`."""
    return [*map(str, (python, "-m", MODULE, vcf, folder, manifest, threads))]
