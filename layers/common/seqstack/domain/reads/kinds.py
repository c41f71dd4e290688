"""Recognize files that are not FASTQ by their beginning, with hints."""

BACK_TO_PAIRS = (
    "`samtools collate -Ou FILE | samtools fastq -n -1 R1.fastq.gz -2 R2.fastq.gz "
    "-0 /dev/null -s /dev/null -`"
)
"""The command that makes FASTQ files of a BAM or CRAM file."""
_BAM_HINT = f"give it as readsS3Path; {BACK_TO_PAIRS} makes FASTQ files of it"
_SAM_HINT = f"{BACK_TO_PAIRS} makes FASTQ files of it"
_UNPACK = "decompress it, and compress the FASTQ with gzip or bgzip"
_TEXT = "save it as plain ASCII text"
_FETCH = "check it: a download may have returned an error page instead of the file"

_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"BAM\x01", "a BAM file", _BAM_HINT),
    (b"CRAM", "a CRAM file", f"{_BAM_HINT} (`collate` may need `--reference`)"),
    (b"@HD\t", "a SAM file", _SAM_HINT),
    (b"@SQ\t", "a SAM file", _SAM_HINT),
    (b"NCBI.sra", "an SRA archive", "`fasterq-dump --split-files FILE` makes FASTQ files of it"),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "packed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"\x1f\x9d", "packed with compress", _UNPACK),
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x89HDF", "an HDF5 file (FAST5)", "call its bases first"),
    (b"\x8bPOD", "a POD5 file", "call its bases first"),
    (b"\xff\xfe", "text in UTF-16", _TEXT),
    (b"\xfe\xff", "text in UTF-16", _TEXT),
    (b"\xef\xbb\xbf", "text with a byte-order mark in front", _TEXT),
    (b"##fileformat=VCF", "a VCF file", "give the reads"),
    (b">", "a FASTA file: it has no qualities", "give the sequencer's FASTQ files"),
    (b"<", "a page of HTML or XML", _FETCH),
    (b"{", "JSON", _FETCH),
)
_TAR_AT = 257
_LOOKED_AT = 64
_TEXT_BYTES = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r")


def foreign_kind(start: bytes) -> tuple[str, str] | None:
    """The type of a file that begins with `start` (uncompressed), and a hint.

    None if it may be FASTQ.
    """
    if start[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "a tar archive", _UNPACK
    if start.startswith(b"\x1f\x8b"):
        return "gzipped twice", "decompress it once"
    for beginning, kind, hint in _BEGINNINGS:
        if start.startswith(beginning):
            return kind, hint
    if not _TEXT_BYTES.issuperset(start[:_LOOKED_AT]):
        return "binary data", "give FASTQ files"
    return None
