"""Stands in for isaac-sort-reference: writes sorted-reference.xml, the list of contigs."""

import argparse
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="isaac-sort-reference")
    parser.add_argument("-g", "--genome-file", required=True)
    parser.add_argument("-o", "--output-directory", default="./iSAACIndex")
    parser.add_argument("-q", "--quiet", action="store_true")
    if "--version" in sys.argv:
        sys.stdout.write("iSAAC-04.18.11.09\n")
        return 1
    args = parser.parse_args()
    if " " in args.genome_file:
        sys.stderr.write("make: *** No rule to make target\n")
        return 2
    output = Path(args.output_directory)
    output.mkdir(parents=True, exist_ok=True)
    fasta = Path(args.genome_file).resolve()
    (output / "sorted-reference.xml").write_text(describe(fasta))
    return 0


def is_gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def describe(fasta: Path) -> str:
    """The XML; a gzipped FASTA has no contigs in it, and that is no error."""
    contigs: list[tuple[str, int, int, int]] = []
    offset = 0
    with fasta.open("rb") as lines:
        for line in () if is_gzipped(fasta) else lines:
            offset += len(line)
            if line.startswith(b">"):
                name = line[1:].split()[0].decode("ascii", "replace")
                contigs.append((name, 0, offset, 0))
            elif contigs:
                name, bases, start, size = contigs[-1]
                contigs[-1] = (name, bases + len(line.strip()), start, size + len(line))
    rows = [
        f'    <Contig Position="{position}">\n'
        f"      <Index>{position}</Index>\n      <Name>{name}</Name>\n"
        f"      <Sequence>\n        <TotalBases>{bases}</TotalBases>\n"
        f"        <File>{fasta}</File>\n        <Offset>{start}</Offset>\n"
        f"        <Size>{size}</Size>\n      </Sequence>\n    </Contig>\n"
        for position, (name, bases, start, size) in enumerate(contigs)
    ]
    body = "".join(rows)
    return (
        '<?xml version="1.0"?>\n<SortedReference>\n  <FormatVersion>9</FormatVersion>\n'
        f"  <Contigs>\n{body}  </Contigs>\n</SortedReference>\n"
    )


if __name__ == "__main__":
    sys.exit(main())
