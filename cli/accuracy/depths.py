"""The depth of places that have no call, from the sample's genome VCF."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.accuracy.alleles import Record
from cli.accuracy.programs import run_program


def depths_at(gvcf: Path, contig: str, places: Sequence[int]) -> dict[int, int]:
    """Reads at each place of a contig, counted from 1, as far as a block or record tells.

    Raises:
        CliError: bcftools can't read the file or its index.
    """
    if not places:
        return {}
    with TemporaryDirectory() as scratch:
        bed = Path(scratch) / "places.bed"
        bed.write_text("".join(f"{contig}\t{pos - 1}\t{pos}\n" for pos in sorted(set(places))))
        lines = run_program(
            "bcftools", "view", "--no-header", "--regions-file", bed, gvcf
        ).splitlines()
    wanted, found = sorted(set(places)), dict[int, int]()
    at = 0
    for record in map(Record.of, lines):
        while at < len(wanted) and wanted[at] < record.pos:
            at += 1
        n = at
        while n < len(wanted) and wanted[n] <= record.end:
            if record.depth is not None:
                found.setdefault(wanted[n], record.depth)
            n += 1
    return found
