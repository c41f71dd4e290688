"""Check that two FASTQ files name the same fragments, and convert names for aligners."""

import threading

from seqstack.domain.reads.names import MAX_NAME_CHARACTERS, SAME, PairStyle, read_name
from seqstack.domain.reads.records import LINES_PER_RECORD

_SHOWN = 80


class RecordHeaders:
    """The headers of the records of a text in chunks."""

    def __init__(self) -> None:
        self._rest = b""
        self._phase = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The names in the headers that end in the next chunk, each with its `@`."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        headers = lines[-self._phase % LINES_PER_RECORD :: LINES_PER_RECORD]
        self._phase = (self._phase + len(lines)) % LINES_PER_RECORD
        return [header.partition(b" ")[0] for header in headers]


class NameTrimmer:
    """Removes mate suffixes from the names of a text in chunks, and optionally comments."""

    def __init__(self, mark: bytes, *, keeps_comments: bool = True) -> None:
        self._mark = mark
        self._keeps_comments = keeps_comments
        self._rest = b""
        self._phase = 0

    def feed(self, chunk: bytes) -> bytes:
        """The complete lines with the next chunk."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for at in range(-self._phase % LINES_PER_RECORD, len(lines), LINES_PER_RECORD):
            lines[at] = self._trimmed(lines[at])
        self._phase = (self._phase + len(lines)) % LINES_PER_RECORD
        return b"".join(line + b"\n" for line in lines)

    def end(self) -> bytes:
        """A last line without a line end."""
        return self._rest

    def _trimmed(self, header: bytes) -> bytes:
        name = read_name(header)
        comment = header[1 + len(name) :] if self._keeps_comments else b""
        return b"@" + name.removesuffix(self._mark) + comment


class PairNames:
    """Compares the names of two files that are read at different speeds.

    Args:
        style: how the names of the first pair differ; all others must differ in the same way.

    Attributes:
        too_long: the first name found that is longer than BAM can hold.
    """

    def __init__(self, style: PairStyle = SAME) -> None:
        self._style = style
        self._files = (RecordHeaders(), RecordHeaders())
        self._waiting: tuple[list[bytes], list[bytes]] = ([], [])
        self._compared = 0
        self._lock = threading.Lock()
        self.too_long = ""

    def feed(self, side: int, chunk: bytes) -> str:
        """Read the next chunk of file `side` (0 or 1); return the first names that differ."""
        headers = self._files[side].feed(chunk)
        if max(map(len, headers), default=0) > 1 + MAX_NAME_CHARACTERS:
            longest = max(map(read_name, headers), key=len)  # a comment may follow a tab
            if len(longest) > MAX_NAME_CHARACTERS:
                self.too_long = _shown(b"@" + longest)
        with self._lock:
            self._waiting[side].extend(headers)
            first, second = self._waiting
            count = min(len(first), len(second))
            pairs = zip(first[:count], second[:count], strict=True)
            for number, (one, other) in enumerate(pairs, start=self._compared + 1):
                if one != other and not self._style.pairs(read_name(one), read_name(other)):
                    return f"record {number:,} is {_shown(one)} and {_shown(other)}"
            self._compared += count
            del first[:count], second[:count]
        return ""


def _shown(name: bytes) -> str:
    return repr(name[:_SHOWN].decode("ascii", "replace"))
