"""Read a VCF's header and records, for checks."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobkit.checks import require_bgzf, require_output
from jobkit.errors import InvalidOutputError

_FIXED_COLUMNS = 9
_FILTER_COLUMN = 6
_CONTIG = re.compile(r"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH = re.compile(r"[<,]length=([0-9]+)")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class VcfHeader:
    """A VCF's header: lengths of its contigs (None if unknown), and samples."""

    contigs: Mapping[str, int | None]
    samples: list[str]


def read_header(path: Path) -> VcfHeader:
    """The header of a bgzipped VCF.

    Raises:
        InvalidOutputError: it has no header line or cannot be read.
    """
    contigs: dict[str, int | None] = {}
    for line in _lines(path):
        if line.startswith("#CHROM\t"):
            return VcfHeader(contigs, line.rstrip("\n").split("\t")[_FIXED_COLUMNS:])
        if found := _CONTIG.match(line):
            length = _LENGTH.search(line)
            contigs[found[1]] = int(length[1]) if length else None
        elif not line.startswith("##"):
            break
    raise InvalidOutputError(f"{path.name} has no VCF header")


def vcf_samples(path: Path) -> list[str]:
    """The sample columns of a bgzipped VCF.

    Raises:
        InvalidOutputError: it has no header line or cannot be read.
    """
    return read_header(path).samples


def require_reference(path: Path, reference: Mapping[str, int]) -> None:
    """Check that the contigs of a VCF are in the reference, with the same lengths.

    Raises:
        InvalidOutputError: names those that are not.
    """
    wrong = [
        f"{name} ({length} bases)"
        for name, length in read_header(path).contigs.items()
        if reference.get(name) != (reference.get(name, -1) if length is None else length)
    ]
    if wrong:
        raise InvalidOutputError(
            f"{path.name} has contigs that the reference does not have: {len(wrong)}",
            evidence=wrong[:_SHOWN],
        )


def passing_records(path: Path) -> tuple[bool, bool]:
    """Whether a VCF has a record, and whether one passes all filters; read as far as needed."""
    has_record = False
    for line in _lines(path):
        if not line.startswith("#"):
            has_record = True
            if line.split("\t", _FILTER_COLUMN + 1)[_FILTER_COLUMN] in {"PASS", "."}:
                return True, True
    return has_record, False


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt") as lines:
            yield from lines
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise InvalidOutputError(f"{path.name} cannot be read: {error}") from error


def require_vcf(path: Path, sample: str) -> None:
    """Check that a called VCF is complete, indexed, and has only this sample.

    Raises:
        InvalidOutputError: it is not.
    """
    require_bgzf(path)
    require_output(Path(f"{path}.tbi"))
    if (columns := vcf_samples(path)) != [sample]:
        raise InvalidOutputError(f"{path.name} has the samples {columns}, not {sample!r}")
