"""The command line of the program that writes tables: pure."""

from pathlib import Path

MODULE = "parquet.tabulate"


def build_tabulate_command(python: Path, vcf: Path, folder: Path, threads: int) -> list[str]:
    """Write the tables of `vcf` below `folder`; the manifest to stdout."""
    return [str(python), "-m", MODULE, str(vcf), str(folder), str(threads)]
