"""Where a run's results may not lie: where a run reads."""

from collections.abc import Iterable, Iterator

from seqstack.domain.errors import Problem
from seqstack.domain.s3uri import S3Uri

# Folders of the results bucket that runs read from, and that no run writes to.
RESERVED_FOLDERS = ("inputs/", "references/")
_PATH = "$.resultsS3Path"


def misplaced_results(folder: S3Uri, reads: Iterable[tuple[str, S3Uri]]) -> Iterator[Problem]:
    """Yield why the sample's folder can't take the run's results; nothing if it can.

    `reads` are the objects and folders that the run reads, each with the JSON path that names it.
    No result may replace one of them, or lie in a folder that is read whole. The folder with the
    results holds no input, so that nothing is lost with it when results are removed. Letter case
    counts, as in S3; empty parts of keys, which some programs leave out, do not.
    """
    results = _plain(folder)
    for reserved in RESERVED_FOLDERS:
        if results.key.startswith(reserved):
            yield Problem(
                _PATH,
                f"puts results into {folder}, and {reserved} of the results bucket is for what "
                f"runs read; choose another folder, such as s3://{folder.bucket}/results",
            )
    told = set()
    for path, uri in reads:
        read = _plain(uri)
        if (results.covers(read) or read.covers(results)) and path not in told:
            told.add(path)
            yield Problem(
                _PATH,
                f"puts results into {folder}, and the run reads {uri} ({path}): what it reads and "
                "what it writes must lie apart; choose another folder, or move the input out of "
                "this one",
            )


def _plain(uri: S3Uri) -> S3Uri:
    parts = [part for part in uri.key.split("/") if part]
    key = "/".join(parts)
    return S3Uri(uri.bucket, f"{key}/" if key and uri.is_folder else key)
