"""Check a BAM or CRAM file of reads by its first and last block."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from seqstack.domain.reads.bam_start import BAM_MAGIC, BamRecord, BamStart, read_bam_start
from seqstack.domain.reads.cram_start import (
    CRAM_MAGIC,
    SUPPORTED,
    cram_version,
    ends_well,
    has_umi_tag,
    read_cram_header,
)
from seqstack.domain.reads.fastq_file import MOST_RECORDS, FileBlocks
from seqstack.domain.reads.kinds import foreign_kind
from seqstack.domain.reads.packing import BGZF_END, Packing, Unpacked, packing_of, unpack
from seqstack.domain.reads.quality import has_offset_64
from seqstack.domain.reads.records import Fault
from seqstack.domain.reads.sam_header import SamHeader

_HEADER_BYTES = 4 << 20  # some 100,000 contigs
_AGAIN = "upload it again: it was cut off, or was written by a program that did not end well"
_PHRED_33 = 33
SINGLE_READS: Final = Fault(
    "holds single reads, without mates; pairs are supported",
    "give the sample's paired reads",
)


class AlignmentFormat(StrEnum):
    """The formats of reads besides FASTQ."""

    BAM = "BAM"
    CRAM = "CRAM"


FASTQ_BYTES: Final[Mapping[AlignmentFormat, float]] = {
    AlignmentFormat.BAM: 2.0,
    AlignmentFormat.CRAM: 5.0,
}
"""Bytes of gzipped FASTQ that need as much scratch as a byte of these files.

Of 3,327 reads of NA12878 with binned qualities, FASTQ has 296 KB, a sorted BAM 293 KB, a CRAM
146 KB, and what `samtools collate` writes beside it 415 KB. Deep coverage and coarse qualities make
sorted BAM and CRAM smaller still.
"""


@dataclass(frozen=True, slots=True)
class AlignmentFile:
    """A file's header, or its fault; `header` is None if it is longer than what was read.

    `has_umis` says that its first reads have UMIs, in the tag RX or in their names (of CRAM, only
    the tag is seen). `reads` are the names and bases of the first reads, none of CRAM.
    """

    format: AlignmentFormat | None
    header: SamHeader | None = None
    fault: Fault | None = None
    has_umis: bool = False
    reads: tuple[tuple[bytes, bytes], ...] = ()

    def has_reads_of(self, other: Self) -> bool:
        """True if both files begin with the same reads."""
        pairs = list(zip(self.reads, other.reads, strict=False))
        return bool(pairs) and all(one == another for one, another in pairs)


def look_at_alignment(blocks: FileBlocks) -> AlignmentFile:
    """Read a file's blocks; what they do not show, such as damage in its middle, is not found."""
    if not blocks.size:
        return AlignmentFile(None, fault=Fault("is empty", "upload it again"))
    if blocks.head.startswith(CRAM_MAGIC):
        return _look_at_cram(blocks)
    start = unpack(blocks.head, _HEADER_BYTES)
    if start.problem and packing_of(blocks.head) is not Packing.PLAIN:
        fault = Fault(f"is damaged ({start.problem})", "upload it again")
        return AlignmentFile(None, fault=fault)
    if not start.text.startswith(BAM_MAGIC):
        return AlignmentFile(None, fault=_other(start.text or blocks.head))
    return _look_at_bam(blocks, start)


def _look_at_cram(blocks: FileBlocks) -> AlignmentFile:
    header = _read_cram(blocks)
    if not isinstance(header, str):
        return AlignmentFile(AlignmentFormat.CRAM, fault=header)
    has_umis = has_umi_tag(blocks.head)
    return AlignmentFile(AlignmentFormat.CRAM, SamHeader.parse(header), has_umis=has_umis)


def _look_at_bam(blocks: FileBlocks, start: Unpacked) -> AlignmentFile:
    read = _read_bam(blocks, start)
    if not isinstance(read, BamStart):
        return AlignmentFile(AlignmentFormat.BAM, fault=read)
    has_tags = any(record.has_umi_tag for record in read.records)
    has_names = bool(read.records) and all(record.has_umi_name for record in read.records)
    header = SamHeader.parse(read.header)
    reads = tuple(record.read for record in read.records)
    has_umis = has_tags or has_names
    return AlignmentFile(AlignmentFormat.BAM, header, has_umis=has_umis, reads=reads)


def _read_bam(blocks: FileBlocks, start: Unpacked) -> BamStart | Fault | None:
    """Header and first records, None if the header was not seen whole, or what is wrong."""
    if packing_of(blocks.head) is not Packing.BGZF:
        return Fault("is a BAM packed by gzip, not by bgzip", "`samtools view -b` uses bgzip")
    if not (blocks.tail or blocks.head).endswith(BGZF_END):
        return Fault("is a BAM without its end block", _AGAIN)
    try:
        read = read_bam_start(start.text, MOST_RECORDS)
    except ValueError as error:
        return Fault(f"is a malformed BAM: {error}", "upload it again")
    if read is None:
        return None
    is_all = start.is_whole and len(blocks.head) >= blocks.size
    return _records_fault(read.records, is_all=is_all) or read


def _read_cram(blocks: FileBlocks) -> str | Fault | None:
    version = cram_version(blocks.head)
    if version not in SUPPORTED:
        known = ", ".join(f"{major}.{minor}" for major, minor in SUPPORTED)
        shown = ".".join(map(str, version))
        return Fault(
            f"is CRAM {shown}, and {known} are supported",
            "a samtools that reads it converts it by `view -C --output-fmt-option version=3.0`",
        )
    if not ends_well(blocks.tail or blocks.head, version[0]):
        return Fault("is a CRAM without its end container", _AGAIN)
    try:
        return read_cram_header(blocks.head)
    except ValueError as error:
        return Fault(f"is a malformed CRAM: {error}", "upload it again")


def _records_fault(records: tuple[BamRecord, ...], *, is_all: bool) -> Fault | None:
    if not records:
        return Fault("holds no reads", "give the sample's reads") if is_all else None
    if not any(record.is_paired for record in records):
        return SINGLE_READS
    if any(record.bases and not record.qualities for record in records):
        return Fault("has reads without qualities", "give the file that the qualities are in")
    raised = (bytes(q + _PHRED_33 for q in record.qualities) for record in records)
    if has_offset_64(raised):
        return Fault(
            "has qualities 31 too high: they were of offset 64, and taken for offset 33",
            "make the file of FASTQ that `seqtk seq -Q64 -V` has converted",
        )
    return None


def _other(start: bytes) -> Fault:
    if start.startswith(b"@") and not start.startswith((b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t")):
        return Fault(
            "is no BAM or CRAM: it looks like FASTQ", "give it as fastq1S3Path and fastq2S3Path"
        )
    if start.startswith(b"@"):
        return Fault("is a SAM file", "`samtools view -b -o NEW.bam FILE` makes a BAM of it")
    kind = foreign_kind(start)
    return Fault(
        f"is no BAM or CRAM{f': it is {kind[0]}' if kind else ''}", "give a BAM or a CRAM file"
    )
