"""Check that a run's results folder does not overlap its inputs."""

from collections.abc import Iterable, Iterator

from seqstack.domain.errors import Problem
from seqstack.domain.s3uri import S3Uri

# Folders of the results bucket that runs do not write to.
RESERVED_FOLDERS = {
    "inputs/": "inputs",
    "references/": "inputs",
    "cohorts/": "plans of cohorts",
    "queries/": "answers to queries, which expire",
}
_PATH = "$.resultsS3Path"


def misplaced_results(folder: S3Uri, reads: Iterable[tuple[str, S3Uri]]) -> Iterator[Problem]:
    """Yield why the run's results can't be written to the sample's folder.

    `reads` are the objects and folders that the run reads, each with the JSON path that names it.
    No result may replace one of them, or be in a folder that is read whole. The results folder may
    not contain inputs, which would be lost when results are removed. Keys are case-sensitive, as in
    S3; empty parts of keys are ignored, because some programs drop them.
    """
    results = _plain(folder)
    for reserved, use in RESERVED_FOLDERS.items():
        if results.key.startswith(reserved):
            yield Problem(
                _PATH,
                f"puts results into {folder}, and {reserved} of the results bucket is for "
                f"{use}; choose another folder, such as s3://{folder.bucket}/results",
            )
    reported = set()
    for path, uri in reads:
        read = _plain(uri)
        if (results.covers(read) or read.covers(results)) and path not in reported:
            reported.add(path)
            yield Problem(
                _PATH,
                f"puts results into {folder}, and the run reads {uri} ({path}): inputs and "
                f"results must be in different folders; choose another folder, or move the input "
                f"out of "
                "this one",
            )


def _plain(uri: S3Uri) -> S3Uri:
    parts = [part for part in uri.key.split("/") if part]
    key = "/".join(parts)
    return S3Uri(uri.bucket, f"{key}/" if key and uri.is_folder else key)
