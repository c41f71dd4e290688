"""The version and the header of a CRAM file: CRAM format specification 3.0, 6 to 8."""

import gzip
import re
import zlib

CRAM_MAGIC = b"CRAM"
SUPPORTED = ((2, 1), (3, 0), (3, 1))
"""Versions that htslib reads and that end with a container that says so."""

_DEFINITION_BYTES = 26  # magic, version and a file id of 20 bytes
_RAW, _GZIP = 0, 1
_CHECKED = 3  # from this version on, containers and blocks end with a CRC-32
_ENDS = {
    2: bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
    3: bytes.fromhex(
        "0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"
    ),
}

# the tags of records, each with its type, after the key TD and its length: 8.4
_UMI_TAG = re.compile(rb"TD[\x00-\xff]{1,5}?(?:[A-Za-z][A-Za-z0-9][AcCsSiIfZHB]|\x00)*?RXZ")


def cram_version(start: bytes) -> tuple[int, int]:
    """Major and minor version of a file that begins with `start`; zeros if that is too short."""
    return (start[4], start[5]) if len(start) >= _DEFINITION_BYTES else (0, 0)


def ends_well(end: bytes, major: int) -> bool:
    """True if a file of this major version ends with the container that marks its end."""
    return end.endswith(_ENDS[major])


def has_umi_tag(start: bytes) -> bool:
    """True if the first records of a file that begins with `start` have the tag RX, with UMIs."""
    return _UMI_TAG.search(start) is not None


def read_cram_header(start: bytes) -> str | None:
    """The SAM header in the first container; None if it goes on behind `start`.

    Raises:
        ValueError: it is malformed, or packed otherwise than by gzip.
    """
    reader = _Reader(start, _DEFINITION_BYTES)
    major = start[4]
    try:
        reader.skip(4)  # the container's length
        for _ in range(4):  # reference, start, span, records
            reader.itf8()
        reader.itf8() if major < _CHECKED else reader.ltf8()  # records before
        reader.ltf8()  # bases
        reader.itf8()  # blocks
        for _ in range(reader.itf8()):  # landmarks
            reader.itf8()
        if major >= _CHECKED:
            reader.skip(4)
        method, _ = reader.take(2)
        reader.itf8()  # content id
        packed_bytes = reader.itf8()
        reader.itf8()  # unpacked bytes
        packed = reader.take(packed_bytes)
    except IndexError:
        return None
    if method not in {_RAW, _GZIP}:
        raise ValueError(f"its header is packed by method {method}")
    try:
        text = gzip.decompress(packed) if method == _GZIP else packed
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"its header is damaged ({error})") from error
    size = int.from_bytes(text[:4], "little")
    return text[4 : 4 + size].rstrip(b"\0").decode("utf-8", "replace")


class _Reader:
    """Reads numbers as CRAM packs them; raises IndexError behind the end."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise IndexError(size)
        self._at += size
        return found

    def skip(self, size: int) -> None:
        self.take(size)

    def itf8(self) -> int:
        """The leading ones of the first byte count the bytes that follow, up to 4."""
        first = self.take(1)[0]
        more = min(4, 8 - (~first & 0xFF).bit_length())
        rest = self.take(more)
        if more == 4:  # of the last byte only four bits are used
            return (first & 0xF) << 28 | int.from_bytes(rest[:3]) << 4 | rest[3] & 0xF
        return (first & (0xFF >> (more + 1))) << (8 * more) | int.from_bytes(rest)

    def ltf8(self) -> None:
        """The same for up to 8 bytes that follow; the number is not needed."""
        first = self.take(1)[0]
        self.skip(8 - (~first & 0xFF).bit_length())
