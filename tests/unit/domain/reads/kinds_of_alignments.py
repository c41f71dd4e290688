"""Kinds of BAM and CRAM files that people bring: the rows of docs/inputs.md, section BAM and CRAM.

Files are written by pysam, which is htslib, and then spoiled by hand.
"""

import gzip
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pysam

from seqstack.domain.reads.fastq_file import HEAD_BYTES
from seqstack.tools.registry import Tool
from tests.support.small_reads import fastq

ACCEPTED = "accepted"
WARNED = "warned"
REFUSED = "refused"

CONTIG = "ACGTTGCAAGCTTGCA" * 25
FAI = f"chr1\t{len(CONTIG)}\t6\t{len(CONTIG)}\t{len(CONTIG) + 1}\n".encode()
OTHER_FAI = b"chr1\t399\t6\t399\t400\n"
ONE = {"ID": "one", "SM": "s", "PL": "ILLUMINA"}
PAIRED, SINGLE = (77, 141), (4, 4)


@dataclass(frozen=True)
class Case:
    """Files, and the verdict: `words` stand in the refusal, or are the warning's code."""

    row: str
    verdict: str
    files: tuple[bytes, ...]
    words: str = ""
    aligner: Tool = Tool.BWA
    fai: bytes = FAI
    note: str = field(default="", compare=False)


def written(
    kind: str = "bam",
    *,
    groups: Sequence[dict[str, str]] = (ONE,),
    flags: tuple[int, int] = PAIRED,
    pairs: int = 8,
    quality: str | None = "#,:FFFFF",
    version: str = "3.0",
    contigs: int = 1,
    umi: str = "",
    name: str = "read{}",
) -> bytes:
    """A file of reads of 16 bases that are not aligned."""
    header = {
        "HD": {"VN": "1.6"},
        "SQ": [{"SN": "chr1", "LN": len(CONTIG)}]
        + [{"SN": f"other{number}", "LN": 1000} for number in range(1, contigs)],
        "RG": list(groups),
    }
    with tempfile.TemporaryDirectory() as folder:
        fasta, path = Path(folder) / "r.fa", Path(folder) / f"reads.{kind}"
        fasta.write_text(f">chr1\n{CONTIG}\n")
        mode, more = {"bam": ("wb", []), "cram": ("wc", [f"version={version}".encode()])}[kind]
        with pysam.AlignmentFile(
            str(path), mode, header=header, reference_filename=str(fasta), format_options=more
        ) as file:
            for number in range(pairs):
                for flag in flags:
                    read = pysam.AlignedSegment(file.header)
                    read.query_name, read.flag = name.format(number), flag
                    at = (7 * number + flag) % 300
                    read.query_sequence = CONTIG[at : at + 16]
                    if quality:
                        read.query_qualities = pysam.qualitystring_to_array(quality * 2)
                    if groups:
                        read.set_tag("RG", groups[0]["ID"])
                    if umi:
                        read.set_tag("RX", umi)
                    file.write(read)
        return path.read_bytes()


def accepted() -> Iterator[Case]:
    yield Case("bam", ACCEPTED, (written(),))
    yield Case("bam", ACCEPTED, (written(pairs=100_000),), note="large")
    yield Case("bam", ACCEPTED, (written(contigs=3000),), note="many contigs")
    lanes = [written(groups=[{**ONE, "ID": lane}], name=f"{lane}:{{}}") for lane in ("one", "two")]
    yield Case("bam", ACCEPTED, tuple(lanes), note="two files")
    for version in ("2.1", "3.0", "3.1"):
        yield Case("cram", ACCEPTED, (written("cram", version=version),), note=version)
    yield Case("cram", ACCEPTED, (written("cram", pairs=200_000),), note="large")
    yield Case("no-groups", ACCEPTED, (written(groups=()),))
    yield Case("no-groups", ACCEPTED, (written(groups=[{"ID": "one"}]),), note="no SM")


def warned() -> Iterator[Case]:
    other = [{**ONE, "SM": "other"}]
    yield Case("other-sample", WARNED, (written(groups=other),), "otherSampleName")
    yield Case("other-sample", WARNED, (written("cram", groups=other),), "otherSampleName")
    for kind in ("bam", "cram"):
        yield Case("umi-tags", WARNED, (written(kind, umi="ACGT-TTGA"),), "umisNotUsed", note=kind)
    many = written("cram", umi="ACGT", pairs=200_000)
    yield Case("umi-tags", WARNED, (many,), "umisNotUsed", note="large")
    named = written(name="A00:12:HXX:1:1101:1000:{}:ACGTTCGA")
    yield Case("umi-tags", WARNED, (named,), "umisNotUsed", note="names")


def refused() -> Iterator[Case]:
    bam, cram = written(), written("cram")
    two = [ONE, {"ID": "two", "SM": "other"}]
    yield Case("several-samples", REFUSED, (written(groups=two),), "reads of 2 samples (other, s)")
    yield Case(
        "several-samples",
        REFUSED,
        (bam, written(groups=two[1:])),
        "reads of 2 samples (other, s)",
        note="in two files",
    )
    differs = written(groups=[{**ONE, "PU": "lane2"}])
    yield Case("groups-differ", REFUSED, (bam, differs), "another read group 'one' than")
    yield Case("file-twice", REFUSED, (bam, bam), "is the same as")
    again = written(quality="FFFFFFF,")  # as quality scores are recalibrated
    yield Case("file-twice", REFUSED, (bam, again), "begins with the same reads as")
    names = [f"r{number}" for number in range(8)]
    others = {
        "it looks like FASTQ": gzip.compress(fastq(names)),
        "is a SAM file": b"@HD\tVN:1.6\n",
        "a FASTA file": b">chr1\nACGT\n",
        "a page of HTML": b"<html></html>",
        "packed by gzip, not by bgzip": gzip.compress(gzip.decompress(bam)),
    }
    for words, body in others.items():
        yield Case("not-bam", REFUSED, (body,), words)
    yield Case("bam-empty", REFUSED, (b"",), "is empty")
    yield Case("bam-empty", REFUSED, (written(pairs=0),), "holds no reads")
    yield Case("bam-truncated", REFUSED, (bam[:-1],), "without its end block")
    yield Case("bam-truncated", REFUSED, (cram[:-1],), "without its end container")
    large = written(pairs=100_000)
    assert len(large) > HEAD_BYTES
    yield Case("bam-truncated", REFUSED, (large[:-100],), "without its end block", note="large")
    for at in (60, len(bam) - 80):
        spoiled = bytearray(bam)
        spoiled[at : at + 20] = bytes(20)
        yield Case("bam-damaged", REFUSED, (bytes(spoiled),), "is damaged (", note=f"at {at}")
    yield Case("single-end", REFUSED, (written(flags=SINGLE),), "holds single reads")
    yield Case("no-qualities", REFUSED, (written(quality=None),), "without qualities")
    high = written(quality="".join(chr(ord(q) + 31) for q in "5,:FFFFF"))
    yield Case("bam-offset-64", REFUSED, (high,), "qualities 31 too high")
    for major, minor in ((1, 0), (4, 0)):
        changed = cram[:4] + bytes([major, minor]) + cram[6:]
        yield Case("cram-version", REFUSED, (changed,), f"is CRAM {major}.{minor}")
    yield Case("cram-reference", REFUSED, (cram,), "made with another FASTA", fai=OTHER_FAI)
    yield Case("bam-isaac", REFUSED, (bam,), "isaac takes FASTQ files only", aligner=Tool.ISAAC)


CASES = [*accepted(), *warned(), *refused()]
