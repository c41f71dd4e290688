"""Check that an output is complete; compute checksums."""

import hashlib
from pathlib import Path

from jobkit.errors import InvalidOutputError
from seqstack.domain.reads.packing import BGZF_END


def require_output(path: Path) -> None:
    """Check that `path` is a file (or a link to one) with content.

    Raises:
        InvalidOutputError: it is not.
    """
    if not path.is_file():
        raise InvalidOutputError(f"the tool succeeded but did not write {path.name}")
    if path.stat().st_size == 0:
        raise InvalidOutputError(f"the tool succeeded but {path.name} is empty")


def require_bgzf(path: Path) -> None:
    """Check that `path` is BGZF (BAM, bgzipped VCF) up to its end block.

    Raises:
        InvalidOutputError: it is absent, something else, or truncated.
    """
    require_output(path)
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(-min(len(BGZF_END), path.stat().st_size), 2)
        ends_well = file.read() == BGZF_END
    if not (is_gzip and ends_well):
        raise InvalidOutputError(f"{path.name} is truncated or not block-gzipped")


def md5_of(path: Path) -> str:
    """MD5 of a file in hexadecimal, as a checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
