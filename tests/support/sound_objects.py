"""Small contents of objects that pass the checks of a run's inputs, by their names."""

import struct

FASTA = b">chr1\n" + 10 * (15 * b"ACGT" + b"\n")  # 600 bases
_GENES = """##gff-version 3
chr1\tsim\tgene\t1\t300\t.\t+\t.\tID=g
chr1\tsim\tmRNA\t1\t300\t.\t+\t.\tID=t;Parent=g
chr1\tsim\texon\t1\t300\t.\t+\t.\tID=e;Parent=t
chr1\tsim\tCDS\t1\t300\t.\t+\t0\tID=c;Parent=t
"""
_BODIES = {
    (".fa", ".fasta", ".fna", ".fa.gz"): FASTA,
    (".fai",): b"chr1\t600\t6\t60\t61\n",
    (".ann",): b"600 1 11\n0 chr1 (null)\n0 600 0\n",
    (".mmi",): b"MMI\x02" + struct.pack("<5I", 11, 21, 14, 1, 0) + b"\x04chr1\x58\x02\0\0",
    (".gff3", ".gff", ".gff3.gz", ".gff.gz"): _GENES.encode(),
}


def sound_body(key: str) -> bytes:
    """The content of an object: `x` if it is not checked."""
    return next((body for endings, body in _BODIES.items() if key.endswith(endings)), b"x")
