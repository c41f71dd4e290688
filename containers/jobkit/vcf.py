"""What a VCF's header and records say, for checks; the tools do the work."""

import gzip
import zlib
from pathlib import Path

from jobkit.checks import require_bgzf, require_output
from jobkit.errors import InvalidOutputError

_FIXED_COLUMNS = 9


def vcf_samples(path: Path) -> list[str]:
    """The sample columns of a bgzipped VCF.

    Raises:
        InvalidOutputError: it has no header line or cannot be read.
    """
    try:
        with gzip.open(path, "rt") as lines:
            for line in lines:
                if line.startswith("#CHROM\t"):
                    return line.rstrip("\n").split("\t")[_FIXED_COLUMNS:]
                if not line.startswith("##"):
                    break
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise InvalidOutputError(f"{path.name} cannot be read: {error}") from error
    raise InvalidOutputError(f"{path.name} has no VCF header")


def require_vcf(path: Path, sample: str) -> None:
    """Check that a called VCF is whole, indexed, and of this sample alone.

    Raises:
        InvalidOutputError: it is not.
    """
    require_bgzf(path)
    require_output(Path(f"{path}.tbi"))
    if (columns := vcf_samples(path)) != [sample]:
        raise InvalidOutputError(f"{path.name} has the samples {columns}, not {sample!r}")
