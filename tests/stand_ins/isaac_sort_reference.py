"""Stands in for isaac-sort-reference: writes sorted-reference.xml, the list of contigs.

Like the real one it takes whatever it is given for text: of a gzipped FASTA it lists contigs whose
names are bytes, and leaves with 0.
"""

import argparse
import hashlib
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_BLANK = b" \t\r\n"
_CONTIGS_OF_BYTES = 4


@dataclass(frozen=True)
class Contig:
    name: bytes
    offset: int
    """Of its first base, in bytes."""
    text: bytes

    @property
    def sequence(self) -> bytes:
        return self.text.translate(None, delete=_BLANK).upper()


def main() -> int:
    parser = argparse.ArgumentParser(prog="isaac-sort-reference")
    parser.add_argument("-g", "--genome-file", required=True)
    parser.add_argument("-o", "--output-directory", default="./iSAACIndex")
    parser.add_argument("-q", "--quiet", action="store_true")
    if shutil.which("make") is None:  # it is a makefile
        sys.stderr.write("env: 'make': No such file or directory\n")
        return 127
    if "--version" in sys.argv:
        sys.stdout.write("iSAAC-04.18.11.09\n")
        return 1
    args = parser.parse_args()
    if " " in args.genome_file:
        sys.stderr.write("make: *** No rule to make target\n")
        return 2
    output = Path(args.output_directory)
    output.mkdir(parents=True, exist_ok=True)
    fasta = Path(args.genome_file).absolute()
    (output / "sorted-reference.xml").write_bytes(describe(fasta, contigs_of(fasta)))
    return 0


def contigs_of(fasta: Path) -> list[Contig]:
    content = fasta.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        return _contigs_of_bytes(content)
    heads = [found.start() for found in re.finditer(rb"^>", content, re.MULTILINE)]
    contigs = []
    for start, end in zip(heads, [*heads[1:], len(content)], strict=True):
        head, _, text = content[start + 1 : end].partition(b"\n")
        contigs.append(Contig(re.split(rb"[ \t\r]", head)[0], end - len(text), text))
    return contigs


def _contigs_of_bytes(content: bytes) -> list[Contig]:
    """Two to six were seen of gzipped files: where a byte 62 happens to begin a line."""
    size = len(content) // _CONTIGS_OF_BYTES
    pieces = [content[at : at + size] for at in range(0, size * _CONTIGS_OF_BYTES, size)]
    return [
        Contig(b"\xff" + piece[:20].translate(None, delete=_BLANK + b"<&"), number * size, piece)
        for number, piece in enumerate(pieces)
    ]


def describe(fasta: Path, contigs: list[Contig]) -> bytes:
    rows, position = [], 0
    for index, contig in enumerate(contigs):
        sequence = contig.sequence
        rows.append(
            b'    <Contig Position="%d">\n' % position
            + b"      <Index>%d</Index>\n" % index
            + b"      <KaryotypeIndex>%d</KaryotypeIndex>\n" % index
            + b"      <Name>%s</Name>\n      <Sequence>\n" % contig.name
            + b"        <File>%s</File>\n" % str(fasta).encode()
            + b"        <Offset>%d</Offset>\n" % contig.offset
            + b"        <Size>%d</Size>\n      </Sequence>\n" % len(contig.text)
            + b"      <TotalBases>%d</TotalBases>\n" % len(sequence)
            + b"      <AcgtBases>%d</AcgtBases>\n" % sum(map(sequence.count, b"ACGT"))
            + b"      <BamMetadata>\n        <Sq>\n          <As></As>\n          <Ur></Ur>\n"
            + b"          <M5>%s</M5>\n" % hashlib.md5(sequence).hexdigest().encode()  # noqa: S324
            + b"        </Sq>\n      </BamMetadata>\n    </Contig>\n"
        )
        position += len(sequence)
    return (
        b'<?xml version="1.0"?>\n<SortedReference>\n  <FormatVersion>9</FormatVersion>\n'
        b"  <SoftwareVersion>iSAAC-04.18.11.09</SoftwareVersion>\n"
        b"  <Contigs>\n" + b"".join(rows) + b"  </Contigs>\n</SortedReference>\n"
    )


if __name__ == "__main__":
    sys.exit(main())
