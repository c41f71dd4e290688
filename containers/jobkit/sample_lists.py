"""Lists of samples: fetched, and compared with the files that they list."""

from collections.abc import Callable, Sequence

from jobkit.errors import InvalidInputError
from jobkit.job import Job
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import MAX_LIST_BYTES

_SHOWN = 5


def fetch_list[Samples](
    job: Job, uri: S3Uri, read: Callable[[str], tuple[Samples, list[str]]]
) -> Samples:
    """Fetch the list, and read it by `read`, which returns its problems beside its samples.

    Raises:
        InvalidInputError: the list is too large, or has problems.
    """
    path = job.scratch / "samples.jsonl"
    job.stage_in({uri: path})
    if path.stat().st_size > MAX_LIST_BYTES:
        raise InvalidInputError(f"the list {uri} has more than {MAX_LIST_BYTES:,} bytes")
    samples, problems = read(path.read_text(errors="replace"))
    if problems:
        raise InvalidInputError(
            f"the list {uri} can't be used: {problems[0]}", evidence=problems[:_SHOWN]
        )
    return samples


def require_unchanged(changed: Sequence[str], files: str) -> None:
    """Refuse files that are not those that were listed.

    Args:
        changed: the files that have changed, by their URIs.
        files: what they are, as people call them.

    Raises:
        InvalidInputError: there are such files.
    """
    if changed:
        raise InvalidInputError(
            f"{len(changed)} {files} are not those that were listed: {changed[0]}",
            hint="start the joint call again, so that they are listed as they are now",
            evidence=changed[:_SHOWN],
        )
