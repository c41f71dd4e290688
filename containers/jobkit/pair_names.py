"""Whether two FASTQ files name the same fragments, record by record."""

import re
import threading

from jobkit.fastq import LINES_PER_RECORD

# The part of a header that names the fragment: up to a blank, without `/1` or `/2` behind it.
_FRAGMENT = re.compile(rb"@?([^\s]*?)(?:/[12])?(?:\s.*)?", re.DOTALL)


class RecordHeaders:
    """The headers of the records of a text that comes in pieces, each up to its first blank."""

    def __init__(self) -> None:
        self._rest = b""
        self._phase = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The headers that end in the next piece."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        headers = lines[-self._phase % LINES_PER_RECORD :: LINES_PER_RECORD]
        self._phase = (self._phase + len(lines)) % LINES_PER_RECORD
        return [header.partition(b" ")[0] for header in headers]


class PairNames:
    """Compares the names of two files whose records come at different speeds."""

    def __init__(self) -> None:
        self._files = (RecordHeaders(), RecordHeaders())
        self._waiting: tuple[list[bytes], list[bytes]] = ([], [])
        self._compared = 0
        self._lock = threading.Lock()

    def feed(self, side: int, chunk: bytes) -> str:
        """Take the next piece of the file `side` (0 or 1); tell of the first names that differ."""
        headers = self._files[side].feed(chunk)
        with self._lock:
            self._waiting[side].extend(headers)
            first, second = self._waiting
            count = min(len(first), len(second))
            pairs = zip(first[:count], second[:count], strict=True)
            for number, (one, other) in enumerate(pairs, start=self._compared + 1):
                if one != other and _fragment(one) != _fragment(other):
                    shown = [name[:80].decode("ascii", "replace") for name in (one, other)]
                    return f"record {number:,} is {shown[0]!r} and {shown[1]!r}"
            self._compared += count
            del first[:count], second[:count]
        return ""


def _fragment(header: bytes) -> bytes:
    found = _FRAGMENT.fullmatch(header)
    return found[1] if found else header
